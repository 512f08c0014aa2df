"""Lines with the same facts share coverage and explanation; lines that differ in anything that counts do not."""

from itertools import permutations

import msgspec
import pytest

from market.subsidies.engine.steps import BudgetStep
from tests.subsidies.engine.cases import Json, Value, answer, funders, line, programme, span, terms

PROGRAMMES = [
    programme(),
    programme(terms(funders=funders(operator=7000, county=3000)), code="P2"),
    programme(code="P3", proration="none"),
    programme(code="P4", idle=(60, 30)),
    programme(terms(household_cap_fen=10_00), code="P5"),
]
VARIANTS: dict[str, dict[str, Value]] = {
    "base": {},
    "outside": {"in_snapshot": False},
    "no claim": {"claimed_fen": None},
    "zero claim": {"claimed_fen": 0},
    "larger claim": {"claimed_fen": 2_000_000_00},
    "small claim": {"claimed_fen": 1_00},
    "settled": {"settled_fen": 5},
    "other charge": {"charges": [span("2018-01-01", monthly_fen=20_00)]},
    "two charges": {
        "charges": [
            span("2018-01-01", "2019-04-11", monthly_fen=39_00),
            span("2019-04-11", monthly_fen=50_00),
        ],
        "active": [span("2018-01-01", "2019-04-11")],
        "claimed_fen": 39_01,
    },
    "charge until": {
        "charges": [span("2018-01-01", "2019-04-11", monthly_fen=39_00)],
        "active": [span("2018-01-01", "2019-04-11")],
        "claimed_fen": 39_01,
    },
    "bound later": {"active": [span("2019-03-01")]},
    "bound within": {"active": [span("2019-04-11")]},
    "ended within": {"active": [span("2018-01-01", "2019-04-11")]},
    "ended at the end": {"active": [span("2018-01-01", "2019-05-01")]},
    "ended before": {"active": [span("2018-01-01", "2019-03-01")]},
    "bound after": {"active": [span("2019-05-01")]},
    "never bound": {"active": []},
    "gap": {"active": [span("2018-01-01", "2019-04-05"), span("2019-04-11")]},
    "household until": {"households": [span("2018-01-01", "2019-04-11", id="H")]},
    "household from": {"households": [span("2019-04-11", id="H")]},
    "household until, ended": {
        "households": [span("2018-01-01", "2019-04-11", id="H")],
        "active": [span("2018-01-01", "2019-04-11")],
    },
    "no household": {"households": []},
    "two households": {"households": [span("2018-01-01", "2019-04-11", id="H"), span("2019-04-11", id="H9")]},
    "other funders": {"programme": "P2"},
    "first day": {"programme": "P3"},
    "idle": {"programme": "P4"},
    "used": {"programme": "P4", "used_on": ["2019-04-02"]},
    "capped": {"programme": "P5"},
}


def _make_line(line_id: str, household: str, name: str) -> Json:
    made = line(line_id, household=household, **VARIANTS[name])
    households = [{**own, "id": household if own["id"] == "H" else own["id"]} for own in made["households"]]
    return {**made, "households": households}


@pytest.mark.parametrize("first", VARIANTS)
def test_a_line_gets_what_it_gets_alone(first: str) -> None:
    for second in VARIANTS:
        alone = answer(_make_line("L2", "H02", second), programmes=PROGRAMMES).line("L2")
        both = answer(_make_line("L1", "H01", first), _make_line("L2", "H02", second), programmes=PROGRAMMES)
        assert msgspec.structs.asdict(both.line("L2")) == msgspec.structs.asdict(alone), second


@pytest.mark.parametrize("tiers", list(permutations([1, 1, 2])))
def test_lines_that_a_budget_funds_differently_are_explained_differently(tiers: tuple[int, ...]) -> None:
    lines = [line(f"L{n}", household=f"H{n}") for n in range(3)]
    got = answer(*lines, budget=30_01, households=[(f"H{n}", tier) for n, tier in enumerate(tiers)])
    told = [step for own in got.lines for step in own.steps if isinstance(step, BudgetStep)]
    assert [step.public_fen for step in told] == [own.public_fen for own in got.lines]
    assert [step.tier for step in told] == list(tiers)


def test_lines_without_money_are_told_of_their_own_tier() -> None:
    lines = [line(f"L{n}", household=f"H{n}") for n in (1, 2, 3)]
    got = answer(*lines, budget=19_50, households=[(f"H{n}", n) for n in (1, 2, 3)])
    assert [own.public_fen for own in got.lines] == [19_50, 0, 0]
    told = [step for own in got.lines for step in own.steps if isinstance(step, BudgetStep)]
    assert [step.tier for step in told] == [2, 3]

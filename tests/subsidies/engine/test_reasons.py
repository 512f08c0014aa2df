"""The reason codes: when each applies, below, at and above, and their order."""

import pytest

from market.subsidies.engine.reasons import ReasonCode
from tests.subsidies.engine.cases import Json, Value, line, programme, reasons, span, terms


def test_reasons_are_in_the_order_of_the_rulebook() -> None:
    assert " ".join(ReasonCode) == (
        "MATCHED REDUCED NO_USAGE_YET IN_CURE LOST_ELIGIBILITY SUSPENDED NOT_IN_SNAPSHOT NOT_BOUND OVER_CHARGE "
        "DUPLICATE_OPERATOR OVER_HOUSEHOLD_CAP UNFUNDED ENDED"
    )


def of_days(*active: Json, **given: Value) -> list[str]:
    return reasons(line(active=list(active), claimed_fen=None, **given))


@pytest.mark.parametrize(
    ("active", "reported"),
    [
        ([], ["NOT_BOUND"]),
        ([("2019-05-01", None)], ["NOT_BOUND"]),
        ([("2019-04-30", None)], []),
        ([("2019-04-02", "2019-05-01")], []),
        ([("2019-04-02", "2019-04-30")], ["ENDED"]),
        ([("2018-01-01", "2019-04-01")], ["ENDED"]),
        ([("2018-01-01", "2019-04-02")], ["ENDED"]),
        ([("2018-01-01", "2019-03-01")], ["ENDED"]),
        ([("2018-01-01", "2019-04-01"), ("2019-05-01", None)], ["SUSPENDED"]),
        ([("2018-01-01", "2019-04-30"), ("2019-05-01", None)], ["SUSPENDED"]),
        ([("2018-01-01", "2019-05-01"), ("2019-05-02", None)], []),
        ([("2018-01-01", "2019-03-31"), ("2019-04-01", None)], []),
        ([("2018-01-01", "2019-03-31"), ("2019-04-02", None)], ["SUSPENDED"]),
        ([("2018-01-01", "2019-04-10"), ("2019-04-10", None)], []),
        ([("2019-04-02", "2019-04-10"), ("2019-04-11", "2019-04-20")], ["SUSPENDED", "ENDED"]),
    ],
)
def test_days_without_a_binding_have_different_reasons(
    active: list[tuple[str, str | None]], reported: list[str]
) -> None:
    assert of_days(*(span(start, until) for start, until in active)) == reported


@pytest.mark.parametrize(
    ("membership", "lost"),
    [
        (("2018-01-01", None), False),
        (("2019-04-10", None), False),
        (("2019-04-11", None), True),
        (("2018-01-01", "2019-04-20"), False),
        (("2018-01-01", "2019-04-19"), True),
    ],
)
def test_only_bound_days_lose_eligibility(membership: tuple[str, str | None], *, lost: bool) -> None:
    reported = of_days(span("2019-04-10", "2019-04-20"), households=[span(*membership, id="H01")])
    assert reported == (["LOST_ELIGIBILITY", "ENDED"] if lost else ["ENDED"])


@pytest.mark.parametrize(
    ("claimed", "over"),
    [(49_99, False), (50_00, False), (50_01, True), (0, False)],
)
def test_a_claim_is_over_the_charge_by_the_highest_of_the_month(claimed: int, *, over: bool) -> None:
    charges = [
        span("2018-01-01", "2019-04-01", monthly_fen=90_00),
        span("2019-04-01", "2019-04-30", monthly_fen=10_00),
        span("2019-04-30", "2019-05-01", monthly_fen=50_00),
        span("2019-05-01", monthly_fen=90_00),
    ]
    reported = reasons(line(charges=charges, claimed_fen=claimed))
    assert ("OVER_CHARGE" in reported) == over


def test_any_claim_is_over_a_missing_charge() -> None:
    unknown: Json = {"active": [], "charges": [], "households": [], "in_snapshot": False}
    assert reasons(line(**unknown, claimed_fen=1), households=[]) == [
        "REDUCED",
        "NOT_IN_SNAPSHOT",
        "NOT_BOUND",
        "OVER_CHARGE",
    ]
    assert reasons(line(**unknown, claimed_fen=0), households=[]) == ["MATCHED", "NOT_IN_SNAPSHOT", "NOT_BOUND"]
    assert reasons(line(**unknown, claimed_fen=None), households=[]) == ["NOT_IN_SNAPSHOT", "NOT_BOUND"]


def test_a_line_needs_a_bound_day_to_be_unused() -> None:
    idle = [programme(terms(), idle=(30, 15))]
    assert reasons(line(active=[span("2019-05-01")], claimed_fen=None), programmes=idle) == ["NOT_BOUND"]
    assert reasons(line(active=[span("2019-04-30")], claimed_fen=None), programmes=idle) == ["NO_USAGE_YET"]


def test_many_reasons_are_listed_together_in_order() -> None:
    own = line(
        in_snapshot=False,
        active=[span("2018-01-01", "2019-04-05"), span("2019-04-10", "2019-04-20")],
        households=[span("2018-01-01", "2019-04-12", id="H01")],
    )
    assert reasons(own, programmes=[programme(terms(), idle=(5, 3))]) == [
        "REDUCED",
        "NO_USAGE_YET",
        "IN_CURE",
        "LOST_ELIGIBILITY",
        "SUSPENDED",
        "NOT_IN_SNAPSHOT",
        "OVER_CHARGE",
        "ENDED",
    ]

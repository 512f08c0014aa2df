"""The causes of a reduction: every reduced line has at least one, and none of them is just "reduced"."""

import json

import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from market.subsidies.engine.reasons import CauseCode, ReasonCode
from tests.story.test_cases import CASES, NAMES
from tests.subsidies.engine.cases import Json, Value, answer, line, programme, span, terms
from tests.subsidies.engine.random_cases import make_random, make_random_case

LATE = [span("2019-04-16")]
CAPPED = [programme(terms(line_cap_fen=10_00))]
WHOLE = [programme(terms(), proration="none")]


def causes(*lines: Json, **given: Value) -> list[str]:
    """The causes of the first line."""
    return [str(cause) for cause in answer(*lines, **given).line(lines[0]["id"]).causes]


@pytest.mark.parametrize(
    ("own", "programmes", "expected"),
    [
        # A full month, claimed above the amount under the terms, or above the line cap.
        (line(claimed_fen=20_00), None, ["ABOVE_TERMS"]),
        (line(claimed_fen=20_00), CAPPED, ["LINE_CAP"]),
        # One fen above the amount of a full month is already above it.
        (line(claimed_fen=19_51), None, ["ABOVE_TERMS"]),
        # A full month's claim for part of the month, within the rounding of one fen; and one above that.
        (line(claimed_fen=19_50, active=LATE), None, ["PART_OF_MONTH"]),
        (line(claimed_fen=19_52, active=LATE), None, ["PART_OF_MONTH"]),
        (line(claimed_fen=19_53, active=LATE), None, ["PART_OF_MONTH", "ABOVE_TERMS"]),
        (line(claimed_fen=10_00, active=LATE), CAPPED, ["PART_OF_MONTH"]),
        (line(claimed_fen=19_50, active=LATE), CAPPED, ["PART_OF_MONTH", "LINE_CAP"]),
        # Without proration the days do not count.
        (line(claimed_fen=30_00, active=LATE), WHOLE, ["NOT_ON_FIRST"]),
        (line(claimed_fen=30_00, active=[span("2018-01-01", "2019-04-16")]), WHOLE, ["ENDED"]),
        (line(claimed_fen=30_00), WHOLE, ["ABOVE_TERMS"]),
        # A reason that explains the reduction has priority over causes from the days.
        (line(claimed_fen=39_01), None, ["OVER_CHARGE"]),
        (line(claimed_fen=1, in_snapshot=False, active=[]), None, ["NOT_IN_SNAPSHOT", "NOT_BOUND"]),
        # A fully approved claim has no cause, nor has a line without a claim.
        (line(claimed_fen=19_50), None, []),
        (line(claimed_fen=None, active=LATE), None, []),
    ],
)
def test_a_reduction_has_its_causes(own: Json, programmes: list[Json] | None, expected: list[str]) -> None:
    assert causes(own, programmes=programmes) == expected


def test_a_short_budget_reduces_no_claim() -> None:
    got = answer(line(claimed_fen=20_00), budget=5_00).line("L1")
    assert (got.reasons, got.causes) == ((ReasonCode.REDUCED, ReasonCode.UNFUNDED), (CauseCode.ABOVE_TERMS,))


def test_every_reduced_line_has_a_cause_and_no_other_has() -> None:
    found: set[str] = set()
    cases = [(CASES / f"{name}.json").read_text() for name in NAMES]
    cases += [json.dumps(make_random_case(make_random(seed))) for seed in range(100)]
    for text in cases:
        for own in calculate(read_case(text)).lines:
            assert bool(own.causes) == bool(own.over_fen) == (ReasonCode.REDUCED in own.reasons)
            found |= {str(cause) for cause in own.causes}
    assert "REDUCED" not in found
    assert found >= {CauseCode.PART_OF_MONTH, CauseCode.ABOVE_TERMS}

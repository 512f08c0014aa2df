"""Why less was approved than claimed: each reduction has a reason that says something, in the words of officials."""

import json
import re

import pytest

from market.reports.desk.reasons import Reckoned, causes_of, reason_words, told_reasons
from market.subsidies.engine import calculate, read_case
from market.subsidies.engine.models import Reason
from market.subsidies.words import REASON_NAMES
from tests.story.test_cases import CASES, NAMES

_PORTION = re.compile(r"[0-9-]{10}(?:\.\.[0-9-]{10})?: ([0-9]+) of ([0-9]+) days × .+")


def reckoned(
    *, part_of_month: bool = False, above_whole: bool = False, capped: bool = False, not_on_first: bool = False
) -> Reckoned:
    return Reckoned(part_of_month=part_of_month, above_whole=above_whole, capped=capped, not_on_first=not_on_first)


@pytest.mark.parametrize(
    ("reasons", "facts", "causes"),
    [
        # A full month, claimed above what the terms give, or above the line's cap.
        (["REDUCED"], reckoned(above_whole=True), ["ABOVE_TERMS"]),
        (["REDUCED"], reckoned(above_whole=True, capped=True), ["LINE_CAP"]),
        # One fen too much of a full month is still too much.
        (["REDUCED"], reckoned(), ["ABOVE_TERMS"]),
        # A full month's claim for a part of it; and one above even that.
        (["REDUCED"], reckoned(part_of_month=True), ["PART_OF_MONTH"]),
        (["REDUCED"], reckoned(part_of_month=True, above_whole=True), ["PART_OF_MONTH", "ABOVE_TERMS"]),
        (["REDUCED"], reckoned(part_of_month=True, above_whole=True, capped=True), ["PART_OF_MONTH", "LINE_CAP"]),
        (["REDUCED"], reckoned(not_on_first=True, above_whole=True), ["NOT_ON_FIRST"]),
        # What the calculator says itself goes before what is read off the days.
        (["REDUCED", "OVER_CHARGE"], reckoned(above_whole=True), ["OVER_CHARGE"]),
        (["REDUCED", "LOST_ELIGIBILITY", "ENDED"], reckoned(part_of_month=True), ["LOST_ELIGIBILITY", "ENDED"]),
        (["REDUCED", "NOT_IN_SNAPSHOT", "NOT_BOUND"], reckoned(), ["NOT_IN_SNAPSHOT", "NOT_BOUND"]),
        # A short budget and a line not used yet reduce no claim.
        (["REDUCED", "UNFUNDED"], reckoned(above_whole=True), ["ABOVE_TERMS"]),
        (["REDUCED", "NO_USAGE_YET"], reckoned(part_of_month=True), ["PART_OF_MONTH"]),
    ],
)
def test_a_reduction_says_why(reasons: list[str], facts: Reckoned, causes: list[str]) -> None:
    assert causes_of(reasons, facts) == causes


def test_what_is_told_of_a_line_keeps_what_else_applies() -> None:
    facts = reckoned(above_whole=True)
    assert told_reasons(["REDUCED", "UNFUNDED"], facts) == ["ABOVE_TERMS", "UNFUNDED"]
    assert told_reasons(["MATCHED", "UNFUNDED"], facts) == ["MATCHED", "UNFUNDED"]
    assert told_reasons(["NOT_BOUND"], facts) == ["NOT_BOUND"]
    assert reason_words(["ABOVE_TERMS", "UNFUNDED"]) == "申请高于按标准应补的数、预算不足待安排"
    assert reason_words([]) == ""


def test_every_code_of_the_calculator_has_words_and_no_reduction_is_told_as_a_reduction() -> None:
    assert set(Reason) < set(REASON_NAMES)
    assert [words for words in REASON_NAMES.values() if "核减" in words or "快照" in words] == []


def test_every_reduced_line_of_the_story_has_a_reason_that_fits_its_steps() -> None:
    told: dict[str, int] = {}
    for name in NAMES:
        case = json.loads((CASES / f"{name}.json").read_bytes())
        claims = {line["id"]: line["claimed_fen"] for line in case["lines"]}
        for line in calculate(read_case(json.dumps(case))).lines:
            if not line.over_fen:
                continue
            days = [found for step in line.trace if (found := _PORTION.fullmatch(step))]
            payable, whole = sum(int(each[1]) for each in days), int(days[0][2]) if days else 31
            facts = reckoned(
                part_of_month=payable < whole,
                above_whole=(claims[line.id] or 0) * payable > (line.entitled_fen + 1) * whole,
                capped=any(": line cap, instead of " in step for step in line.trace),
            )
            causes = causes_of([str(reason) for reason in line.reasons], facts)
            assert causes, (name, line.id)
            for cause in causes:
                told[cause] = told.get(cause, 0) + 1
    assert "REDUCED" not in told
    assert told.keys() >= {"PART_OF_MONTH", "ABOVE_TERMS"}

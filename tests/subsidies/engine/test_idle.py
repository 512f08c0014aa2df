"""R8: notice, cure period, removal, and the return of a removed line."""

import pytest

from tests.subsidies.engine.cases import Json, Value, answer, line, programme, span, terms

SIXTY = 60_00
"""A charge whose 30 days give 60.00: a day is worth 2.00, so the sum counts the payable days."""


def outcome(
    *used: str,
    idle: tuple[int, int] = (10, 5),
    month: str = "2019-04",
    active: list[Json] | None = None,
    **given: Value,
) -> tuple[int, str | None, list[str]]:
    """Payable days, day of removal and reasons of a line without claim."""
    own = line(charge=SIXTY, used_on=list(used), active=active or [span("2018-01-01")], claimed_fen=None, **given)
    programmes = [programme(terms(household_pays_bp=0), idle=idle)]
    got = answer(own, month=month, programmes=programmes).line("L1")
    removed_on = None if got.removed_on is None else got.removed_on.isoformat()
    return got.entitled_fen // 2_00, removed_on, [str(reason) for reason in got.reasons]


def test_the_days_after_the_notice_are_not_payable_and_the_removal_follows_the_cure() -> None:
    # Last use 31 March: the tenth day without use is 10 April, the fifteenth the 15th, so removal is the 16th.
    assert outcome("2019-03-31") == (10, "2019-04-16", ["IN_CURE", "ENDED"])


@pytest.mark.parametrize(
    ("use", "days", "removed_on", "reasons"),
    [
        ("2019-04-10", 20, "2019-04-26", ["IN_CURE", "ENDED"]),  # on the day of the notice: there is none
        ("2019-04-11", 21, "2019-04-27", ["IN_CURE", "ENDED"]),  # on the first day after: nothing is lost
        ("2019-04-12", 21, "2019-04-28", ["IN_CURE", "ENDED"]),  # one day is lost
        ("2019-04-15", 21, None, ["IN_CURE"]),  # on the last day of the cure: four are lost
        ("2019-04-16", 10, "2019-04-16", ["IN_CURE", "ENDED"]),  # on the day of removal: too late
        ("2019-04-17", 10, "2019-04-16", ["IN_CURE", "ENDED"]),
    ],
)
def test_the_removal_depends_on_the_day_of_use(use: str, days: int, removed_on: str | None, reasons: list[str]) -> None:
    assert outcome("2019-03-31", use) == (days, removed_on, reasons)


def test_the_first_day_of_a_binding_counts_as_unused() -> None:
    # Bound on 1 April: the tenth day without use is the 10th itself.
    assert outcome(active=[span("2019-04-01")]) == (10, "2019-04-16", ["NO_USAGE_YET", "IN_CURE", "ENDED"])
    # Used on that first day, the tenth without use is the 11th.
    assert outcome("2019-04-01", active=[span("2019-04-01")]) == (11, "2019-04-17", ["IN_CURE", "ENDED"])


def test_a_removal_on_the_last_day_counts_and_on_the_first_of_the_next_month_does_not() -> None:
    used = ["2019-03-31", "2019-04-09"]
    assert outcome(*used, "2019-04-14") == (24, "2019-04-30", ["IN_CURE", "ENDED"])
    assert outcome(*used, "2019-04-15") == (25, None, ["IN_CURE"])
    assert outcome(*used, "2019-04-19") == (29, None, ["IN_CURE"])
    assert outcome(*used, "2019-04-19", "2019-04-20") == (30, None, [])


def test_a_removal_of_an_earlier_month_is_reported_while_the_binding_lasts() -> None:
    assert outcome("2019-03-01") == (0, "2019-03-17", ["ENDED"])
    assert outcome("2019-03-16") == (0, "2019-04-01", ["ENDED"])
    assert outcome("2019-03-17") == (0, "2019-04-02", ["IN_CURE", "ENDED"])


def test_without_a_cure_the_line_is_removed_on_the_day_after_the_notice() -> None:
    assert outcome("2019-03-31", idle=(10, 0)) == (10, "2019-04-11", ["ENDED"])
    assert outcome("2019-03-31", "2019-04-11", idle=(10, 0)) == (10, "2019-04-11", ["ENDED"])
    assert outcome("2019-03-31", "2019-04-10", "2019-04-20", idle=(10, 0)) == (30, None, [])


def test_older_gaps_remove_nothing() -> None:
    assert outcome("2018-05-01", "2019-03-31", "2019-04-11", "2019-04-20", idle=(10, 0))[1] == "2019-04-11"
    assert outcome("2018-05-01", "2019-03-31", "2019-04-10", "2019-04-20", idle=(10, 0)) == (30, None, [])
    assert outcome("2018-05-01", "2019-03-31", "2019-04-20", idle=(30, 1)) == (30, None, [])


def test_a_use_after_the_removal_counts_for_the_next_month() -> None:
    used = ["2019-03-31", "2019-04-25"]
    assert outcome(*used) == (10, "2019-04-16", ["IN_CURE", "ENDED"])
    # 25 April is the last use before May: notice on 5 May, removal on 11 May; May has 31 days of 60/31.
    assert outcome(*used, month="2019-05")[1:] == ("2019-05-11", ["IN_CURE", "ENDED"])


def test_a_new_binding_brings_a_removed_line_back() -> None:
    bound = [span("2018-01-01", "2019-04-18"), span("2019-04-20")]
    # Ten days until the notice, removed on the 16th; bound again on the 20th, whose tenth unused day is the 29th.
    assert outcome("2019-03-31", active=bound) == (20, "2019-04-16", ["IN_CURE", "SUSPENDED", "ENDED"])


def test_touching_intervals_are_one_binding() -> None:
    bound = [span("2019-04-11"), span("2018-01-01", "2019-04-11")]
    assert outcome("2019-03-31", active=bound) == (10, "2019-04-16", ["IN_CURE", "ENDED"])
    apart = [span("2019-04-11"), span("2018-01-01", "2019-04-10")]
    assert outcome("2019-03-31", active=apart) == (19, "2019-04-26", ["IN_CURE", "SUSPENDED", "ENDED"])


def test_a_binding_that_ends_before_the_removal_was_not_removed() -> None:
    assert outcome("2019-03-31", active=[span("2018-01-01", "2019-04-16")]) == (10, None, ["IN_CURE", "ENDED"])
    assert outcome("2019-03-31", active=[span("2018-01-01", "2019-04-17")]) == (10, "2019-04-16", ["IN_CURE", "ENDED"])
    assert outcome("2019-03-31", active=[span("2018-01-01", "2019-04-11")]) == (10, None, ["ENDED"])


def test_the_removal_of_a_binding_that_ended_before_the_month_is_past() -> None:
    ended = [span("2018-01-01", "2019-04-01")]
    assert outcome("2019-03-01", active=ended) == (0, None, ["ENDED"])
    assert outcome("2019-03-01", active=[*ended, span("2019-04-02")], idle=(30, 15)) == (29, None, ["SUSPENDED"])


def test_uses_outside_active_intervals_and_after_the_month_are_ignored() -> None:
    bound = [span("2019-04-05")]
    assert outcome("2019-04-04", active=bound, idle=(30, 15)) == (26, None, ["NO_USAGE_YET"])
    assert outcome("2019-05-01", active=bound, idle=(30, 15)) == (26, None, ["NO_USAGE_YET"])
    assert outcome("2019-04-30", active=bound, idle=(30, 15)) == (26, None, [])
    assert outcome("2019-04-05", active=bound, idle=(30, 15)) == (26, None, [])
    ended = [span("2019-04-05", "2019-04-10")]
    assert outcome("2019-04-10", active=ended, idle=(30, 15)) == (5, None, ["NO_USAGE_YET", "ENDED"])


def test_a_use_of_an_earlier_binding_does_not_reset_the_clock() -> None:
    bound = [span("2018-01-01", "2019-03-30"), span("2019-04-01")]
    assert outcome("2019-03-29", active=bound) == (10, "2019-04-16", ["IN_CURE", "ENDED"])


def test_programmes_without_an_idle_rule_require_no_use() -> None:
    own = answer(line(used_on=["2018-01-01"], claimed_fen=None)).line("L1")
    assert (own.entitled_fen, own.removed_on, own.reasons) == (19_50, None, ())


def test_idle_days_may_exceed_the_calendar() -> None:
    assert outcome(idle=(2**53 - 1, 2**53 - 1)) == (30, None, ["NO_USAGE_YET"])


def test_an_idle_line_outside_the_snapshot_still_has_its_removal() -> None:
    assert outcome("2019-03-31", in_snapshot=False) == (0, "2019-04-16", ["IN_CURE", "NOT_IN_SNAPSHOT", "ENDED"])


def around(start: str, until: str) -> dict[str, Value]:
    """A line that is paused for some days, and active before and after them."""
    return {"active": [span("2018-01-01", start), span(until)], "paused": [span(start, until)]}


def test_a_pause_counts_no_day_and_starts_no_clock() -> None:
    # Four unused days before the pause and six after it: notice on the 11th, fifth day of the cure on the 16th.
    assert outcome("2019-03-31", **around("2019-04-05", "2019-04-06")) == (
        10, "2019-04-17", ["IN_CURE", "SUSPENDED", "ENDED"],
    )  # fmt: skip
    # In the cure: of its five days two are before the pause, three after it.
    assert outcome("2019-03-31", **around("2019-04-13", "2019-04-23")) == (
        10, "2019-04-26", ["IN_CURE", "SUSPENDED", "ENDED"],
    )  # fmt: skip
    assert outcome("2019-03-31", "2019-04-24", **around("2019-04-13", "2019-04-23")) == (
        17, None, ["IN_CURE", "SUSPENDED"],
    )  # fmt: skip


def test_a_pause_brings_no_removed_line_back() -> None:
    assert outcome("2019-03-31", **around("2019-04-18", "2019-04-19")) == (
        10, "2019-04-16", ["IN_CURE", "SUSPENDED", "ENDED"],
    )  # fmt: skip
    assert outcome("2019-03-01", **around("2019-03-25", "2019-04-05")) == (0, "2019-03-17", ["SUSPENDED", "ENDED"])


def test_a_use_on_a_paused_day_is_none() -> None:
    assert outcome("2019-03-31", "2019-04-05", **around("2019-04-05", "2019-04-06")) == (
        10, "2019-04-17", ["IN_CURE", "SUSPENDED", "ENDED"],
    )  # fmt: skip


def test_days_before_the_first_active_one_are_not_counted() -> None:
    given: dict[str, Value] = {"active": [span("2019-04-11")], "paused": [span("2019-04-01", "2019-04-11")]}
    assert outcome(**given) == (10, "2019-04-26", ["NO_USAGE_YET", "IN_CURE", "ENDED"])


def test_a_pause_that_leaves_unbound_days_ends_the_binding() -> None:
    active = [span("2018-01-01", "2019-04-05"), span("2019-04-09")]
    assert outcome("2019-03-31", active=active, paused=[span("2019-04-05", "2019-04-08")])[1] == "2019-04-24"


def test_each_part_of_a_cure_that_a_pause_divides_names_the_same_notice() -> None:
    own = line(charge=SIXTY, used_on=["2019-03-31"], claimed_fen=None, **around("2019-04-13", "2019-04-14"))
    trace = answer(own, programmes=[programme(terms(household_pays_bp=0), idle=(10, 5))]).line("L1").trace
    assert [text for text in trace if "notice" in text] == [
        "2019-04-11..2019-04-12: not payable, no use since the notice of 2019-04-10",
        "2019-04-14..2019-04-16: not payable, no use since the notice of 2019-04-10",
    ]

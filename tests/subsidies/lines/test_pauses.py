"""A paused line is not reduced, whatever files say, until another person ends the pause."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import NotAllowed
from market.reports.idle import list_idle_lines
from market.subsidies.idle.lines import list_lines_to_call
from market.subsidies.lines.models import LineChangeDecided, LineChangeInvalid, LineNotFound, LineVerb, SecondChangePart
from market.subsidies.lines.pauses import (
    EnrolmentPause,
    EnrolmentState,
    NewPause,
    PauseEnd,
    PauseReason,
    end_pause,
    find_enrolment_state,
    list_pauses,
    pause_line,
)
from market.subsidies.month.build_case import load_case
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import ENROLMENTS, edit_copy, run_import_command
from tests.subsidies.lines.test_changes import FEBRUARY, NOW, Desk, get_days, get_entitled
from tests.support.make import SEAL
from tests.support.postgres import as_owner


class Pausing(Desk):
    """Pauses and resumes lines in one transaction of the county."""

    async def pause(
        self, line: str, day: str, *, who: str = "zhen", reason: PauseReason = PauseReason.CHECK, note: str = "样例"
    ) -> EnrolmentPause:
        new = NewPause(line=line, reason=reason, paused_from=date.fromisoformat(day), note=note)
        return await pause_line(self.conn, SEAL, await self.actor(who), COUNTY, new, now=self.now)

    async def end(
        self, pause: EnrolmentPause, day: str, *, who: str = "xian", note: str = "样例：查清了"
    ) -> EnrolmentPause:
        end = PauseEnd(resumed_on=date.fromisoformat(day), note=note)
        return await end_pause(
            self.conn, SEAL, await self.actor(who), COUNTY, end, pause_id=pause.id, now=self.now
        )  # fmt: skip


async def test_paused_days_are_not_reduced_and_no_file_or_new_card_ends_the_pause(
    january: Player, folder: Path
) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        desk = Pausing(conn)
        pause = await desk.pause("YD-01", "2019-02-11")
        assert (pause.paused_from, pause.resumed_on, pause.note, pause.ended_by) == (
            date(2019, 2, 11),
            None,
            "样例",
            "",
        )
        await desk.change("YD-01", LineVerb.REPLACE_SIM, "2019-02-12", sim="89860019000000009993")
        case = await load_case(conn, SEAL, COUNTY, FEBRUARY)
        assert get_days(case, "YD-01") == [("2018-10-01", "2019-02-11")]
        assert get_entitled(case, "YD-01") == 679  # 19.00 × 10 of 28 days
    # The operator's county enrols the line once more: it stays paused.
    again = edit_copy(ENROLMENTS, folder, "again.csv", keep_row(1, 享受起="2018-10-02"))
    answer = await run_import_command(january, "enrolments", again, "gan", "--take-changes", day="2019-02-18")
    assert answer["counts"]["changed"] == 1, answer
    async with january.database.transaction(scope=COUNTY) as conn:
        desk = Pausing(conn)
        assert get_days(await load_case(conn, SEAL, COUNTY, FEBRUARY), "YD-01") == [("2018-10-02", "2019-02-11")]
        await desk.end(pause, "2019-02-18")
        case = await load_case(conn, SEAL, COUNTY, FEBRUARY)
        assert get_days(case, "YD-01") == [("2018-10-02", "2019-02-11"), ("2019-02-18", "")]
        assert get_entitled(case, "YD-01") == 1425  # 19.00 × 21 of 28 days


async def test_a_paused_idle_line_is_on_no_call_list_and_in_no_sheet(county: Connection) -> None:
    day = date(2019, 2, 14)
    desk = Pausing(county)
    quarter = date(2019, 1, 1), date(2019, 4, 1)
    assert "LT-03" in {each.line for each in await list_lines_to_call(county, COUNTY, [COUNTY], today=day)}
    assert "LT-03" in {each.line for each in await list_idle_lines(county, COUNTY, *quarter)}
    await desk.pause("LT-03", "2019-02-09", reason=PauseReason.AWAY)
    assert "LT-03" not in {each.line for each in await list_lines_to_call(county, COUNTY, [COUNTY], today=day)}
    assert "LT-03" not in {each.line for each in await list_idle_lines(county, COUNTY, *quarter)}


async def use_line(county: Connection, line: str, day: str) -> None:
    await county.execute(
        "INSERT INTO usage_days (county_code, operator, kind, number_id, used_on)"
        " SELECT county_code, operator, kind, number_id, $2 FROM bindings WHERE line_code = $1",
        line,
        date.fromisoformat(day),
    )


async def test_a_pause_of_some_days_moves_the_notice_by_them_and_starts_no_clock(county: Connection) -> None:
    day = date(2019, 2, 14)
    desk = Pausing(county)

    async def list_notices() -> tuple[date, date, date, date | None, int]:
        lines = await list_lines_to_call(county, COUNTY, [COUNTY], today=day)
        [listed] = [each for each in lines if each.line == "LT-03"]
        rows = await list_idle_lines(county, COUNTY, date(2019, 1, 1), date(2019, 4, 1))
        [row] = [each for each in rows if each.line == "LT-03"]
        entitled = get_entitled(await load_case(county, SEAL, COUNTY, FEBRUARY), "LT-03")
        return listed.period.notice_on, listed.period.removal_on, row.notice_on, row.removed_on, entitled

    notice, removal = date(2019, 2, 9), date(2019, 2, 25)
    # 10.00 × 9 of 28 days, until the notice.
    assert await list_notices() == (notice, removal, notice, removal, 321)
    await desk.end(await desk.pause("LT-03", "2019-02-08"), "2019-02-09")
    notice, removal = date(2019, 2, 10), date(2019, 2, 26)
    assert await list_notices() == (notice, removal, notice, removal, 321)
    await use_line(county, "LT-03", "2019-02-08")
    assert await list_notices() == (notice, removal, notice, removal, 321)


async def test_a_use_in_a_pause_hides_no_use_before_it(county: Connection) -> None:
    desk = Pausing(county, nine_o_clock("2019-02-28"))
    await use_line(county, "LT-03", "2019-02-20")
    await use_line(county, "LT-03", "2019-02-22")
    await desk.end(await desk.pause("LT-03", "2019-02-21"), "2019-02-23")
    march = await load_case(county, SEAL, COUNTY, date(2019, 3, 1))
    # 30 days after 20 February, of which two were paused: 10.00 × 24 of 31 days, until the notice of 24 March.
    assert get_entitled(march, "LT-03") == 774
    lines = await list_lines_to_call(county, COUNTY, [COUNTY], today=date(2019, 3, 20))
    [period] = [each.period for each in lines if each.line == "LT-03"]
    assert (period.last_use, period.notice_on) == (date(2019, 2, 20), date(2019, 3, 24))


async def test_a_pause_has_two_people_and_one_end(county: Connection) -> None:
    desk = Pausing(county)
    wrong: list[tuple[Any, type[Exception], dict[str, str]]] = [
        (desk.pause("YD-01", "2019-02-11", who="jiang"), NotAllowed, {}),
        (desk.pause("YD-999", "2019-02-11"), LineNotFound, {}),
        (desk.pause("DX-06", "2019-02-11"), LineChangeInvalid, {"line": "这条业务没有审定享受，不用暂停"}),
        (
            desk.pause("YD-01", "2019-02-19", note=" "),
            LineChangeInvalid,
            {"note": "请写为什么", "paused_from": "应在享受起 2018-10-01 到今天 2019-02-18 之间"},
        ),
    ]
    for work, refusal, faults in wrong:
        found = await desk.fail(work)
        assert (type(found), {each.field: each.message for each in found.errors}) == (refusal, faults)
    pause = await desk.pause("YD-01", "2019-02-11")
    found = await desk.fail(desk.pause("YD-01", "2019-02-12"))
    assert [(each.field, each.message) for each in found.errors] == [("paused_from", "从这天起已经暂停了")]
    assert isinstance(await desk.fail(desk.end(pause, "2019-02-18", who="zhen")), SecondChangePart)
    found = await desk.fail(desk.end(pause, "2019-02-11"))
    assert [each.field for each in found.errors] == ["resumed_on"]
    ended = await desk.end(pause, "2019-02-12")
    assert (ended.resumed_on, ended.end_note) == (date(2019, 2, 12), "样例：查清了")
    assert isinstance(await desk.fail(desk.end(pause, "2019-02-13", who="xian")), LineChangeDecided)
    assert [each.id for each in await list_pauses(county, SEAL, COUNTY, "YD-01")] == [pause.id]
    for statement, message in {
        "UPDATE enrolment_pauses SET paused_during = '[2019-02-01,2019-02-12)'": "the pause has ended",
        "UPDATE enrolment_pauses SET paused_during = '[2019-02-11,2019-02-14)'": "the pause has ended",
        "UPDATE enrolment_pauses SET reason = 'other'": "append-only",
        "DELETE FROM enrolment_pauses": "append-only",
    }.items():
        with pytest.raises(asyncpg.PostgresError, match=message):
            async with county.transaction(), as_owner(county):
                await county.execute(statement)
    with pytest.raises(asyncpg.CheckViolationError, match="enrolment_pauses_ended"):
        async with county.transaction(), as_owner(county):
            await county.execute(
                "INSERT INTO enrolment_pauses"
                " (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at)"
                " SELECT county_code, line_code, '[2019-02-13,2019-02-14)', reason, '', paused_by, paused_at"
                " FROM enrolment_pauses"
            )


def make_pause(start: date, until: date | None) -> EnrolmentPause:
    return EnrolmentPause(
        id=UUID(int=0), line="YD-01", reason=PauseReason.ASKED, paused_from=start, resumed_on=until, note="",
        paused_by="",
        paused_at=NOW, ended_by="", ended_at=None, end_note="",
    )  # fmt: skip


DAY = NOW.date()
BEFORE, AFTER = date(2019, 2, 17), date(2019, 2, 19)


@pytest.mark.parametrize(
    ("status", "entitled_from", "bound_until", "pauses", "state"),
    [
        (None, None, None, [], EnrolmentState.NONE),
        ("公示中", None, None, [], EnrolmentState.PENDING),
        ("未通过", None, None, [], EnrolmentState.REJECTED),
        ("已审定", AFTER, None, [], EnrolmentState.UPCOMING),
        ("已审定", DAY, None, [], EnrolmentState.ACTIVE),
        ("已审定", DAY, AFTER, [], EnrolmentState.ACTIVE),
        ("已审定", DAY, DAY, [], EnrolmentState.UNBOUND),
        ("已审定", BEFORE, None, [make_pause(DAY, None)], EnrolmentState.PAUSED),
        ("已审定", BEFORE, None, [make_pause(BEFORE, AFTER)], EnrolmentState.PAUSED),
        ("已审定", BEFORE, None, [make_pause(BEFORE, DAY)], EnrolmentState.ACTIVE),
        ("已审定", BEFORE, None, [make_pause(AFTER, None)], EnrolmentState.ACTIVE),
        ("已审定", BEFORE, DAY, [make_pause(BEFORE, None)], EnrolmentState.UNBOUND),
    ],
)
def test_how_a_line_stands(
    status: str | None,
    entitled_from: date | None,
    bound_until: date | None,
    pauses: list[EnrolmentPause],
    state: EnrolmentState,
) -> None:
    found = find_enrolment_state(
        status=status, entitled_from=entitled_from, bound_until=bound_until, pauses=pauses, day=DAY
    )
    assert found is state

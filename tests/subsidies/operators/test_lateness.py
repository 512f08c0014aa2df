"""Who is late with a bill, and the reminders before and after the 20th, each once."""

from datetime import date, datetime

import pytest

from market.kernel import Connection
from market.people.identity.models import NotAllowed
from market.people.notify.queue import FACTS_CONTEXT
from market.subsidies.names import Operator
from market.subsidies.operators.lateness import (
    FileState,
    ReminderStage,
    get_due_stage,
    list_file_states,
    list_late_files,
    remind_operators,
)
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.operators.bills import bill_row, make_sender, send, write
from tests.support.make import SEAL, load_actor

FEBRUARY = date(2019, 2, 1)


def state(**given: object) -> FileState:
    values = {"county_code": COUNTY, "month": FEBRUARY, "operator": Operator.MOBILE, "due_on": date(2019, 3, 20),
              "files": 0, "rows": 0, "rejected": 0, "sum_fen": 0, "arrived_on": None} | given  # fmt: skip
    return FileState(**values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("day", "stage", "late"),
    [
        ("2019-03-14", None, 0), ("2019-03-15", ReminderStage.SOON, 0), ("2019-03-18", ReminderStage.SOON, 0),
        ("2019-03-19", ReminderStage.TOMORROW, 0), ("2019-03-20", ReminderStage.TOMORROW, 0),
        ("2019-03-21", ReminderStage.LATE, 1), ("2019-04-19", ReminderStage.LATE, 30), ("2019-04-20", None, 31),
    ],
)  # fmt: skip
def test_a_missing_bill_is_reminded_of_before_the_20th_and_after(day: str, stage: ReminderStage, late: int) -> None:
    today = date.fromisoformat(day)
    assert get_due_stage(state(), today) == stage
    assert state().count_late_days(today) == late
    assert get_due_stage(state(files=1), today) is None
    assert state(files=1, arrived_on=date(2019, 3, 23)).count_late_days(today) == 3


async def test_each_month_says_what_has_come_and_what_has_not(county: Connection) -> None:
    sender = await make_sender(county)
    await send(county, sender, "a.csv", write(bill_row(1), bill_row(2, number="1")), take_part=True)
    states = await list_file_states(county, [COUNTY], today=date(2019, 3, 25))
    assert [(each.month.month, str(each.operator), each.files, each.rows, each.rejected) for each in states] == [
        (2, "mobile", 1, 1, 1), (2, "unicom", 0, 0, 0), (2, "telecom", 0, 0, 0),
        (1, "mobile", 1, 11, 0), (1, "unicom", 1, 5, 0), (1, "telecom", 1, 7, 0),
    ]  # fmt: skip
    assert {each.due_on for each in states} == {date(2019, 3, 20), date(2019, 2, 20)}
    assert await list_file_states(county, ["130725"], today=date(2019, 3, 25)) == []


async def test_a_revision_is_not_counted_twice_and_the_first_arrival_counts(county: Connection) -> None:
    sender = await make_sender(county)
    first = await send(county, sender, "a.csv", write(bill_row(1)))
    await send(county, sender, "b.csv", write(bill_row(1, fen="1.00")), replaces=first.file_id, day="2019-03-24")
    [mobile, *_] = await list_file_states(county, [COUNTY], today=date(2019, 3, 25))
    assert (mobile.files, mobile.rows, mobile.sum_fen, mobile.arrived_on) == (1, 1, 1_00, date(2019, 3, 3))
    assert mobile.count_late_days(date(2019, 3, 25)) == 0


async def test_officials_of_a_whole_county_see_who_is_late_and_nobody_else(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        gan = await load_actor(conn, await conn.fetchval("SELECT id FROM accounts WHERE handle = 'gan'"))
        late = await list_late_files(conn, gan, today=date(2019, 3, 22))
        assert [(each.month, str(each.operator)) for each in late] == [
            (FEBRUARY, "mobile"), (FEBRUARY, "unicom"), (FEBRUARY, "telecom"),
        ]  # fmt: skip
        with pytest.raises(NotAllowed):
            await list_late_files(conn, await make_sender(conn), today=date(2019, 3, 22))


async def list_sent(conn: Connection) -> list[tuple[str, str]]:
    rows = await conn.fetch(
        "SELECT template, facts_sealed FROM messages WHERE template LIKE 'bill%' ORDER BY queued_at"
    )
    return [(row["template"], SEAL.open(row["facts_sealed"], FACTS_CONTEXT)) for row in rows]


async def test_each_reminder_is_sent_once_to_the_accounts_of_the_operator(january: Player) -> None:
    def at(day: str) -> datetime:
        return nine_o_clock(day)

    db = january.database
    assert await remind_operators(db, SEAL, now=at("2019-03-15")) == 0
    async with db.transaction(scope=COUNTY) as conn:
        await make_sender(conn)
    for day, reminded in (
        ("2019-03-14", 0), ("2019-03-15", 1), ("2019-03-15", 0), ("2019-03-16", 0), ("2019-03-19", 1),
        ("2019-03-21", 1), ("2019-03-22", 0),
    ):  # fmt: skip
        assert await remind_operators(db, SEAL, now=at(day)) == reminded, day
    async with db.transaction(scope=COUNTY) as conn:
        sent = await list_sent(conn)
        assert [template for template, _ in sent] == ["bill_due", "bill_due", "bill_late"]
        assert sent[0][1] == '{"county":"阜平县","month":"2019年2月","day":"3月20日"}'

"""Idle lines of the story: who is on the list of whom, what a call leaves behind, and one message for each notice."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date

import asyncpg
import msgspec
import pytest

from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotAllowed, Role
from market.people.notify.queue import FACTS_CONTEXT, PHONE_CONTEXT
from market.people.notify.templates import render_message
from market.subsidies.idle.calls import list_calls, record_call
from market.subsidies.idle.lines import list_lines_to_call, open_call_list, open_contact, open_idle_line
from market.subsidies.idle.models import (
    CallOutcome,
    IdleCallInvalid,
    IdleLine,
    IdleLineNotFound,
    IdleState,
)
from market.subsidies.idle.tell import tell_idle_lines
from tests.conftest import EmbeddedServer
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.conftest import calculated_databases, calculated_template, january
from tests.support.make import load_actor, make_official

__all__ = ["calculated_databases", "calculated_template", "january"]

NOTICES = {
    "LT-03": date(2019, 2, 9),
    "YD-06": date(2019, 2, 13),
    "YD-09": date(2019, 2, 16),
    "LT-04": date(2019, 2, 19),
}
"""The notices as January's files have them: those of expected/idle.csv, and YD-09, which is used in February."""
LT_04_USED = ("17070000204", "unicom", "2019-02-03")
"""A use of another line of LT-03's operator, whose report therefore reaches that day."""
SOON_END = "用过了不用管；不想用了、有不明白的，问村里。"
NOW_END = "用过了不用管；有不明白的，问村里。"
FORBIDDEN = ("贫", "脱", "监测", "低保", "特困", "五保", "突发", "边缘", "建档", "困难", "http", "www")


async def list_at(player: Player, day: str, divisions: tuple[str, ...] = (COUNTY,)) -> dict[str, IdleLine]:
    async with player.database.transaction(scope=COUNTY) as conn:
        listed = await list_lines_to_call(conn, COUNTY, divisions, today=date.fromisoformat(day))
    return {each.line: each for each in listed}


async def import_use(player: Player, *uses: tuple[str, str, str]) -> None:
    """Store days of use as a file of an operator brings them: number, operator, day."""
    async with player.database.transaction(scope=COUNTY) as conn:
        for number, operator, day in uses:
            index = player.seal.index(number)
            await conn.execute(
                "INSERT INTO usage_days (county_code, operator, kind, number_id, used_on)"
                " SELECT $1, $2, 'mobile', id, $3 FROM identifiers WHERE value_index = $4",
                COUNTY,
                operator,
                date.fromisoformat(day),
                index,
            )


async def read_messages(player: Player) -> list[tuple[str, str]]:
    """Return phone and text of each queued message about an idle line."""
    async with player.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT phone_sealed, template, facts_sealed FROM messages WHERE template LIKE 'idle%' ORDER BY id"
        )
    seal = player.seal
    return [
        (
            seal.open(each["phone_sealed"], PHONE_CONTEXT),
            render_message(
                each["template"],
                msgspec.json.decode(seal.open(each["facts_sealed"], FACTS_CONTEXT), type=dict[str, str]),
            ),
        )
        for each in rows
    ]


async def make_actor(player: Player, role: Role, scope: str) -> Actor:
    async with player.database.transaction() as conn:
        return await load_actor(conn, await make_official(conn, role, scope))


async def test_the_storys_lines_are_listed_from_a_week_before_their_notice(january: Player) -> None:
    assert await list_at(january, "2019-02-01") == {}
    assert [*await list_at(january, "2019-02-02")] == ["LT-03"]
    listed = await list_at(january, "2019-02-12")
    assert {each.line: each.period.notice_on for each in listed.values()} == NOTICES
    assert [*listed] == [*NOTICES]
    assert [each.state for each in listed.values()] == [IdleState.NOTICED, *[IdleState.SOON] * 3]
    lt03 = listed["LT-03"].period
    assert (lt03.last_use, lt03.unpaid_from, lt03.removal_on) == (
        date(2019, 1, 10), date(2019, 2, 10), date(2019, 2, 25),
    )  # fmt: skip
    assert listed["YD-06"].period.last_use is None
    assert listed["LT-03"].days_left(date(2019, 2, 12)) == 13
    assert (await list_at(january, "2019-02-13"))["YD-06"].state is IdleState.SOON
    assert (await list_at(january, "2019-02-14"))["YD-06"].state is IdleState.NOTICED


async def test_use_and_removal_show_once_they_are_known(january: Player) -> None:
    assert (await list_at(january, "2019-02-27"))["LT-03"].state is IdleState.OVERDUE
    await import_use(january, ("17070000204", "unicom", "2019-02-27"))
    listed = await list_at(january, "2019-03-01")
    assert {each.line: each.state for each in listed.values()} == {
        "LT-03": IdleState.REMOVED,
        "LT-04": IdleState.CURED,
        "YD-06": IdleState.OVERDUE,
        "YD-09": IdleState.NOTICED,
    }
    assert [*listed][-2:] == ["LT-03", "LT-04"]
    assert listed["LT-04"].period.used_again == date(2019, 2, 27)
    assert "LT-03" in await list_at(january, "2019-03-26")
    assert "LT-03" not in await list_at(january, "2019-03-27")


async def test_an_official_sees_and_records_only_the_own_village(january: Player) -> None:
    now = nine_o_clock("2019-02-12")
    listed = await list_at(january, "2019-02-12")
    own = listed["LT-03"]
    others = [each for each in listed.values() if each.village_code != own.village_code]
    assert others
    village = await make_actor(january, Role.VILLAGE, own.village_code)
    seen = await list_at(january, "2019-02-12", (own.village_code,))
    assert {each.village_code for each in seen.values()} == {own.village_code}
    assert others[0].line not in seen

    async def call(line: IdleLine, actor: Actor, outcome: str = "will_use", note: str = "") -> None:
        async with january.database.transaction(scope=COUNTY) as conn:
            divisions = [grant.scope for grant in actor.grants]
            await record_call(
                conn, january.seal, actor, divisions, county=COUNTY, line=line.line,
                notice_on=line.period.notice_on, outcome=outcome, note=note, now=now, today=date(2019, 2, 12),
            )  # fmt: skip

    with pytest.raises(IdleLineNotFound):
        await call(others[0], village)
    async with january.database.transaction(scope=COUNTY) as conn:
        with pytest.raises(IdleLineNotFound):
            await open_idle_line(
                conn, january.seal, village, list(seen.values()), others[0].line, county=COUNTY, now=now
            )
    stale = msgspec.structs.replace(own, period=msgspec.structs.replace(own.period, notice_on=date(2019, 2, 8)))
    with pytest.raises(IdleLineNotFound):
        await call(stale, village)
    with pytest.raises(NotAllowed):
        await call(own, await make_actor(january, Role.FINANCE, COUNTY))
    with pytest.raises(IdleCallInvalid) as invalid:
        await call(own, village, "sold", "长" * 201)
    assert [each.field for each in invalid.value.errors] == ["outcome", "note"]
    await call(own, village, "not_reached")
    await call(own, village, "will_use", "样例：下午" + "去" * 194)
    async with january.database.transaction(scope=COUNTY) as conn:
        calls = await list_calls(conn, january.seal, COUNTY, [own.line], since=own.period.notice_on)
        assert [each.outcome for each in calls[own.key]] == [CallOutcome.WILL_USE, CallOutcome.NOT_REACHED]
        assert calls[own.key][0].note.startswith("样例：下午")
        assert "下午" not in str(await conn.fetch("SELECT * FROM idle_calls"))
        assert await conn.fetchval("SELECT count(*) FROM idle_calls WHERE account_id = $1", village.account_id) == 2
    async with january.database.transaction(scope="130684") as conn:
        assert await conn.fetchval("SELECT count(*) FROM idle_calls") == 0


@pytest.fixture
async def owner(january: Player, server: EmbeddedServer) -> AsyncGenerator[Connection]:
    """A connection with the owner's rights, whom only triggers stop."""
    async with january.database.connection() as conn:
        name = await conn.fetchval("SELECT current_database()")
    connection = await asyncpg.connect(server.dsn(name))
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE idle_calls SET outcome = 'used'",
        "DELETE FROM idle_calls",
        "TRUNCATE idle_calls",
        "UPDATE idle_notices SET told_at = now()",
        "DELETE FROM idle_notices",
        "TRUNCATE idle_notices",
    ],
)
async def test_nobody_rewrites_a_call_or_a_notice(january: Player, owner: Connection, statement: str) -> None:
    official = await make_actor(january, Role.COUNTY, COUNTY)
    await owner.execute(
        "INSERT INTO idle_calls (county_code, line_code, notice_on, outcome, account_id, at)"
        " VALUES ($1, 'LT-03', '2019-02-09', 'not_reached', $2, now())",
        COUNTY,
        official.account_id,
    )
    await owner.execute("INSERT INTO idle_notices VALUES ($1, 'LT-03', '2019-02-09', now())", COUNTY)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute(statement)


async def test_opening_a_line_and_taking_the_list_are_in_the_audit(january: Player, seal: Seal) -> None:
    now = nine_o_clock("2019-02-12")
    actor = await make_actor(january, Role.COUNTY, COUNTY)
    lines = list((await list_at(january, "2019-02-12")).values())
    async with january.database.transaction(scope=COUNTY) as conn:
        _, contact = await open_idle_line(conn, seal, actor, lines, "LT-03", county=COUNTY, now=now)
        listed = await open_call_list(conn, seal, actor, lines, county=COUNTY, now=now)
        entries = await conn.fetch(
            "SELECT action, detail::text AS detail FROM audit_entries WHERE actor = $1 ORDER BY action DESC",
            str(actor.account_id),
        )
    assert (contact.name, contact.phone) == ("样例陈一", "17070000203")
    assert {each.line for each, _ in listed} == set(NOTICES)
    assert [each["action"] for each in entries] == ["open idle line", "export idle call list"]
    for entry in entries:
        assert "样例陈一" not in entry["detail"]
        assert "17070000203" not in entry["detail"]


async def tell(player: Player, day: str) -> int:
    return await tell_idle_lines(player.database, player.seal, now=nine_o_clock(day))


async def test_a_household_is_told_once_of_a_notice_in_neutral_words(january: Player) -> None:
    # Use is known to the end of January. LT-03 is removed on 25 February, before February's use is known: told now, or
    # never.
    assert await tell(january, "2019-02-04") == 1
    assert await tell(january, "2019-02-05") == 0
    await import_use(january, LT_04_USED)
    await import_use(january, ("17050000109", "mobile", "2019-02-14"))
    assert await tell(january, "2019-02-15") == 1
    assert await tell(january, "2019-02-16") == 0
    assert await read_messages(january) == [
        (
            "17070000203",
            "【乡集】您家尾号 0203 的手机号好久没用了。最晚2月9日用一次，每月的减免照旧。" + SOON_END,
        ),
        (
            "17050000106",
            "【乡集】您家尾号 0106 的手机号好久没用，2月14日起先不减。最晚2月28日用一次就恢复，不用就停了减免。"
            + NOW_END,
        ),
    ]
    for _, text in await read_messages(january):
        assert [word for word in FORBIDDEN if word in text] == []


async def test_nobody_is_told_while_the_operators_report_is_late(january: Player) -> None:
    # LT-04 was used on 20 January and use is known until the 31st: that it was not used in February, nobody knows, and
    # February's report comes before the removal on 7 March.
    assert not (await list_at(january, "2019-02-18"))["LT-04"].certain
    await tell(january, "2019-02-18")
    assert all("0204" not in text for _, text in await read_messages(january))


async def test_who_wants_no_line_or_has_another_number_is_not_told(january: Player) -> None:
    official = await make_actor(january, Role.COUNTY, COUNTY)
    async with january.database.transaction(scope=COUNTY) as conn:
        await record_call(
            conn, january.seal, official, [COUNTY], county=COUNTY, line="LT-03", notice_on=NOTICES["LT-03"],
            outcome="wrong_number", note="", now=nine_o_clock("2019-02-02"), today=date(2019, 2, 2),
        )  # fmt: skip
    await import_use(january, LT_04_USED)
    assert await tell(january, "2019-02-04") == 0
    assert await read_messages(january) == []


async def test_a_line_without_a_phone_stays_on_the_list_and_is_not_told(january: Player, owner: Connection) -> None:
    await owner.execute(
        "UPDATE persons SET died_on = '2019-01-31', death_known_at = now() WHERE identity_index IN"
        " (SELECT identity_index FROM bindings WHERE line_code = 'LT-03')"
    )
    line = (await list_at(january, "2019-02-02"))["LT-03"]
    assert open_contact(january.seal, line).phone == ""
    await import_use(january, LT_04_USED)
    assert await tell(january, "2019-02-04") == 0
    assert "LT-03" in await list_at(january, "2019-02-04")


async def test_two_workers_at_once_send_one_message_for_each_notice(january: Player) -> None:
    await import_use(january, ("17050000109", "mobile", "2019-02-14"), LT_04_USED)
    counts = await asyncio.gather(*(tell(january, "2019-02-15") for _ in range(6)))
    told = await read_messages(january)
    assert sum(counts) == len(told) == 2
    assert len({phone for phone, _ in told}) == 2
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM idle_notices") == 2

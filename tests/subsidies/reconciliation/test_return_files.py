"""A month is reconciled with what the operators say they credited: differences are open until somebody answers."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from market.kernel import Refusal
from market.people.identity.actors import find_actor_by_handle
from market.reports.reconciliation import ReconciliationView, get_reconciliation
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.steps import RECONCILE
from market.subsidies.month.take_step import take_step
from market.subsidies.names import Operator
from market.subsidies.reconciliation.answer import accept_differences
from tests.story.play import COUNTY, Answer, Player, nine_o_clock
from tests.subsidies.month.test_returns import advance, take
from tests.subsidies.reconciliation.returns import DAY, JANUARY, Rows, send_return
from tests.support.make import SEAL
from tests.support.postgres import wait_for_blocked


@pytest.fixture
async def settled(january: Player) -> Player:
    """The county with January settled."""
    await advance(january, "decide")
    await take(january, "settle", "2019-02-08")
    return january


async def view(player: Player, day: str = DAY) -> ReconciliationView:
    async with player.database.transaction(scope=COUNTY) as conn:
        return await get_reconciliation(conn, SEAL, await find_cycle(conn, COUNTY, JANUARY), now=nine_o_clock(day))


async def accept(
    player: Player, ids: list[UUID], *, why: str = "样例：已核对", who: str = "dui", month: date = JANUARY
) -> Answer:
    now = nine_o_clock(DAY)
    try:
        async with player.database.transaction(scope=COUNTY) as conn:
            actor = await find_actor_by_handle(conn, who, day=now.date())
            answer = await accept_differences(conn, actor, COUNTY, month, ids=ids, why=why, now=now)
    except Refusal as refusal:
        return {"code": refusal.code}
    plain: Answer = msgspec.to_builtins(answer)
    return plain


async def reconcile(player: Player) -> Answer:
    return await take(player, "reconcile", "2019-02-14", who="dui")


async def list_records(player: Player) -> list[tuple[Any, ...]]:
    async with player.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT operator, file_id IS NOT NULL, settled_fen, credited_fen, accepted_fen FROM reconciliations"
            " ORDER BY operator, round"
        )
    return [tuple(row) for row in rows]


async def test_a_month_without_return_files_is_reconciled_and_says_so(settled: Player) -> None:
    seen = await view(settled)
    assert [(each.operator, each.settled_fen, each.credited_fen) for each in seen.operators] == [
        ("mobile", 5093, None), ("unicom", 3647, None), ("telecom", 3280, None),
    ]  # fmt: skip
    assert (await reconcile(settled))["state"] == "reconciled"
    assert await list_records(settled) == [
        ("mobile", False, 5093, None, None), ("telecom", False, 3280, None, None), ("unicom", False, 3647, None, None),
    ]  # fmt: skip


async def test_a_county_may_require_the_return_file_of_each_operator(settled: Player) -> None:
    async with settled.database.transaction(scope=COUNTY) as conn:
        await conn.execute(
            "INSERT INTO county_settings VALUES ($1, 'returns_required', '[2019-01-01,)', 1, '样例')", COUNTY
        )
    assert (await send_return(settled))["outcome"] == "ok"
    refused = await reconcile(settled)
    assert refused["text"] == "2019年1月还不能对账：联通、电信的回单还没有到。"
    for operator in (Operator.UNICOM, Operator.TELECOM):
        assert (await send_return(settled, operator, name=f"{operator}.csv"))["counts"]["differences"] == 0
    assert (await reconcile(settled))["state"] == "reconciled"
    assert await list_records(settled) == [
        ("mobile", True, 5093, 5093, 0), ("telecom", True, 3280, 3280, 0), ("unicom", True, 3647, 3647, 0),
    ]  # fmt: skip


def spoil(rows: Rows) -> Rows:
    """A file with one of each difference that a row can have, in its first lines."""
    first, second, third, fourth, *rest = rows
    return [
        [*first[:4], "0.01", "已入账"],
        [*second[:4], "0.00", "退回"],
        [*third[:2], "17050000999", *third[3:]],
        [fourth[0], "2018-12", *fourth[2:]],
        *rest[1:],
        rest[1],
        ["YD-X9", "2019-01", "17050000998", "手机", "1.00", "已入账"],
    ]


async def test_every_difference_is_listed_and_stops_the_month_until_it_is_answered(settled: Player) -> None:
    tried = await send_return(settled, change=spoil, dry_run=True)
    assert (tried["outcome"], tried["counts"]["differences"]) == ("ok", 7)
    assert (await view(settled)).differences == []
    await send_return(settled, change=spoil, told={"settlement_sha256": "0" * 64})
    seen = await view(settled, "2019-02-14")
    assert sorted(each.kind for each in seen.differences) == [
        "less", "missing", "other_file", "other_number", "returned", "twice", "unknown_line", "wrong_month",
    ]  # fmt: skip
    assert seen.differences[0].kind == "returned"
    mobile = seen.operators[0]
    assert (mobile.open, mobile.answers_sent, mobile.revision) == (8, False, 1)
    assert (mobile.credited_fen or 0) + sum(each.fen for each in seen.differences) == mobile.settled_fen
    assert {each.days for each in seen.differences} == {2}
    unknown = next(each for each in seen.differences if each.kind == "unknown_line")
    assert (unknown.line, unknown.number) == (None, "170****0998")
    refused = await reconcile(settled)
    assert refused["code"] == "differences_open"
    assert refused["text"].startswith("2019年1月还不能对账：移动的回单有 8 条差异没有处理。")
    by_kind = {str(each.kind): each.id for each in seen.differences}
    assert await accept(settled, [by_kind["returned"]]) == {"code": "difference_stops"}
    assert await accept(settled, [by_kind["less"]], why=" ") == {"code": "why_missing"}
    rest = [each for kind, each in by_kind.items() if kind != "returned"]
    assert await accept(settled, [*rest, UUID(int=0)]) == {"code": "no_difference"}
    assert (await accept(settled, rest))["open"] == 1
    assert await accept(settled, rest[:1]) == {"code": "no_difference"}
    # A returned payment that is settled stops the month: only another return file ends it.
    assert (await reconcile(settled))["code"] == "differences_open"
    assert (await send_return(settled, name="mobile-2.csv"))["counts"]["differences"] == 0
    assert await accept(settled, [by_kind["returned"]]) == {"code": "no_difference"}, "it is of an earlier file"
    assert (await reconcile(settled))["state"] == "reconciled"
    assert (await list_records(settled))[0] == ("mobile", True, 5093, 5093, 0)


async def test_what_is_accepted_is_part_of_the_record_and_a_later_file_asks_again(settled: Player) -> None:
    def credit_less(rows: Rows) -> Rows:
        return [[*rows[0][:4], "0.01", "已入账"], *rows[1:]]

    await send_return(settled, change=credit_less, day="2019-02-09")
    [first] = (await view(settled)).differences
    assert (await accept(settled, [first.id]))["open"] == 0
    assert (await view(settled)).differences[0].why == "样例：已核对"
    await send_return(settled, change=lambda rows: credit_less(rows)[::-1], name="mobile-2.csv", day="2019-02-11")
    [again] = (await view(settled, "2019-02-14")).differences
    # It is the same difference: as old as in the first file, and open.
    assert (again.why, again.days, again.id != first.id) == (None, 5, True)
    assert await accept(settled, [first.id]) == {"code": "no_difference"}
    assert (await accept(settled, [again.id]))["open"] == 0
    assert (await reconcile(settled))["state"] == "reconciled"
    assert (await list_records(settled))[0] == ("mobile", True, 5093, 5093 - again.fen, again.fen)
    assert await accept(settled, [again.id]) == {"code": "wrong_state"}
    assert (await send_return(settled, name="mobile-3.csv"))["code"] == "wrong_state"
    # The operator corrects itself before the month is closed: the second record stands beside the first.
    assert (await take(settled, "return", who="dui", why="移动补了回单"))["state"] == "settled"
    assert (await send_return(settled, name="mobile-3.csv"))["counts"]["differences"] == 0
    assert (await reconcile(settled))["state"] == "reconciled"
    assert [each for each in await list_records(settled) if each[0] == "mobile"] == [
        ("mobile", True, 5093, 5093 - again.fen, again.fen), ("mobile", True, 5093, 5093, 0),
    ]  # fmt: skip


async def test_who_imports_the_file_does_not_answer_for_it(settled: Player, tmp_path: Path) -> None:
    await send_return(settled, change=lambda rows: rows[1:])
    [missing] = (await view(settled)).differences
    assert await accept(settled, [missing.id], who="gan") == {"code": "second_duty"}
    assert await accept(settled, [missing.id], who="cai") == {"code": "second_duty"}
    assert (await accept(settled, [missing.id]))["accepted"] == 1
    both = tmp_path / "officials.csv"
    both.write_text("账号,姓名,职责,范围\ndui,样例对某,对账;县级经办（导入）,130624000000\n", "utf-8")
    await settled(["import", "officials", str(both)])
    assert (await send_return(settled, name="mobile-2.csv", who="dui"))["code"] == "second_duty"


async def test_a_wrong_file_is_refused_with_what_would_be_right(settled: Player) -> None:
    assert (await send_return(settled, manifest=False))["code"] == "return_manifest_missing"
    for field, value in (
        ("rows", 1),
        ("sum_fen", 1),
        ("sha256", "0" * 64),
        ("file", "x.csv"),
        ("settlement_sha256", ""),
    ):
        assert (await send_return(settled, told={field: value}))["code"] == "manifest_mismatch"
    assert (await send_return(settled, told={"month": "2019-02"}))["code"] == "no_cycle"

    def garble(rows: Rows) -> Rows:
        return [
            [*rows[0][:4], "4.155", "已入账"],
            [*rows[1][:4], "1.00", "退回"],
            [*rows[2][:4], "1.00", "到账"],
            [rows[3][0], "2019-13", "1705", *rows[3][3:]],
            *rows[4:],
        ]

    refused = await send_return(settled, change=garble)
    assert refused["code"] == "file_malformed"
    assert [(each["row"], each["column"]) for each in refused["errors"]] == [
        (2, "入账金额"), (3, "入账金额"), (4, "结果"), (5, "业务号码"), (5, "所属月"),
    ]  # fmt: skip
    assert (await send_return(settled))["outcome"] == "ok"
    assert (await send_return(settled))["outcome"] == "no-op"
    assert (await send_return(settled, change=lambda rows: rows[1:]))["code"] == "file_changed"
    assert (await send_return(settled, name="mobile-9.csv"))["code"] == "file_taken"


ACCEPT_RETURNED = """
    UPDATE return_differences SET outcome = 'accepted', why = 'x', answered_at = now(),
           answered_by = (SELECT account_id FROM cycle_duties LIMIT 1)
"""
ADD_OTHER_SUM = """
    INSERT INTO return_files SELECT gen_random_uuid(), cycle_id, operator, county_code, 2, settlement_sha256,
           settled_fen + 1, credited_fen, taken_at FROM return_files
"""
ADD_UNEVEN_RECORD = """
    INSERT INTO reconciliations
    SELECT cycle_id, operator, county_code, file_id, settled_fen, credited_fen, 0, taken_at FROM return_files
"""
ADD_EMPTY_FILE = """
    WITH file AS (
        INSERT INTO import_files (county_code, kind, name, sha256, rows, operator, month, sum_fen, account_id,
                                  imported_at)
        SELECT county_code, kind, 'other.csv', repeat('1', 64), 0, operator, month, 0, account_id, imported_at
          FROM import_files WHERE kind = 'return'
        RETURNING id)
    INSERT INTO return_files SELECT file.id, cycle_id, operator, county_code, 2, settlement_sha256, settled_fen, 0,
           taken_at FROM return_files, file
"""


async def test_the_schema_keeps_what_the_commands_keep(settled: Player) -> None:
    await send_return(settled, change=spoil)
    for statement, refusal, name in (
        ("UPDATE cycles SET state = 'reconciled'", asyncpg.CheckViolationError, "open differences"),
        (ACCEPT_RETURNED, asyncpg.CheckViolationError, "return_differences_returned_stops"),
        ("UPDATE return_rows SET credited_fen = 1", asyncpg.InsufficientPrivilegeError, "return_rows"),
        (ADD_OTHER_SUM, asyncpg.ForeignKeyViolationError, "return_files"),
        (ADD_UNEVEN_RECORD, asyncpg.CheckViolationError, "reconciliations_add_up"),
        (ADD_EMPTY_FILE, asyncpg.CheckViolationError, "0 credited and 0 different are not 5093 settled"),
    ):
        with pytest.raises(refusal, match=name):
            async with settled.database.transaction(scope=COUNTY) as conn:
                await conn.execute(statement)


async def test_two_people_who_reconcile_at_once_reconcile_once(settled: Player) -> None:
    await send_return(settled, change=lambda rows: rows[1:])
    [missing] = (await view(settled)).differences
    # Beside them a file comes, and the difference is accepted: whatever comes first, no open difference is passed over.
    answers = await asyncio.gather(
        reconcile(settled),
        accept(settled, [missing.id]),
        send_return(settled, name="mobile-2.csv"),
        reconcile(settled),
    )
    assert all("code" not in each or each["code"] in RACED for each in answers), answers
    again = await asyncio.gather(reconcile(settled), reconcile(settled))
    done = [each for each in (answers[0], answers[3], *again) if each.get("state") == "reconciled"]
    assert len(done) == 1
    async with settled.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM cycle_events WHERE state = 'reconciled'") == 1
        assert await conn.fetchval("SELECT count(*) FROM reconciliations") == 3
        record = await conn.fetchrow("SELECT * FROM reconciliations WHERE operator = 'mobile'")
    assert record is not None
    assert record["credited_fen"] + record["accepted_fen"] == record["settled_fen"] == 5093


async def test_a_file_that_comes_while_somebody_reconciles_waits_and_is_refused(settled: Player) -> None:
    now = nine_o_clock("2019-02-14")
    async with settled.database.transaction(scope=COUNTY) as conn, settled.database.connection() as watcher:
        actor = await find_actor_by_handle(conn, "dui", day=now.date())
        await take_step(conn, RECONCILE, actor, COUNTY, JANUARY, seal=SEAL, now=now)
        late = asyncio.create_task(send_return(settled, change=lambda rows: rows[1:]))
        await wait_for_blocked(watcher, await conn.fetchval("SELECT pg_backend_pid()"))
    assert (await late)["code"] == "wrong_state"
    assert (await view(settled)).differences == []


RACED = {"differences_open", "wrong_state", "no_difference"}
"""What the slower of two is told."""

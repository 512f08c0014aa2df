"""The settlement file of an operator says whom it is paid for, adds up to what it is paid, and stays as it was sent."""

import csv
from datetime import date
from hashlib import sha256

import asyncpg
import pytest

from market.reports.files.voucher import list_voucher_rows
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.settle import get_settlement
from market.subsidies.names import Operator
from market.subsidies.reconciliation.settlement_files import (
    SETTLEMENT_FILE_HEADERS,
    NoSettlementFile,
    list_settlement_files,
    read_settlement_file,
)
from payments.money import parse_yuan
from tests.story.play import COUNTY, Player
from tests.support.make import SEAL

JANUARY, MARCH = date(2019, 1, 1), date(2019, 3, 1)


def read_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


async def test_the_files_add_up_to_what_the_operators_are_paid_and_have_their_hash(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, MARCH)
        settlement = await get_settlement(conn, SEAL, cycle)
        files = await list_settlement_files(conn, COUNTY, cycle.id)
        contents = {each.operator: await read_settlement_file(conn, SEAL, cycle, each.operator) for each in files}
    assert {each.operator: each.sum_fen for each in files} == {
        name: each.pay_fen for name, each in settlement.operators.items()
    }
    for file in files:
        head, *rows = read_rows(contents[file.operator])
        assert tuple(head) == SETTLEMENT_FILE_HEADERS
        assert (len(rows), sum(parse_yuan(row[4]) or 0 for row in rows)) == (file.rows, file.sum_fen)
        assert sha256(contents[file.operator]).hexdigest() == file.sha256
    telecom = read_rows(contents[Operator.TELECOM])
    assert ["DX-03", "2019-01", "19900000303", "手机", "-4.20"] in telecom
    assert ["DX-02", "2019-02", "17000000302", "手机", "-3.66"] in telecom


async def test_a_month_that_is_not_settled_has_no_file_and_no_voucher(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        assert await list_settlement_files(conn, COUNTY, cycle.id) == []
        assert await list_voucher_rows(conn, cycle) == []
        with pytest.raises(NoSettlementFile):
            await read_settlement_file(conn, SEAL, cycle, Operator.MOBILE)


ADD_SETTLEMENT = """
    WITH cycle AS (INSERT INTO cycles (county_code, month, opened_at) VALUES ('130624', '2018-12-01', now())
                   RETURNING id)
    INSERT INTO settlements (cycle_id, operator, county_code, rows, pay_fen, settled_at)
    SELECT id, 'mobile', '130624', 1, 5, now() FROM cycle
"""
ADD_FILE = """
    INSERT INTO settlement_files (cycle_id, operator, county_code, rows, sum_fen, sha256, content_sealed)
    SELECT cycle_id, operator, '130624', 1, $1, repeat('0', 64), '' FROM settlements WHERE pay_fen = 5
"""


async def test_a_file_has_the_sum_that_is_paid_and_is_not_changed(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        await conn.execute(ADD_SETTLEMENT)
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="settlement_files_paid"):
            async with conn.transaction():
                await conn.execute(ADD_FILE, 6)
        await conn.execute(ADD_FILE, 5)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("UPDATE settlement_files SET sha256 = repeat('1', 64)")


@pytest.mark.parametrize("month", [JANUARY, date(2019, 2, 1), MARCH])
async def test_the_voucher_balances_and_pays_what_the_settlement_pays(quarter: Player, month: date) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, month)
        rows = await list_voucher_rows(conn, cycle)
        settlement = await get_settlement(conn, SEAL, cycle)
    assert sum(row.debit_fen for row in rows) == sum(row.credit_fen for row in rows)
    assert all((row.debit_fen > 0) != (row.credit_fen > 0) for row in rows)
    assert sum(row.credit_fen for row in rows if row.code == "2303") == settlement.control.pay_fen
    assert {row.account: row.credit_fen for row in rows if row.code == "2303"} == {
        f"应付政府补贴款-{name}": settlement.operators[operator].pay_fen
        for name, operator in (("移动", Operator.MOBILE), ("联通", Operator.UNICOM), ("电信", Operator.TELECOM))
    }


async def test_an_operator_that_owes_after_adjustments_is_debited(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        await conn.execute(
            "INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator,"
            " kind, approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)"
            " SELECT cycle_id, 'YD-99', '2018-12-01', 1, county_code, run_id, 'mobile', kind, -6000, 0, -6000, 6000,"
            " '{\"county\": -6000}', posted_at FROM subsidy_postings WHERE cycle_id = $1 LIMIT 1",
            cycle.id,
        )
        rows = [row for row in await list_voucher_rows(conn, cycle) if "，移动" in row.summary]
    assert [(row.account, row.debit_fen) for row in rows if row.code == "1218"] == [("其他应收款-移动", 907)]
    assert sum(row.debit_fen - row.credit_fen for row in rows) == 0
    assert "2303" not in {row.code for row in rows}

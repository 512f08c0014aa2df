"""Spot checks: neither the county nor the auditor chooses the lines; secret and result draw them again."""

import hashlib
from datetime import date

import asyncpg
import pytest

from market.kernel import Connection, Refusal
from market.subsidies.evidence.samples import (
    CheckOutcome,
    DepositInvalid,
    deposit_secret,
    draw_lines,
    draw_sample,
    list_sample,
    record_check,
)
from tests.story.play import COUNTY, Player
from tests.subsidies.evidence.conftest import NOW
from tests.subsidies.month.test_returns import advance
from tests.support.make import SEAL
from tests.support.postgres import as_owner

SECRET = "长城内外惟余莽莽 sample secret"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
JANUARY, FEBRUARY = date(2019, 1, 1), date(2019, 2, 1)


async def deposit(player: Player, month: date, digest: str = DIGEST) -> None:
    async with player.database.transaction(scope=COUNTY) as conn:
        await deposit_secret(conn, COUNTY, month, secret_sha256=digest, account_id=None, by="sample", now=NOW)


async def deposit_late(player: Player, month: date) -> None:
    """Store a deposit as if it had been made in time."""
    async with player.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("ALTER TABLE sample_deposits DISABLE TRIGGER sample_deposits_before_opening")
        await conn.execute("INSERT INTO sample_deposits VALUES ($1, $2, $3, $4)", COUNTY, month, DIGEST, NOW)


async def refuse(player: Player, month: date, *, secret: str = SECRET) -> str:
    async with player.database.transaction(scope=COUNTY) as conn:
        with pytest.raises(Refusal) as refused:
            await draw_sample(conn, SEAL, COUNTY, month, secret=secret, count=5, by="sample", now=NOW)
    return refused.value.code


async def record_wrong(conn: Connection, line: str) -> None:
    wrong = CheckOutcome.WRONG
    await record_check(conn, SEAL, COUNTY, JANUARY, line=line, outcome=wrong, account_id=None, by="sample", now=NOW)


async def count_rows(conn: Connection) -> int:
    return await conn.fetchval("SELECT count(*) FROM sample_deposits")


async def test_a_secret_is_deposited_before_the_month_is_opened_and_not_replaced(january: Player) -> None:
    for digest in ("", "zz", DIGEST[1:], DIGEST.upper() + "\n", "g" * 64):
        with pytest.raises(DepositInvalid):
            await deposit(january, FEBRUARY, digest)
    await deposit(january, FEBRUARY)
    for month, digest in ((FEBRUARY, "0" * 64), (JANUARY, DIGEST)):
        with pytest.raises(Refusal) as refused:
            await deposit(january, month, digest)
        assert refused.value.code == "deposit_refused"
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await count_rows(conn) == 1


async def test_the_schema_refuses_a_late_deposit_of_anyone(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        with pytest.raises(asyncpg.CheckViolationError):
            async with conn.transaction(), as_owner(conn):
                await conn.execute("INSERT INTO sample_deposits VALUES ($1, $2, $3, $4)", COUNTY, JANUARY, DIGEST, NOW)


async def test_lines_are_drawn_once_from_a_settled_month_by_who_has_the_secret(january: Player) -> None:
    assert await refuse(january, JANUARY) == "wrong_state"
    await advance(january, "decide")
    await january(["subsidies", "settle", "--month", "2019-01", "--as", "cai"], "2019-02-08")
    assert await refuse(january, JANUARY) == "no_deposit"
    await deposit_late(january, JANUARY)
    assert await refuse(january, JANUARY, secret=f"{SECRET}!") == "wrong_sample_secret"
    async with january.database.transaction(scope=COUNTY) as conn:
        drawn = await draw_sample(conn, SEAL, COUNTY, JANUARY, secret=SECRET, count=5, by="sample", now=NOW)
        posted = [row[0] for row in await conn.fetch("SELECT line_code FROM subsidy_postings")]
        result = await conn.fetchval("SELECT result_sha256 FROM runs")
    assert [each.line for each in drawn] == draw_lines(reversed(posted), secret=SECRET, result_sha256=result, count=5)
    assert await refuse(january, JANUARY) == "sample_drawn"
    async with january.database.transaction(scope=COUNTY) as conn:
        line = drawn[2].line
        await record_wrong(conn, line)
        outcomes = [each.outcome for each in await list_sample(conn, SEAL, COUNTY, JANUARY)]
        assert outcomes == [None, None, "wrong", None, None]
        with pytest.raises(Refusal) as refused:
            await record_wrong(conn, line)
        assert refused.value.code == "no_such_line"
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action LIKE '%sample%'") == 2


def test_the_draw_depends_on_secret_and_result_and_every_line_has_the_same_chance() -> None:
    lines = [f"YD-{number:02d}" for number in range(20)]
    draws = [draw_lines(lines, secret=f"secret {seed}", result_sha256="0" * 64, count=5) for seed in range(2_000)]
    counts = {line: sum(line in drawn for drawn in draws) for line in lines}
    assert all(400 < count < 600 for count in counts.values()), counts
    assert draws[0] != draws[1]
    assert draws[0] != draw_lines(lines, secret="secret 0", result_sha256="1" * 64, count=5)

"""What one account sends a day is counted in bytes, exactly, however much is sent at once."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from market.kernel import Database
from market.people.storage import sent_bytes
from market.people.storage.sent_bytes import TooManyBytes, count_sent_bytes, delete_old_bytes
from tests.conftest import NOW
from tests.support.make import make_account


async def test_files_at_once_do_not_pass_the_limit_of_a_day_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_bytes, "MAX_BYTES_A_DAY", 10)
    async with database.transaction() as conn:
        sender, other = await make_account(conn), await make_account(conn)

    async def send(size: int, *, fails: bool = False) -> str:
        try:
            async with database.transaction() as conn:
                await count_sent_bytes(conn, sender, size, now=NOW)
                await asyncio.sleep(0.02)
                if fails:
                    await conn.execute("SELECT 1 / 0")
        except (TooManyBytes, asyncpg.DivisionByZeroError) as refusal:
            return type(refusal).__name__
        return "sent"

    assert await send(11) == "TooManyBytes"
    assert await send(9, fails=True) == "DivisionByZeroError"
    sent = await asyncio.gather(*(send(4) for _ in range(6)))
    assert sorted(sent) == ["TooManyBytes"] * 4 + ["sent"] * 2
    assert (await send(0), await send(2), await send(1)) == ("sent", "sent", "TooManyBytes")
    async with database.transaction() as conn:
        await count_sent_bytes(conn, other, 10, now=NOW)
        with pytest.raises(TooManyBytes) as refused:
            await count_sent_bytes(conn, sender, 1, now=NOW)
        seconds = refused.value.facts["retry_after"]
        assert isinstance(seconds, int)
        tomorrow = NOW + timedelta(seconds=seconds)
        await count_sent_bytes(conn, sender, 10, now=tomorrow)
        with pytest.raises(TooManyBytes):
            await count_sent_bytes(conn, sender, 1, now=tomorrow - timedelta(seconds=1))
    assert await delete_old_bytes(database, tomorrow) == 2
    assert await delete_old_bytes(database, tomorrow) == 0

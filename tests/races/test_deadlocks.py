"""A request that the server ends to break a deadlock runs again by itself."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from market.kernel import Connection, Database
from market.kernel.quotas import lock_quota
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.conftest import Village, settings, village
from tests.support.app import build_settings, run_service
from tests.support.make import make_account
from tests.support.postgres import wait_for_blocked

__all__ = ["settings", "village"]


async def deadlock[T](database: Database, owner: Connection, account: UUID, asking: Awaitable[T]) -> T:
    """Send a request about the own data, and wait for what it holds once it waits for its account."""
    async with owner.transaction():
        await owner.execute("SET LOCAL deadlock_timeout = '30s'")  # the request notices it first
        await owner.execute("SELECT FROM accounts WHERE id = $1 FOR UPDATE", account)
        sent = asyncio.ensure_future(asking)
        async with database.connection() as watching:
            await wait_for_blocked(watching, await owner.fetchval("SELECT pg_backend_pid()"))
        await lock_quota(owner, "data_requests", account)
    return await sent


async def test_an_idempotent_request(dsn: str, database: Database, owner: Connection, tmp_path: Path) -> None:
    async with database.transaction() as conn:
        account = await make_account(conn)
        token = (await sign_in_without_code(conn, account, now=datetime.now(UTC), second_factor=False)).token
    async with run_service(build_settings(dsn, tmp_path), works=False) as service:
        asking = service.call("AskAboutMyData", {"kind": "explain", "text": "为什么要我的电话"}, token=token)
        answer = await deadlock(database, owner, account, asking)
    assert answer.status_code == 201
    assert await owner.fetchval("SELECT count(*) FROM data_requests") == 1


async def test_a_form(village: Village, owner: Connection) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buyer.open("/me/info/requests")
        typed = {"kind": "explain", "to": "platform", "text": "为什么要我的电话"}
        asking = buyer.submit("/me/info/requests", typed=typed)
        assert "交上去了" in (await deadlock(village.database, owner, village.buyer, asking)).text
    assert await owner.fetchval("SELECT count(*) FROM data_requests") == 1

"""A small market on a database of the test's own, and walkers through its pages."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from msgspec import Struct

from market.app import create_app
from market.identity import AccountId, sign_in_without_code
from market.kernel import Database, open_database
from market.kernel.clock import Clock
from market.kernel.embedded import Server
from market.settings import Settings
from market.startup import APP_ROLE
from payments.sandbox import Sandbox
from tests.conftest import clone, drop
from tests.factories import (
    OTHER_VILLAGE,
    AProduct,
    AStay,
    a_certificate,
    a_freight_template,
    a_producer,
    a_product,
    a_stay,
    an_account,
)
from tests.rails import gateway, provider, sandbox
from tests.service import settings_for
from tests.web.pages.walker import ORIGIN, Walker

__all__ = ["gateway", "provider", "sandbox"]

BUYER_PHONE = "17010009001"
FARMER_PHONE = "17010009002"


class Village(Struct, frozen=True):
    """A market of two producers of goods and a house with rooms."""

    database: Database
    app: Any
    settings: Settings
    buyer: AccountId
    farmer: AccountId
    host: AccountId
    dates: AProduct
    millet: AProduct
    stay: AStay
    today: Any

    async def number(self, listing_id: object) -> int:
        """Return a listing's short number."""
        async with self.database.connection() as conn:
            return await conn.fetchval("SELECT number FROM listings WHERE id = $1", listing_id)

    async def value(self, sql: str, *given: object) -> Any:  # noqa: ANN401 - whatever is asked for
        """Ask the database one thing."""
        async with self.database.connection() as conn:
            return await conn.fetchval(sql, *given)

    async def walker(self, account_id: AccountId | None = None) -> Walker:
        """Return a visitor, signed in where an account is given."""
        walker = Walker(self.app)
        if account_id is not None:
            async with self.database.transaction() as conn:
                signed = await sign_in_without_code(conn, account_id, now=Clock().now(), second_factor=False)
            walker.client.cookies.set("session", signed.token, domain="market.test")
        return walker


@asynccontextmanager
async def living(app: Litestar) -> AsyncGenerator[Litestar]:
    """Keep a service open in a task of its own, because a fixture begins and ends in two different ones."""
    open_now, enough = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            open_now.set()
            await enough.wait()

    task = asyncio.create_task(live())
    opening = asyncio.create_task(open_now.wait())
    await asyncio.wait({task, opening}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            await task
        yield app
    finally:
        opening.cancel()
        enough.set()
        await task


async def a_village(database: Database, app: Any, settings: Settings) -> Village:  # noqa: ANN401 - an application
    """Fill a database with the smallest market that has everything."""
    now = Clock().now()
    async with database.transaction() as conn:
        buyer = await an_account(conn, name="样例买家甲", phone=BUYER_PHONE)
        farmer = await an_account(conn, name="样例农户04", phone=FARMER_PHONE)
        host = await an_account(conn, name="样例农户08")
        garden = await a_producer(conn, name="样例革新庄枣园", owner=farmer, now=now)
        await a_freight_template(conn, garden, free_above_fen=88_00, no_ship=["54"])
        dates = await a_product(conn, garden, title="阜平大枣礼箱", unit="5斤箱", now=now)
        cooperative = await a_producer(
            conn, name="样例顾家台合作社", kind="cooperative", village=OTHER_VILLAGE, now=now
        )
        await a_freight_template(conn, cooperative)
        millet = await a_product(
            conn, cooperative, title="顾家台小米", category="coarse_grain", unit="2.5kg袋", price_fen=32_00,
            gross_g=2600, months=[Clock().today().month], left=80, now=now,
        )  # fmt: skip
        house = await a_producer(
            conn, name="样例骆驼湾农家院", kind="homestay", village=OTHER_VILLAGE, owner=host, now=now
        )
        await a_certificate(conn, house, "homestay_permit", now=now)
        stay = await a_stay(conn, house, title="骆驼湾农家院", rooms=2, now=now)
    return Village(database, app, settings, buyer, farmer, host, dates, millet, stay, Clock().today())


@pytest.fixture
def settings(dsn: str, folder: Path, sandbox: Sandbox) -> Settings:
    """The settings of a service that pays at the sandbox."""
    return settings_for(dsn, folder, public_url=ORIGIN, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret)


@pytest.fixture
async def village(database: Database, settings: Settings) -> AsyncGenerator[Village]:
    """A running service with a small market."""
    async with living(create_app(settings)) as app:
        yield await a_village(database, app, settings)


@pytest.fixture(scope="session")
async def street(
    server: Server, template: str, provider: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Village]:
    """A small market for all tests that only look."""
    name = await clone(server, template)
    dsn = server.dsn(name)
    database = await open_database(dsn, role=APP_ROLE, max_size=4)
    settings = settings_for(
        dsn,
        tmp_path_factory.mktemp("street"),
        public_url=ORIGIN,
        stripe_base=provider.url,
        stripe_webhook_secret=provider.secret,
    )
    async with living(create_app(settings)) as app:
        yield await a_village(database, app, settings)
    await database.close()
    await drop(server, name)

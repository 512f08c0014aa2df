"""A small market on the test's own database, and clients for its pages."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from market.kernel import Database, open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.settings import Settings
from market.people.identity.models import AccountId
from market.people.identity.sign_in import sign_in_without_code
from payments.sandbox import Sandbox
from tests.conftest import clone_database, drop_database
from tests.support.app import build_settings, run_app
from tests.support.browser import ORIGIN, PageClient
from tests.support.make import (
    OTHER_VILLAGE,
    ProductIds,
    StayIds,
    make_account,
    make_certificate,
    make_freight_template,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner

__all__ = ["gateway", "provider", "sandbox"]

BUYER_PHONE = "17010009001"
FARMER_PHONE = "17010009002"
HOST_PHONE = "17010009008"


class Village(Struct, frozen=True):
    """A market of two producers of goods and one homestay."""

    database: Database
    app: Any
    settings: Settings
    buyer: AccountId
    farmer: AccountId
    host: AccountId
    dates: ProductIds
    millet: ProductIds
    stay: StayIds
    today: Any

    async def number(self, listing_id: object) -> int:
        """Return a listing's short number."""
        async with self.database.connection() as conn:
            return await conn.fetchval("SELECT number FROM listings WHERE id = $1", listing_id)

    async def value(self, sql: str, *given: object) -> Any:
        """Return one value from the database, as the owner of its tables."""
        async with self.database.connection() as conn, as_owner(conn):
            return await conn.fetchval(sql, *given)

    async def browser(self, account_id: AccountId | None = None, *, second_factor: bool = False) -> PageClient:
        """Return a client, signed in if an account is given."""
        browser = PageClient(self.app)
        if account_id is not None:
            async with self.database.transaction() as conn:
                signed = await sign_in_without_code(conn, account_id, now=Clock().now(), second_factor=second_factor)
            browser.client.cookies.set("session", signed.token, domain="market.test")
        return browser


async def a_village(database: Database, app: Any, settings: Settings) -> Village:
    """Fill a database with the smallest complete market."""
    now = Clock().now()
    async with database.transaction() as conn:
        buyer = await make_account(conn, name="样例买家甲", phone=BUYER_PHONE)
        farmer = await make_account(conn, name="样例农户04", phone=FARMER_PHONE)
        host = await make_account(conn, name="样例农户08", phone=HOST_PHONE)
        garden = await make_producer(conn, name="样例革新庄枣园", owner=farmer, now=now)
        await make_freight_template(conn, garden, free_above_fen=88_00, no_ship=["54"])
        dates = await make_product(conn, garden, title="阜平大枣礼箱", unit="5斤箱", now=now)
        cooperative = await make_producer(
            conn, name="样例顾家台合作社", kind="cooperative", village=OTHER_VILLAGE, now=now
        )
        await make_freight_template(conn, cooperative)
        millet = await make_product(
            conn, cooperative, title="顾家台小米", category="coarse_grain", unit="2.5kg袋", price_fen=32_00,
            gross_g=2600, months=[Clock().today().month], left=80, now=now,
        )  # fmt: skip
        house = await make_producer(
            conn, name="样例骆驼湾农家院", kind="homestay", village=OTHER_VILLAGE, owner=host, now=now
        )
        await make_certificate(conn, house, "homestay_permit", now=now)
        stay = await make_stay(conn, house, title="骆驼湾农家院", rooms=2, now=now)
    return Village(database, app, settings, buyer, farmer, host, dates, millet, stay, Clock().today())


@pytest.fixture
def settings(dsn: str, folder: Path, sandbox: Sandbox) -> Settings:
    """The settings of a service that uses the sandbox provider."""
    return build_settings(dsn, folder, public_url=ORIGIN, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret)


@pytest.fixture
async def village(database: Database, settings: Settings) -> AsyncGenerator[Village]:
    """A running service with a small market."""
    async with run_app(settings) as app:
        yield await a_village(database, app, settings)


@pytest.fixture(scope="session")
async def street(
    server: EmbeddedServer, template: str, provider: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Village]:
    """A small market shared by all read-only tests."""
    name = await clone_database(server, template)
    dsn = server.dsn(name)
    database = await open_database(dsn, role=APP_ROLE, max_size=4)
    settings = build_settings(
        dsn,
        tmp_path_factory.mktemp("street"),
        public_url=ORIGIN,
        stripe_base=provider.url,
        stripe_webhook_secret=provider.secret,
    )
    async with run_app(settings) as app:
        yield await a_village(database, app, settings)
    await database.close()
    await drop_database(server, name)

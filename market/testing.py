"""Test helpers for applications built on the market: a county, producers, products, buyers and a race.

The helpers call the market's public functions on a real PostgreSQL server and, for payments, a real HTTP server that
implements Stripe's API. They are not for use in a running service.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.publish import NewProduct, publish_product
from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import AdmissionStep, ProducerApplication, ProducerKind
from market.kernel import Connection, Database, Query, Refusal, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import embedded_server
from market.kernel.postgres.migrate import create_database
from market.kernel.seal import Seal, derive_seal
from market.people.identity.models import AccountId, Actor, Grant, Role
from market.sales.orders.models import VariantId
from market.service.startup import create_service_login, migrate_database
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe

__all__ = [
    "CountyFixture",
    "CountyNotFound",
    "SandboxPayments",
    "a_box",
    "a_county",
    "a_person",
    "a_producer",
    "race",
    "sandbox",
]

_SECRET = "a secret for tests, of 32 characters and more"
_POOL = 20
_VILLAGE_LEVEL = 5
_numbers = itertools.count(1)

ADD_ACCOUNT_WITH_PHONE = Query(
    UUID,
    """
    INSERT INTO accounts (name, phone_index, phone_sealed, sample, created_at)
    VALUES (:name, :phone_index, :phone_sealed, true, :now)
    RETURNING id
    """,
)
FIND_FIRST_VILLAGE = Query(
    str,
    """
    SELECT code FROM divisions
     WHERE county_code = :county_code AND level = :level
     ORDER BY code LIMIT 1
    """,
)


class CountyFixture(Struct, frozen=True):
    """A fresh market and the county that the helpers use; `now` is the time that they pass."""

    code: str
    village: str
    db: Database
    dsn: str
    seal: Seal
    now: datetime


class SandboxPayments(Struct, frozen=True):
    """Both sides of the sandbox: the market's gateway, and the provider, where a test pays as the buyer."""

    gateway: Stripe
    provider: Sandbox


class CountyNotFound(Refusal):
    """No county with villages has the code."""

    code = "no_county"
    status = 404
    zh = "没有 {county_code} 这个县。"
    en = "There is no county {county_code} with villages."


_current_county: ContextVar[CountyFixture] = ContextVar("county")


@asynccontextmanager
async def a_county(code: str = "130624", *, now: datetime | None = None) -> AsyncGenerator[CountyFixture]:
    """Yield an empty market on a temporary database server.

    `code` is the six digits of the producers' county. The helpers below act in the innermost open county.

    Raises:
        CountyNotFound: no county with villages has the code.
        EmbeddedServerError: the server does not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="xiangji-test-") as folder,
        embedded_server(Path(folder), fsync="off", synchronous_commit="off", full_page_writes="off") as server,
    ):
        await create_database(server.dsn("postgres"), "market")
        await migrate_database(server.dsn())
        await create_service_login(server)
        db = await open_database(server.service_dsn(), role=APP_ROLE, max_size=_POOL)
        try:
            async with db.connection() as conn:
                village = await FIND_FIRST_VILLAGE.maybe(conn, county_code=code, level=_VILLAGE_LEVEL)
            if village is None:
                raise CountyNotFound(county_code=code)
            county = CountyFixture(code, village, db, server.dsn(), derive_seal(_SECRET), now or datetime.now(UTC))
            token = _current_county.set(county)
            try:
                yield county
            finally:
                _current_county.reset(token)
        finally:
            await db.close()


@asynccontextmanager
async def sandbox() -> AsyncGenerator[SandboxPayments]:
    """Yield a payment provider that moves no money, and a gateway that calls it with the real `stripe` library."""
    async with (
        running() as provider,
        Stripe("sk_test_sample", provider.secret, base=provider.url) as gateway,
    ):
        yield SandboxPayments(gateway, provider)


async def a_person(name: str = "样例买家") -> Actor:
    """Create an account with a unique phone number."""
    county = _current_county.get()
    async with county.db.transaction() as conn:
        return await _create_person(conn, county, name)


async def _create_person(conn: Connection, county: CountyFixture, name: str, *grants: Grant) -> Actor:
    phone = f"139{next(_numbers):08d}"
    account_id = await ADD_ACCOUNT_WITH_PHONE.one(
        conn,
        name=name,
        phone_index=county.seal.index(phone),
        phone_sealed=county.seal.seal(phone, "accounts.phone"),
        now=county.now,
    )
    return Actor(AccountId(account_id), name, grants=grants, second_factor=True)


async def a_producer(name: str = "样例农户", *, produce: str = "大枣") -> Actor:
    """Admit a household of the county's first village through every step; return its owner."""
    county = _current_county.get()
    async with county.db.transaction() as conn:
        owner = await _create_person(conn, county, "样例农户")
        producer_id = await apply_producer(
            conn,
            county.seal,
            owner,
            ProducerApplication(kind=ProducerKind.HOUSEHOLD, name=name, village_code=county.village, produce=produce),
            now=county.now,
        )
        steps = (
            (AdmissionStep.CONFIRM, Role.VILLAGE),
            (AdmissionStep.RECOMMEND, Role.COUNTY),
            (AdmissionStep.APPROVE, Role.COUNTY),
        )
        for step, role in steps:
            scope = county.village if role is Role.VILLAGE else county.code
            official = await _create_person(conn, county, f"样例干部{step}", Grant(role, scope))
            await decide_producer(conn, county.seal, official, producer_id, step=step, now=county.now)
    return Actor(owner.account_id, owner.name, producers=(producer_id,), second_factor=True)


async def a_box(owner: Actor, *, stock: int = 50, price_fen: int = 45_00, title: str = "样例大枣 礼箱") -> VariantId:
    """Publish a product with `stock` boxes; return the variant to order."""
    county = _current_county.get()
    async with county.db.transaction() as conn:
        published = await publish_product(
            conn,
            owner,
            NewProduct(title=title, category="fruit", unit="箱", price_fen=price_fen, quantity=stock),
            now=county.now,
        )
    return VariantId(published.variant_id)


async def race(buyers: int, act: Callable[[AccountId], Awaitable[object]]) -> list[str]:
    """Call `act` concurrently for new buyers; return each outcome: the result's state, or the code of a refusal."""
    actors = [await a_person() for _ in range(buyers)]
    results = await asyncio.gather(*(act(each.account_id) for each in actors), return_exceptions=True)
    return [_get_outcome(result) for result in results]


def _get_outcome(result: object) -> str:
    if isinstance(result, Refusal):
        return result.code
    if isinstance(result, BaseException):
        raise result
    return str(getattr(result, "state", result))

"""For those who test what they build on the market: a county of its own, producers, goods, buyers and a rush.

Everything goes through the market's own functions on a real PostgreSQL and, where it is about money, a real server that
speaks Stripe's language. Nothing here belongs into a running service.
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

from market.catalogue import NewProduct, publish_product
from market.identity import AccountId, Actor, Grant, Role
from market.kernel import Connection, Database, Query, Refusal, open_database
from market.kernel.embedded import embedded_server
from market.kernel.migrate import create_database
from market.kernel.seal import Seal, seal_from_secret
from market.orders import VariantId
from market.producers import Application, ProducerKind, Step, apply_producer, decide_producer
from market.startup import APP_ROLE, migrate_database
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe

_SECRET = "a secret for tests, of 32 characters and more"  # noqa: S105 - seals nothing but samples
_POOL = 20
_LEVEL_OF_VILLAGES = 5
_numbers = itertools.count(1)

ADD_PERSON = Query(
    UUID,
    """
    INSERT INTO accounts (name, phone_index, phone_sealed, sample, created_at)
    VALUES (:name, :phone_index, :phone_sealed, true, :now)
    RETURNING id
    """,
)
FIRST_VILLAGE = Query(
    str,
    """
    SELECT code FROM divisions
     WHERE county_code = :county_code AND level = :level
     ORDER BY code LIMIT 1
    """,
)


class County(Struct, frozen=True):
    """A fresh market, with a county to act in; `now` is when things happen in it."""

    code: str
    village: str
    db: Database
    dsn: str
    seal: Seal
    now: datetime


class Rails(Struct, frozen=True):
    """The payment provider: our side of it, and the other, where a test pays as a buyer does."""

    gateway: Stripe
    provider: Sandbox


class NoCounty(Refusal):
    """The code is that of no county with villages."""

    code = "no_county"
    status = 404
    zh = "没有 {county_code} 这个县。"
    en = "There is no county {county_code} with villages."


_here: ContextVar[County] = ContextVar("county")


@asynccontextmanager
async def a_county(code: str = "130624", *, now: datetime | None = None) -> AsyncGenerator[County]:
    """Lend an empty market on a server of its own, started for it, and gone afterwards.

    `code` is the six digits of the county that producers are of; the functions below act in the county lent last.

    Raises:
        NoCounty: there is no such county.
        EmbeddedFailed: the server does not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="xiangji-test-") as folder,
        embedded_server(Path(folder), fsync="off", synchronous_commit="off", full_page_writes="off") as server,
    ):
        await create_database(server.dsn("postgres"), "market")
        await migrate_database(server.dsn())
        db = await open_database(server.dsn(), role=APP_ROLE, max_size=_POOL)
        try:
            async with db.connection() as conn:
                village = await FIRST_VILLAGE.maybe(conn, county_code=code, level=_LEVEL_OF_VILLAGES)
            if village is None:
                raise NoCounty(county_code=code)
            county = County(code, village, db, server.dsn(), seal_from_secret(_SECRET), now or datetime.now(UTC))
            lent = _here.set(county)
            try:
                yield county
            finally:
                _here.reset(lent)
        finally:
            await db.close()


@asynccontextmanager
async def sandbox() -> AsyncGenerator[Rails]:
    """Lend a payment provider that moves no money, and the real `stripe` library speaking to it."""
    async with (
        running() as provider,
        Stripe("sk_test_sample", provider.secret, base=provider.url) as gateway,
    ):
        yield Rails(gateway, provider)


async def a_person(name: str = "样例买家") -> Actor:
    """Open an account with a phone of its own."""
    county = _here.get()
    async with county.db.transaction() as conn:
        return await _person(conn, county, name)


async def _person(conn: Connection, county: County, name: str, *grants: Grant) -> Actor:
    phone = f"139{next(_numbers):08d}"
    account_id = await ADD_PERSON.one(
        conn,
        name=name,
        phone_index=county.seal.index(phone),
        phone_sealed=county.seal.seal(phone, "accounts.phone"),
        now=county.now,
    )
    return Actor(AccountId(account_id), name, grants=grants, second_factor=True)


async def a_producer(name: str = "样例农户", *, produce: str = "大枣") -> Actor:
    """Admit a household of the county's first village, by every step; return its owner, who works for it."""
    county = _here.get()
    async with county.db.transaction() as conn:
        owner = await _person(conn, county, "样例农户")
        producer_id = await apply_producer(
            conn,
            owner,
            Application(kind=ProducerKind.HOUSEHOLD, name=name, village_code=county.village, produce=produce),
            now=county.now,
        )
        steps = ((Step.CONFIRM, Role.VILLAGE), (Step.RECOMMEND, Role.COUNTY), (Step.APPROVE, Role.COUNTY))
        for step, role in steps:
            scope = county.village if role is Role.VILLAGE else county.code
            official = await _person(conn, county, "样例干部", Grant(role, scope))
            await decide_producer(conn, county.seal, official, producer_id, step=step, now=county.now)
    return Actor(owner.account_id, owner.name, producers=(producer_id,), second_factor=True)


async def a_box(owner: Actor, *, stock: int = 50, price_fen: int = 45_00, title: str = "样例大枣 礼箱") -> VariantId:
    """Put boxes up for sale, `stock` of them; return the variant that is ordered."""
    county = _here.get()
    async with county.db.transaction() as conn:
        published = await publish_product(
            conn,
            owner,
            NewProduct(title=title, category="fruit", unit="箱", price_fen=price_fen, quantity=stock),
            now=county.now,
        )
    return VariantId(published.variant_id)


async def race(buyers: int, act: Callable[[AccountId], Awaitable[object]]) -> list[str]:
    """Let so many new buyers act at once; return what came of each: the state of the answer, or a refusal's code."""
    people = [await a_person() for _ in range(buyers)]
    answers = await asyncio.gather(*(act(each.account_id) for each in people), return_exceptions=True)
    return [_word(answer) for answer in answers]


def _word(answer: object) -> str:
    if isinstance(answer, Refusal):
        return answer.code
    if isinstance(answer, BaseException):
        raise answer
    return str(getattr(answer, "state", answer))

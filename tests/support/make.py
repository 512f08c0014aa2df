"""Builders of rows for tests; each writes the smallest complete object in the caller's transaction.

Parameters default to plain values. Villages are of 阜平县: 革新庄 130624107221, 顾家台 130624101201.
"""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct
from pyotp.totp import TOTP

from market.catalogue.listings.search.text import build_search_columns
from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.kernel.seal import Seal, derive_seal
from market.people.identity.models import AccountId, Actor, Grant, Role
from market.sales.orders.address import Destination
from market.subsidies.identifiers import index_identifier
from tests.conftest import NOW
from tests.support.postgres import as_owner

VILLAGE = "130624107221"
OTHER_VILLAGE = "130624101201"
VILLAGE_OF_OTHER_COUNTY = "130725100201"
"""A village of 尚义县: another county, another prefecture."""

SEPTEMBER = date(2019, 9, 15)
"""A business day for lists."""
LONG_AGO = date(2012, 1, 1)
CANCEL_TIERS = ((False, 7, 10000), (False, 3, 5000), (False, 0, 0), (True, 15, 10000), (True, 7, 5000), (True, 0, 0))
SEAL = derive_seal("a secret of the tests, 32 characters and more")
"""Equal to the fixture `seal`."""

DESTINATION = Destination("130000", b"", b"")
"""The destination of orders in tests that do not check the address."""

_numbers = itertools.count(1)


def find_id_sql(value: str) -> str:
    """Return the SQL of the id of an imported number, SIM or device."""
    return f"(SELECT id FROM identifiers WHERE value_index = '\\x{index_identifier(SEAL, value).hex()}')"


class ProductIds(Struct, frozen=True):
    """The ids of a live product with one variant and one lot."""

    producer_id: UUID
    listing_id: UUID
    variant_id: UUID
    lot_id: UUID


NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
"""Officials are not told apart by digits."""


class StayIds(Struct, frozen=True):
    """The ids of a live stay: its rooms in order, and the variant with the base price."""

    producer_id: UUID
    listing_id: UUID
    variant_id: UUID
    room_ids: tuple[UUID, ...]


def make_phone() -> str:
    """Return a new mobile number."""
    return f"139{next(_numbers):08d}"


def compute_totp_code(secret: str, now: datetime) -> str:
    """Return the code that an authenticator app shows at `now`."""
    return TOTP(secret).at(now)


def days_since(start: date = LONG_AGO) -> "asyncpg.Range[date]":
    """Return the range of days from `start` on."""
    return asyncpg.Range(start, None)


async def make_account(
    conn: Connection,
    *,
    name: str = "样例买家",
    phone: str | None = None,
    handle: str | None = None,
    seal: Seal = SEAL,
    now: datetime = NOW,
) -> AccountId:
    """Insert an account with a new phone and no role."""
    phone = phone or make_phone()
    async with as_owner(conn):
        return AccountId(
            await conn.fetchval(
                "INSERT INTO accounts (handle, name, phone_index, phone_sealed, sample, created_at)"
                " VALUES ($1, $2, $3, $4, true, $5) RETURNING id",
                handle,
                name,
                seal.index(phone),
                seal.seal(phone, "accounts.phone"),
                now,
            )
        )


async def make_official(
    conn: Connection,
    role: Role | Sequence[Role],
    scope: str,
    *,
    name: str | None = None,
    phone: str | None = None,
    handle: str | None = None,
    start: date = LONG_AGO,
    until: date | None = None,
) -> AccountId:
    """Insert an account with one or several roles for a scope since `start`; without a name, with one of its own."""
    name = name or f"样例官{str(next(_numbers)).translate(NUMERALS)}"
    account_id = await make_account(conn, name=name, phone=phone, handle=handle)
    async with as_owner(conn):
        for each in [role] if isinstance(role, Role) else role:
            during = asyncpg.Range(start, until)
            await conn.execute("INSERT INTO grants VALUES ($1, $2, $3, $4)", account_id, each, scope, during)
    return account_id


async def make_operator_account(conn: Connection, operator: str, scope: str, *, start: date = LONG_AGO) -> AccountId:
    """Insert an account that sends an operator's files since `start`."""
    account_id = await make_account(conn, name=f"样例账单{str(next(_numbers)).translate(NUMERALS)}")
    async with as_owner(conn):
        await conn.execute(
            "INSERT INTO operator_grants VALUES ($1, $2, $3, $4)", account_id, operator, scope, days_since(start)
        )
    return account_id


async def load_actor(conn: Connection, account_id: UUID, *, second_factor: bool = True) -> Actor:
    """Load an account as an actor; by default its second factor is verified."""
    account = await conn.fetchrow("SELECT name, handle, elder FROM accounts WHERE id = $1", account_id)
    assert account is not None
    grants = await conn.fetch("SELECT role, scope FROM grants WHERE account_id = $1 ORDER BY role, scope", account_id)
    producers = await conn.fetch("SELECT producer_id FROM producer_members WHERE account_id = $1", account_id)
    return Actor(
        AccountId(account_id),
        account["name"],
        account["handle"],
        tuple(Grant(Role(row["role"]), row["scope"]) for row in grants),
        tuple(row["producer_id"] for row in producers),
        second_factor,
        account["elder"],
    )


async def make_producer(
    conn: Connection,
    *,
    village: str = VILLAGE,
    name: str = "样例枣园",
    kind: str = "household",
    produce: str = "大枣",
    owner: UUID | None = None,
    state: str = "open",
    now: datetime = NOW,
) -> UUID:
    """Insert a producer, open by default, with one owner (a new account unless given)."""
    owner = owner or await make_account(conn, name="样例农户")
    producer_id = await conn.fetchval(
        "INSERT INTO producers (kind, name, village_code, produce, state, applied_by, applied_at, opened_at, sample)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true) RETURNING id",
        kind,
        name,
        village,
        produce,
        state,
        owner,
        now,
        now if state in {"open", "suspended"} else None,
    )
    await conn.execute("INSERT INTO producer_members VALUES ($1, $2, 'owner', $3)", producer_id, owner, days_since())
    await conn.execute(
        "INSERT INTO producer_steps (producer_id, step, account_id, at) VALUES ($1, 'apply', $2, $3)",
        producer_id,
        owner,
        now,
    )
    return producer_id


async def load_owner(conn: Connection, producer_id: UUID) -> Actor:
    """Load the owner of a producer as an actor."""
    account_id = await conn.fetchval(
        "SELECT account_id FROM producer_members WHERE producer_id = $1 AND role = 'owner'", producer_id
    )
    return await load_actor(conn, account_id, second_factor=False)


async def add_member(conn: Connection, producer_id: UUID, name: str) -> Actor:
    """Add a member to a producer: a new account of that name."""
    account_id = await make_account(conn, name=name)
    await conn.execute(
        "INSERT INTO producer_members VALUES ($1, $2, 'member', $3)", producer_id, account_id, days_since()
    )
    return await load_actor(conn, account_id, second_factor=False)


async def make_certificate(
    conn: Connection,
    producer_id: UUID,
    kind: str,
    *,
    verified: bool = True,
    expires_on: date | None = None,
    now: datetime = NOW,
) -> UUID:
    """Insert a certificate of a producer, verified by default."""
    verifier = await make_official(conn, Role.COUNTY, "130624") if verified else None
    return await conn.fetchval(
        "INSERT INTO certificates (producer_id, kind, number_index, number_sealed, issuer, expires_on, verified_at,"
        " verified_by) VALUES ($1, $2, $6, $7, '样例机关', $3, $4, $5) RETURNING id",
        producer_id,
        kind,
        expires_on,
        now if verified else None,
        verifier,
        SEAL.index("样例-1"),
        SEAL.seal("样例-1", "certificates.number"),
    )


async def make_contact(conn: Connection, division_code: str, name: str, *, phone: str = "03120000001") -> UUID:
    """Make the contact of a division, who answers by day."""
    return await conn.fetchval(
        "INSERT INTO contacts (division_code, name, phone, hours) VALUES ($1, $2, $3, '白天') RETURNING id",
        division_code, name, phone,
    )  # fmt: skip


async def make_freight_template(
    conn: Connection,
    producer_id: UUID,
    *,
    first_g: int = 1000,
    first_fen: int = 8_00,
    next_g: int = 1000,
    next_fen: int = 3_00,
    free_above_fen: int | None = None,
    no_ship: Sequence[str] = (),
    cold_fen: int = 0,
    no_cold: Sequence[str] = (),
    remote_fen: int = 0,
    remote: Sequence[str] = (),
) -> UUID:
    """Insert a freight template of a producer."""
    return await conn.fetchval(
        "INSERT INTO freight_templates (producer_id, first_g, first_fen, next_g, next_fen, free_above_fen, no_ship,"
        " cold_fen, no_cold, remote_fen, remote) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        producer_id,
        first_g,
        first_fen,
        next_g,
        next_fen,
        free_above_fen,
        list(no_ship),
        cold_fen,
        list(no_cold),
        remote_fen,
        list(remote),
    )


async def make_lot(
    conn: Connection, producer_id: UUID, *, left: int = 50, unit: str = "箱", label: str = "样例"
) -> UUID:
    """Insert a lot with `left` available units."""
    return await conn.fetchval(
        "INSERT INTO lots (producer_id, label, unit, available_units) VALUES ($1, $2, $3, $4) RETURNING id",
        producer_id,
        label,
        unit,
        left,
    )


async def _make_listing(
    conn: Connection,
    producer_id: UUID,
    *,
    kind: str,
    category: str,
    title: str,
    months: Sequence[int],
    bp: int,
    state: str,
    now: datetime,
) -> UUID:
    place = await conn.fetchrow(
        "SELECT d.name AS county, c.name AS category, p.name AS producer, p.village_code,"
        "       ARRAY(SELECT name FROM divisions WHERE code IN (rpad(left(p.village_code, 4), 12, '0'),"
        "             rpad(left(p.village_code, 9), 12, '0'), p.village_code) ORDER BY level) AS division_names"
        "  FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0'), categories c"
        " WHERE p.id = $1 AND c.code = $2",
        producer_id,
        category,
    )
    assert place is not None
    columns = build_search_columns(
        title,
        county=place["county"],
        category=place["category"],
        producer=place["producer"],
        division_names=place["division_names"],
    )
    return await conn.fetchval(
        "INSERT INTO listings (producer_id, kind, category_code, title, origin_code, harvest_months, commission_bp,"
        " state, search_text, search_words, search_pinyin, published_at, sample)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, array_to_tsvector($10::text[]), $11, $12, true) RETURNING id",
        producer_id,
        kind,
        category,
        title,
        place["village_code"],
        list(months),
        bp,
        state,
        columns.search_text,
        columns.search_words,
        columns.search_pinyin,
        now,
    )


async def make_product(
    conn: Connection,
    producer_id: UUID | None = None,
    *,
    title: str = "阜平大枣 礼箱",
    category: str = "fruit",
    unit: str = "箱",
    price_fen: int = 45_00,
    left: int = 50,
    net_g: int | None = 2500,
    gross_g: int = 2800,
    lot_units_per_item: int = 1,
    lot_id: UUID | None = None,
    months: Sequence[int] = (),
    commission_bp: int = 200,
    ceiling_bp: int | None = None,
    state: str = "live",
    now: datetime = NOW,
) -> ProductIds:
    """Insert a live product of an open producer (a new one unless given); a given lot is shared unchanged."""
    producer_id = producer_id or await make_producer(conn)
    lot_id = lot_id or await make_lot(conn, producer_id, left=left, unit=unit, label=title)
    listing_id = await _make_listing(
        conn, producer_id, kind="product", category=category, title=title, months=months, bp=commission_bp,
        state=state, now=now,
    )  # fmt: skip
    variant_id = await conn.fetchval(
        "INSERT INTO variants (listing_id, unit, price_fen, net_g, gross_g, lot_id, lot_units_per_item, ceiling_bp)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        listing_id,
        unit,
        price_fen,
        net_g,
        gross_g,
        lot_id,
        lot_units_per_item,
        ceiling_bp,
    )
    return ProductIds(producer_id, listing_id, variant_id, lot_id)


class ActivityIds(Struct, frozen=True):
    """The ids of a live activity with one variant, and of its slots in order."""

    producer_id: UUID
    listing_id: UUID
    variant_id: UUID
    slot_ids: tuple[UUID, ...]


async def make_slot(
    conn: Connection,
    listing_id: UUID,
    day: date,
    *,
    starts: int = 8,
    hours: int = 4,
    places: int = 20,
    minimum: int = 1,
) -> UUID:
    """Insert an open slot of an activity on a day, from an hour of Shanghai on."""
    start = datetime(day.year, day.month, day.day, starts, tzinfo=SHANGHAI)
    return await conn.fetchval(
        "INSERT INTO slots (listing_id, during, capacity, minimum, free) VALUES ($1, $2, $3, $4, $3) RETURNING id",
        listing_id, asyncpg.Range(start, start + timedelta(hours=hours)), places, minimum,
    )  # fmt: skip


async def make_activity(
    conn: Connection,
    producer_id: UUID | None = None,
    *,
    title: str = "革新庄采摘 上午场",
    price_fen: int = 30_00,
    days: Sequence[date] = (date(2019, 9, 21),),
    places: int = 20,
    tiers: Sequence[tuple[bool, int, int]] = (),
    commission_bp: int = 300,
    state: str = "live",
    now: datetime = NOW,
) -> ActivityIds:
    """Insert a live activity with a slot on each of `days`, from 8 to 12 o'clock; `tiers` as in `make_stay`."""
    producer_id = producer_id or await make_producer(conn)
    listing_id = await _make_listing(
        conn, producer_id, kind="activity", category="picking", title=title, months=(), bp=commission_bp, state=state,
        now=now,
    )  # fmt: skip
    variant_id = await conn.fetchval(
        "INSERT INTO variants (listing_id, unit, price_fen) VALUES ($1, '人', $2) RETURNING id", listing_id, price_fen
    )
    await conn.executemany("INSERT INTO cancel_tiers VALUES ($1, $2, $3, $4)", [(listing_id, *tier) for tier in tiers])
    slot_ids = [await make_slot(conn, listing_id, day, places=places) for day in days]
    return ActivityIds(producer_id, listing_id, variant_id, tuple(slot_ids))


async def make_stay(
    conn: Connection,
    producer_id: UUID | None = None,
    *,
    title: str = "农家院客房",
    price_fen: int = 280_00,
    rooms: int = 2,
    seasons: Sequence[tuple[date, date, int]] = (),
    tiers: Sequence[tuple[bool, int, int]] = CANCEL_TIERS,
    commission_bp: int = 300,
    now: datetime = NOW,
) -> StayIds:
    """Insert a live stay with its rooms.

    `seasons` are (first night, day after the last, price); `tiers` are (holiday, days before, refund in basis points).
    """
    producer_id = producer_id or await make_producer(conn, kind="homestay", name="样例农家院", village=OTHER_VILLAGE)
    listing_id = await _make_listing(
        conn, producer_id, kind="stay", category="stay", title=title, months=(), bp=commission_bp, state="live",
        now=now,
    )  # fmt: skip
    variant_id = await conn.fetchval(
        "INSERT INTO variants (listing_id, unit, price_fen) VALUES ($1, '间/晚', $2) RETURNING id",
        listing_id,
        price_fen,
    )
    room_ids = [
        await conn.fetchval(
            "INSERT INTO rooms (listing_id, position, name) VALUES ($1, $2, $3) RETURNING id",
            listing_id,
            position,
            f"{position} 号房",
        )
        for position in range(1, rooms + 1)
    ]
    for start, end, price in seasons:
        await conn.execute("INSERT INTO night_prices VALUES ($1, $2, $3)", listing_id, asyncpg.Range(start, end), price)
    await conn.executemany("INSERT INTO cancel_tiers VALUES ($1, $2, $3, $4)", [(listing_id, *tier) for tier in tiers])
    return StayIds(producer_id, listing_id, variant_id, tuple(room_ids))


async def make_public_buyer(
    conn: Connection, account_id: UUID, credit_code: str, *, by: UUID, ends_on: date, now: datetime = NOW
) -> None:
    """Let an account buy for a verified public unit, a new one with this code."""
    unit = await conn.fetchval(
        "INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,"
        " verified_at) VALUES ('public_unit', '样例小学', $1, '130624', $2, $4, $3, $4) RETURNING id",
        credit_code, account_id, by, now,
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO public_buyers (account_id, organisation_id, ends_on, verified_by, verified_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        account_id, unit, ends_on, by, now,
    )  # fmt: skip

"""Rows as they are copied: a Struct is named after its table, its fields are the columns."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from market.kernel import Connection

type Days = "asyncpg.Range[date]"


class CopiedRow(Struct, frozen=True, gc=False):
    """A row of the table that the class names."""

    table: ClassVar[str]
    schema: ClassVar[str | None] = None


async def copy_rows(conn: Connection, rows: Sequence[CopiedRow]) -> None:
    """Copy rows of one table, in the caller's transaction; none is no work."""
    if not rows:
        return
    kind = type(rows[0])
    await conn.copy_records_to_table(
        kind.table,
        schema_name=kind.schema,
        columns=list(kind.__struct_fields__),
        records=map(msgspec.structs.astuple, rows),
    )


class Account(CopiedRow, frozen=True, kw_only=True):
    """A person who can sign in."""

    table = "accounts"
    id: UUID
    handle: str | None = None
    name: str
    phone_index: bytes
    phone_sealed: bytes
    totp_sealed: bytes | None = None
    elder: bool = False
    sample: bool = True
    created_at: datetime


class GrantOf(CopiedRow, frozen=True):
    """A role that an account holds for a place."""

    table = "grants"
    account_id: UUID
    role: str
    scope: str
    valid_during: Days


class Photo(CopiedRow, frozen=True):
    """A picture in the store."""

    table = "photos"
    id: UUID
    owner_id: UUID
    purpose: str
    sha256: bytes
    width: int
    height: int
    kind: str
    created_at: datetime


class Producer(CopiedRow, frozen=True):
    """Who sells."""

    table = "producers"
    id: UUID
    number: int
    kind: str
    name: str
    village_code: str
    produce: str
    story: str
    state: str
    applied_by: UUID
    applied_at: datetime
    opened_at: datetime | None
    self_grown: bool
    sample: bool


class Member(CopiedRow, frozen=True):
    """Who works for a producer."""

    table = "producer_members"
    producer_id: UUID
    account_id: UUID
    role: str
    valid_during: Days


class Step(CopiedRow, frozen=True):
    """A step of a producer's admission."""

    table = "producer_steps"
    producer_id: UUID
    step: str
    account_id: UUID
    at: datetime
    id: UUID


class Certificate(CopiedRow, frozen=True):
    """A paper of a producer, looked at by an official."""

    table = "certificates"
    id: UUID
    producer_id: UUID
    kind: str
    number: str
    issuer: str
    expires_on: date | None
    verified_at: datetime | None
    verified_by: UUID | None


class Freight(CopiedRow, frozen=True):
    """How a producer charges for freight."""

    table = "freight_templates"
    id: UUID
    producer_id: UUID
    first_g: int
    first_fen: int
    next_g: int
    next_fen: int
    free_above_fen: int | None
    no_ship: list[str]


class Lot(CopiedRow, frozen=True):
    """What is left of goods, or of the places of an activity."""

    table = "lots"
    id: UUID
    producer_id: UUID
    label: str
    unit: str
    left_units: int
    waiting_units: int
    sold_units: int


class Variant(CopiedRow, frozen=True):
    """A size in which a listing is sold."""

    table = "variants"
    id: UUID
    listing_id: UUID
    position: int
    label: str
    unit: str
    price_fen: int
    net_g: int | None
    pieces: int | None
    gross_g: int
    lot_id: UUID | None
    takes: int


class StockMove(CopiedRow, frozen=True):
    """A delta of a lot."""

    table = "stock_moves"
    lot_id: UUID
    reason: str
    reference: str
    units: int
    at: datetime


class Room(CopiedRow, frozen=True):
    """A room of a stay."""

    table = "rooms"
    id: UUID
    listing_id: UUID
    position: int
    name: str


class NightPrice(CopiedRow, frozen=True):
    """Nights that cost other than the base price."""

    table = "night_prices"
    listing_id: UUID
    valid_during: Days
    price_fen: int


class CancelTier(CopiedRow, frozen=True):
    """What a guest who cancels so many days before gets back."""

    table = "cancel_tiers"
    listing_id: UUID
    holiday: bool
    days_before: int
    refund_bp: int


class TakenNights(CopiedRow, frozen=True):
    """Nights of a room that are a guest's, or closed."""

    table = "taken_nights"
    room_id: UUID
    nights: Days
    booking_id: UUID | None

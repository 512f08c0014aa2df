"""COPY rows: `table` names the table, the fields are its columns."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from market.kernel import Connection

type DateRange = "asyncpg.Range[date]"


class CopyRow(Struct, frozen=True, gc=False):
    """A row of `table`, for COPY."""

    table: ClassVar[str]
    schema: ClassVar[str | None] = None


async def copy_rows(conn: Connection, rows: Sequence[CopyRow]) -> None:
    """Copy rows of one table, in the caller's transaction; an empty list does nothing."""
    if not rows:
        return
    kind = type(rows[0])
    await conn.copy_records_to_table(
        kind.table,
        schema_name=kind.schema,
        columns=list(kind.__struct_fields__),
        records=map(msgspec.structs.astuple, rows),
    )


class AccountCopyRow(CopyRow, frozen=True, kw_only=True):
    """A person who can sign in."""

    table = "accounts"
    id: UUID
    handle: str | None = None
    name: str
    phone_index: bytes
    phone_sealed: bytes
    totp_sealed: bytes | None = None
    identity_index: bytes | None = None
    identity_sealed: bytes | None = None
    elder: bool = False
    sample: bool = True
    created_at: datetime


class GrantCopyRow(CopyRow, frozen=True):
    """A role of an account for a division."""

    table = "grants"
    account_id: UUID
    role: str
    scope: str
    valid_during: DateRange


class OperatorGrantCopyRow(CopyRow, frozen=True):
    """The operator whose files an account sends for a division."""

    table = "operator_grants"
    account_id: UUID
    operator: str
    scope: str
    valid_during: DateRange


class PhotoCopyRow(CopyRow, frozen=True):
    """An image in the file store."""

    table = "photos"
    id: UUID
    owner_id: UUID
    purpose: str
    sha256: bytes
    width: int
    height: int
    kind: str
    created_at: datetime


class ProducerCopyRow(CopyRow, frozen=True):
    """A producer."""

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


class MemberCopyRow(CopyRow, frozen=True):
    """A member of a producer."""

    table = "producer_members"
    producer_id: UUID
    account_id: UUID
    role: str
    valid_during: DateRange


class StepCopyRow(CopyRow, frozen=True):
    """A step of a producer's admission."""

    table = "producer_steps"
    producer_id: UUID
    step: str
    account_id: UUID
    at: datetime
    id: UUID


class CertificateCopyRow(CopyRow, frozen=True):
    """A producer's certificate, verified by an official."""

    table = "certificates"
    id: UUID
    producer_id: UUID
    kind: str
    number_index: bytes
    number_sealed: bytes
    issuer: str
    expires_on: date | None
    verified_at: datetime | None
    verified_by: UUID | None


class FreightCopyRow(CopyRow, frozen=True, kw_only=True):
    """A producer's freight charges."""

    table = "freight_templates"
    id: UUID
    producer_id: UUID
    first_g: int
    first_fen: int
    next_g: int
    next_fen: int
    free_above_fen: int | None
    no_ship: list[str]
    cold_fen: int
    no_cold: list[str]
    remote_fen: int
    remote: list[str]


class LotCopyRow(CopyRow, frozen=True):
    """The stock of goods."""

    table = "lots"
    id: UUID
    producer_id: UUID
    label: str
    unit: str
    available_units: int
    reserved_units: int
    sold_units: int


class VariantCopyRow(CopyRow, frozen=True):
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
    lot_units_per_item: int


class StockMoveCopyRow(CopyRow, frozen=True):
    """A change of a lot's remaining units."""

    table = "stock_moves"
    lot_id: UUID
    reason: str
    reference: str
    units: int
    at: datetime


class RoomCopyRow(CopyRow, frozen=True):
    """A room of a stay."""

    table = "rooms"
    id: UUID
    listing_id: UUID
    position: int
    name: str


class NightRuleCopyRow(CopyRow, frozen=True):
    """What weekends or holidays cost in a stay, and how many nights a guest stays at least."""

    table = "night_rules"
    listing_id: UUID
    applies: str
    holiday: str
    price_fen: int | None
    min_nights: int | None


class CancelTierCopyRow(CopyRow, frozen=True):
    """The share refunded to a guest who cancels this many days before arrival."""

    table = "cancel_tiers"
    listing_id: UUID
    holiday: bool
    days_before: int
    refund_bp: int


class TakenNightsCopyRow(CopyRow, frozen=True):
    """Nights of a room that are booked, or closed (no booking)."""

    table = "taken_nights"
    room_id: UUID
    nights: DateRange
    booking_id: UUID | None

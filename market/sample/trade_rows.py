"""Rows of orders, bookings, reviews and payments, as they are copied."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.sample.rows import CopiedRow, Days


class Order(CopiedRow, frozen=True, kw_only=True):
    """An order with the number that people and the ledger know it by."""

    table = "orders"
    id: UUID
    number: int
    buyer_id: UUID
    key: str
    fingerprint: bytes
    state: str
    region_code: str
    address_sealed: bytes
    goods_fen: int
    freight_fen: int
    total_fen: int
    rail: str | None
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    closed_at: datetime | None


class Suborder(CopiedRow, frozen=True, kw_only=True):
    """One producer's share of an order."""

    table = "suborders"
    id: UUID
    order_id: UUID
    position: int
    producer_id: UUID
    kind: str
    state: str
    goods_fen: int
    freight_fen: int
    refunded_fen: int
    commission_bp: int
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    closed_at: datetime | None
    released_at: datetime | None
    payable_fen: int | None
    commission_fen: int | None


class OrderLine(CopiedRow, frozen=True, kw_only=True):
    """One thing of a suborder."""

    table = "order_lines"
    id: UUID
    suborder_id: UUID
    position: int
    listing_id: UUID
    variant_id: UUID
    title: str
    unit: str
    quantity: int
    price_fen: int
    amount_fen: int
    lot_id: UUID | None
    units: int
    refunded_fen: int


class Booking(CopiedRow, frozen=True, kw_only=True):
    """One room taken for some nights."""

    table = "bookings"
    id: UUID
    suborder_id: UUID
    line_id: UUID
    listing_id: UUID
    room_id: UUID
    nights: Days
    amount_fen: int
    state: str
    code_hash: bytes | None
    code_sealed: bytes | None
    arrived_at: datetime | None


class BookedNight(CopiedRow, frozen=True):
    """What a night of a booking cost."""

    table = "booked_nights"
    booking_id: UUID
    night: date
    price_fen: int


class SuborderEvent(CopiedRow, frozen=True):
    """A move of a suborder."""

    table = "suborder_events"
    id: UUID
    suborder_id: UUID
    state: str
    actor: str
    at: datetime


class LineRefund(CopiedRow, frozen=True):
    """What of a line went back."""

    table = "line_refunds"
    id: UUID
    line_id: UUID
    key: str
    amount_fen: int
    reason: str
    asked_by: UUID
    at: datetime


class Review(CopiedRow, frozen=True):
    """What a buyer wrote about what they bought."""

    table = "reviews"
    id: UUID
    suborder_id: UUID
    listing_id: UUID
    account_id: UUID
    rating: int
    text: str
    answer: str | None
    at: datetime


class Payment(CopiedRow, frozen=True, kw_only=True):
    """Money that came in for an order."""

    table = "payments"
    schema = "payments"
    id: UUID
    order_ref: str
    purpose: str
    method: str
    provider_ref: str
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    state: str
    opened_at: datetime
    expires_at: datetime
    captured_at: datetime


class PaymentPart(CopiedRow, frozen=True):
    """A suborder's share of a payment."""

    table = "parts"
    schema = "payments"
    payment_id: UUID
    seq: int
    name: str
    minor: int


class Refund(CopiedRow, frozen=True, kw_only=True):
    """Money that went back to a buyer."""

    table = "refunds"
    schema = "payments"
    id: UUID
    payment_id: UUID
    key: str
    kind: str
    amount_minor: int
    state: str
    provider_ref: str
    requested_at: datetime
    settled_at: datetime


class Fact(Struct, frozen=True, kw_only=True):
    """A transaction of the ledger before it is posted, by the ledger's own function."""

    n: int
    key: str
    kind: str
    order_ref: str
    at: datetime
    codes: list[str]
    amounts: list[int]

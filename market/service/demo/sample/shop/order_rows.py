"""COPY rows of orders, bookings, reviews and payments."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.service.demo.sample.copy_rows import CopyRow, DateRange


class OrderCopyRow(CopyRow, frozen=True, kw_only=True):
    """An order; `number` is shown to people and names the order in the ledger."""

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
    items: int
    lot_units: int
    method: str | None
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    closed_at: datetime | None


class SuborderCopyRow(CopyRow, frozen=True, kw_only=True):
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


class OrderLineCopyRow(CopyRow, frozen=True, kw_only=True):
    """A line of a suborder."""

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


class BookingCopyRow(CopyRow, frozen=True, kw_only=True):
    """A room booked for some nights."""

    table = "bookings"
    id: UUID
    suborder_id: UUID
    line_id: UUID
    listing_id: UUID
    room_id: UUID
    nights: DateRange
    amount_fen: int
    state: str
    code_hash: bytes | None
    code_sealed: bytes | None
    arrived_at: datetime | None


class BookedNightCopyRow(CopyRow, frozen=True):
    """The price of one night of a booking."""

    table = "booked_nights"
    booking_id: UUID
    night: date
    price_fen: int


class SuborderEventCopyRow(CopyRow, frozen=True):
    """A state transition of a suborder."""

    table = "suborder_events"
    suborder_id: UUID
    state: str
    actor: str
    at: datetime


class LineRefundCopyRow(CopyRow, frozen=True):
    """A refund of a line."""

    table = "line_refunds"
    id: UUID
    line_id: UUID
    key: str
    amount_fen: int
    reason: str
    requested_by: UUID
    at: datetime


class ReviewCopyRow(CopyRow, frozen=True):
    """A buyer's review of a listing."""

    table = "reviews"
    id: UUID
    suborder_id: UUID
    listing_id: UUID
    account_id: UUID
    rating: int
    text: str
    answer: str | None
    answered_at: datetime | None
    at: datetime


class PaymentCopyRow(CopyRow, frozen=True, kw_only=True):
    """A captured payment of an order."""

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


class PaymentPartCopyRow(CopyRow, frozen=True):
    """A suborder's share of a payment."""

    table = "parts"
    schema = "payments"
    payment_id: UUID
    seq: int
    name: str
    minor: int


class RefundCopyRow(CopyRow, frozen=True, kw_only=True):
    """A refund of a payment."""

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
    succeeded_at: datetime


class LedgerFact(Struct, frozen=True, kw_only=True):
    """A ledger transaction that `payments.post` is to post; codes and amounts are its legs."""

    n: int
    key: str
    kind: str
    order_ref: str
    at: datetime
    codes: list[str]
    amounts: list[int]

"""The rows that sample orders produce, and their sums by lot and by listing."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.sales.orders.checkout.pricing import DraftSuborder
from market.sales.orders.escrow import SuborderShare, compute_share
from market.sales.orders.models import SuborderState
from market.service.demo.sample.copy_rows import StockMoveCopyRow, TakenNightsCopyRow
from market.service.demo.sample.shop.order_rows import (
    BookedNightCopyRow,
    BookingCopyRow,
    LedgerFact,
    LineRefundCopyRow,
    OrderCopyRow,
    OrderLineCopyRow,
    PaymentCopyRow,
    PaymentPartCopyRow,
    RefundCopyRow,
    SuborderCopyRow,
    SuborderEventCopyRow,
)


class LotTally(Struct):
    """The units of a lot in orders."""

    reserved: int = 0
    sold: int = 0


class OrderRecords(Struct):
    """Every row of the orders; `lots` and `sold` are sums by lot and by listing."""

    orders: list[OrderCopyRow] = []
    suborders: list[SuborderCopyRow] = []
    lines: list[OrderLineCopyRow] = []
    bookings: list[BookingCopyRow] = []
    booked_nights: list[BookedNightCopyRow] = []
    taken_nights: list[TakenNightsCopyRow] = []
    events: list[SuborderEventCopyRow] = []
    line_refunds: list[LineRefundCopyRow] = []
    payments: list[PaymentCopyRow] = []
    parts: list[PaymentPartCopyRow] = []
    refunds: list[RefundCopyRow] = []
    moves: list[StockMoveCopyRow] = []
    facts: list[LedgerFact] = []
    lots: dict[UUID, LotTally] = {}
    sold: dict[UUID, int] = {}


class SampleSuborder(Struct):
    """A suborder with its state and the times of its transitions."""

    id: UUID
    position: int
    draft: DraftSuborder
    state: SuborderState
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    refunded_at: datetime | None = None

    @property
    def total_fen(self) -> int:
        """Goods and freight."""
        return self.draft.goods_fen + self.draft.freight_fen

    @property
    def share(self) -> SuborderShare:
        """The shares of producer and platform on release."""
        return compute_share(
            goods_left_fen=self.draft.goods_fen,
            freight_fen=self.draft.freight_fen,
            commission_bp=self.draft.commission_bp,
        )

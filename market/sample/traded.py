"""What orders came to: their rows, and sums by lot and by listing."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import rate_down
from market.orders.models import SuborderState
from market.orders.rules import DraftSuborder
from market.sample.rows import StockMove, TakenNights
from market.sample.trade_rows import (
    BookedNight,
    Booking,
    Fact,
    LineRefund,
    Order,
    OrderLine,
    Payment,
    PaymentPart,
    Refund,
    Suborder,
    SuborderEvent,
)


class Tally(Struct):
    """What orders took of a lot."""

    left: int = 0
    waiting: int = 0
    sold: int = 0


class Traded(Struct):
    """Every row that the orders made; sums by lot and by listing beside them."""

    orders: list[Order] = []
    suborders: list[Suborder] = []
    lines: list[OrderLine] = []
    bookings: list[Booking] = []
    booked_nights: list[BookedNight] = []
    taken_nights: list[TakenNights] = []
    events: list[SuborderEvent] = []
    line_refunds: list[LineRefund] = []
    payments: list[Payment] = []
    parts: list[PaymentPart] = []
    refunds: list[Refund] = []
    moves: list[StockMove] = []
    facts: list[Fact] = []
    lots: dict[UUID, Tally] = {}
    sold: dict[UUID, int] = {}


class Share(Struct):
    """A suborder on its way: its state, and the moments of it."""

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
    def commission_fen(self) -> int:
        """What the platform keeps of the goods, rounded down: the producer gains."""
        return rate_down(self.draft.goods_fen, self.draft.commission_bp)

"""After the sale: shipping, arrival, receipt, refunds, reviews, and what a producer is owed."""

from market.aftersales.check_in import CheckedIn, Guest, check_in_guest, guests_of
from market.aftersales.models import (
    OWN_DELIVERY,
    AlreadyReviewed,
    CodeUsed,
    CodeWrong,
    NotReceivable,
    NotReceivedYet,
    NotRefundable,
    NotShippable,
    NotSleptYet,
    NotTheDay,
    OtherRefundUnderKey,
    RefundWrong,
    ReviewWrong,
    TooLateToRefund,
    TrackingWrong,
    Why,
)
from market.aftersales.queue import Parcel, QueueLine, count_to_ship, parcels_of
from market.aftersales.receive import Received, confirm_overdue, confirm_receipt
from market.aftersales.refund import LineRefund, refund_line
from market.aftersales.review import Review, write_review
from market.aftersales.ship import ship_suborder
from market.aftersales.statement import Share, Statement, StatementLine, due_of, get_share, get_statement

__all__ = [
    "OWN_DELIVERY",
    "AlreadyReviewed",
    "CheckedIn",
    "CodeUsed",
    "CodeWrong",
    "Guest",
    "LineRefund",
    "NotReceivable",
    "NotReceivedYet",
    "NotRefundable",
    "NotShippable",
    "NotSleptYet",
    "NotTheDay",
    "OtherRefundUnderKey",
    "Parcel",
    "QueueLine",
    "Received",
    "RefundWrong",
    "Review",
    "ReviewWrong",
    "Share",
    "Statement",
    "StatementLine",
    "TooLateToRefund",
    "TrackingWrong",
    "Why",
    "check_in_guest",
    "confirm_overdue",
    "confirm_receipt",
    "count_to_ship",
    "due_of",
    "get_share",
    "get_statement",
    "guests_of",
    "parcels_of",
    "refund_line",
    "ship_suborder",
    "write_review",
]

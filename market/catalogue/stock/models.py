"""Lots, stock moves, and their refusals."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct, field

from market.kernel import Refusal

LotId = NewType("LotId", UUID)

MAX_UNITS = 1_000_000_000
"""The maximum number of units of a lot, and of one change."""


class StockMoveReason(StrEnum):
    """Why the units of a lot changed, other than by an order."""

    COUNT = "count"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"


class Lot(Struct, frozen=True, kw_only=True):
    """The units of a lot: available for sale, reserved by unpaid orders, and sold.

    The API keeps the field names `left_units` and `waiting_units`.
    """

    id: LotId
    producer_id: UUID
    label: str
    unit: str
    available_units: int = field(name="left_units")
    reserved_units: int = field(name="waiting_units")
    sold_units: int


class InvalidStockChange(Refusal):
    """The change is zero, or larger than a lot can be."""

    code = "nothing_to_count"
    status = 422
    zh = "数量变化要在 1 到 1,000,000,000 之间，可正可负。"
    en = "Change the stock by 1 to 1,000,000,000 units, up or down."


class StockTooLow(Refusal):
    """The change removes more units than are available; reserved units do not count."""

    code = "less_than_nothing"
    zh = "可售只剩 {left} {unit}，不能再减 {removed}。"
    en = "Only {left} {unit} are available; {removed} cannot be removed."

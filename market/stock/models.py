"""Lots, and the answers that say no about them."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal

LotId = NewType("LotId", UUID)

MOST_UNITS = 1_000_000_000
"""The most units that a lot holds or a count moves."""


class Reason(StrEnum):
    """Why a lot's units moved, other than by being ordered."""

    COUNT = "count"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"


class Lot(Struct, frozen=True):
    """What is left of a lot: for sale now, in orders that wait for payment, and sold."""

    id: LotId
    producer_id: UUID
    label: str
    unit: str
    left_units: int
    waiting_units: int
    sold_units: int


class NothingToCount(Refusal):
    """A count that changes nothing, or more than anyone holds."""

    code = "nothing_to_count"
    status = 422
    zh = "数量变化要在 1 到 1,000,000,000 之间，可正可负。"
    en = "A count changes the stock by 1 to 1,000,000,000 units, up or down."


class LessThanNothing(Refusal):
    """The count takes away more than can still be sold; what is in orders stays theirs."""

    code = "less_than_nothing"
    zh = "可售只剩 {left} {unit}，不能再减 {taken}。"
    en = "Only {left} {unit} can still be sold; {taken} cannot be taken away."

"""Pickups: their states, and refusals about them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal
from market.sales.pickup_points.models import PickupPoint


class PickupState(StrEnum):
    """Where a pickup is: nobody has collected a `returned` one in time."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    COLLECTED = "collected"
    RETURNED = "returned"


class Pickup(Struct, frozen=True, kw_only=True):
    """A parcel to pick up, as its buyer sees it; the code exists from the arrival to the pickup.

    It is kept at the point until the end of `until`.
    """

    suborder_id: UUID
    point: PickupPoint
    state: PickupState
    arrived_at: datetime | None
    until: date | None
    code: str | None


class PointParcel(Struct, frozen=True, kw_only=True):
    """A parcel as the keeper of its point sees it: no address, and no code."""

    suborder_id: UUID
    parcel_code: str
    point: str
    seller: str
    recipient: str
    contents: list[str]
    state: PickupState
    arrived_at: datetime | None
    until: date | None


class PickupNotExpected(Refusal):
    """The parcel is not on its way to the point: cancelled, received, or not paid."""

    code = "pickup_not_expected"
    zh = "这一单不用收：取消了，或者已经取走了。"
    en = "The parcel is not expected: it was cancelled or received."


class PickupCodeInvalid(Refusal):
    """No parcel that waits at a point of the keeper has the code."""

    code = "pickup_code_invalid"
    status = 422
    zh = "码不对，请买家再看一下。"
    en = "No parcel at your points has this code."


class PickupCodeUsed(Refusal):
    """The parcel was already collected."""

    code = "pickup_code_used"
    zh = "这个码已经用过了，东西取走了。"
    en = "This code was already used."

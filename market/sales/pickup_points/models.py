"""Pickup points, and refusals about them."""

from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal

PickupPointId = NewType("PickupPointId", UUID)
PICKUP_FIELD = "pickup_point_id"


class PickupPoint(Struct, frozen=True, kw_only=True):
    """A point where buyers pick parcels up; a closed one takes no new orders and hands over what is expected."""

    id: PickupPointId
    county_code: str
    name: str
    address: str
    phone: str
    hours: str
    open: bool


class NewPickupPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point to register: in a division of the county, with the phone of the account that keeps it."""

    division_code: str
    name: str
    address: str
    phone: str
    hours: str
    keeper_phone: str


class PickupPointInvalid(Refusal):
    """Fields of the point are missing or invalid; `errors` lists them."""

    code = "pickup_point_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class PickupPointUnavailable(Refusal):
    """There is no such point, it is closed, or it is in another county than goods of the order."""

    code = "pickup_point_unavailable"
    zh = "这个自提点现在不能选：关了，或者有的东西不是这个县的。请另选，或者送到家。"
    en = "The pickup point cannot be chosen: it is closed, or some goods are of another county."

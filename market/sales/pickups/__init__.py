"""Parcels that are picked up: their arrival at the point, their code, and what happens if nobody comes.

Exports what an application needs to have parcels picked up without HTTP; see docs/library.md.
"""

from market.sales.pickup_points.models import PickupPoint
from market.sales.pickup_points.register import list_points
from market.sales.pickups.hand_over import Collection, hand_over, mark_arrived
from market.sales.pickups.models import Pickup, PickupCodeInvalid, PickupState, PointParcel
from market.sales.pickups.view import list_pickups, list_point_parcels

__all__ = [
    "Collection",
    "Pickup",
    "PickupCodeInvalid",
    "PickupPoint",
    "PickupState",
    "PointParcel",
    "hand_over",
    "list_pickups",
    "list_point_parcels",
    "list_points",
    "mark_arrived",
]

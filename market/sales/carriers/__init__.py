"""Carriers: their port, and what they report of the parcels that sellers gave them.

Exports what an application needs to know where parcels are without HTTP; see docs/library.md.
"""

from market.sales.carriers.http_port import HttpCarriers
from market.sales.carriers.models import Carrier, CarrierPort, TrackingFact, TrackingReport, TrackingState, TrackingStep
from market.sales.carriers.track import poll_parcels
from market.sales.carriers.tracking import Tracking, get_tracking

__all__ = [
    "Carrier",
    "CarrierPort",
    "HttpCarriers",
    "Tracking",
    "TrackingFact",
    "TrackingReport",
    "TrackingState",
    "TrackingStep",
    "get_tracking",
    "poll_parcels",
]

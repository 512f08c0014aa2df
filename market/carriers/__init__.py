"""Carriers: their port, and what they report of the parcels that sellers gave them.

Exports what an application needs to know where parcels are without HTTP; see docs/library.md.
"""

from market.carriers.http_port import HttpCarriers
from market.carriers.models import Carrier, CarrierPort, TrackingFact, TrackingReport, TrackingState, TrackingStep
from market.carriers.track import poll_parcels
from market.carriers.tracking import Tracking, get_tracking

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

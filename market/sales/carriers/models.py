"""Carriers, what they report of a parcel, and the port to them."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from payments.port import Outcome

UNPROVEN_PERIOD = timedelta(days=30)
"""How long after receipt what the platform bears a part of is kept back while no delivery is known (ADR 46).

The function `sum_kept_back` applies it.
"""
MAX_FACTS = 60
"""How many facts of one parcel are read of a report: the latest."""
MAX_DETAIL_LENGTH = 80


class Carrier(StrEnum):
    """A carrier that can be asked for its parcels."""

    POST = "post"
    SF = "sf"
    ZTO = "zto"
    YTO = "yto"
    STO = "sto"
    YUNDA = "yunda"
    JT = "jt"
    JD = "jd"


CARRIER_NAMES = {
    Carrier.POST: "邮政",
    Carrier.SF: "顺丰",
    Carrier.ZTO: "中通",
    Carrier.YTO: "圆通",
    Carrier.STO: "申通",
    Carrier.YUNDA: "韵达",
    Carrier.JT: "极兔",
    Carrier.JD: "京东",
}
"""The names that sellers choose from."""
_CARRIERS = {name: carrier for carrier, name in CARRIER_NAMES.items()} | {"EMS": Carrier.POST, "中国邮政": Carrier.POST}
_WORDS_AFTER = re.compile(r"(快递|速递|快运|速运|物流|包裹)+$")


def find_carrier(name: str) -> Carrier | None:
    """Return the carrier of a name as people write it (`中通快递`), or None: its parcels are not tracked."""
    return _CARRIERS.get(_WORDS_AFTER.sub("", name.upper()))


class TrackingStep(StrEnum):
    """What happened to a parcel."""

    ACCEPTED = "accepted"
    MOVED = "moved"
    OUT = "out"
    DELIVERED = "delivered"
    PROBLEM = "problem"
    RETURNED = "returned"


STEP_NAMES = {
    TrackingStep.ACCEPTED: "快递收了",
    TrackingStep.MOVED: "在路上",
    TrackingStep.OUT: "快递员在送",
    TrackingStep.DELIVERED: "送到了",
    TrackingStep.PROBLEM: "送的时候有问题",
    TrackingStep.RETURNED: "退回去了",
}


class TrackingState(StrEnum):
    """Where a parcel is, as far as its carrier has said.

    `waiting`: nothing was heard of it, as if it were not tracked; `unknown`: the carrier has no such number;
    `mismatched`: the carrier had the number before the order was paid, so it is another parcel's; `given_up`: it was
    not delivered in time. The last four and `moving` wait for a person if nothing changes.
    """

    WAITING = "waiting"
    MOVING = "moving"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    MISMATCHED = "mismatched"
    RETURNED = "returned"
    GIVEN_UP = "given_up"


class TrackingFact(Struct, frozen=True):
    """One thing that happened to a parcel; `detail` is the carrier's text."""

    happened_at: datetime
    step: TrackingStep
    detail: str = ""


class TrackingReport(Struct, frozen=True):
    """Everything that a carrier knows of a parcel now."""

    facts: list[TrackingFact]


class TrackingNotice(Struct, frozen=True):
    """A verified push: a hint that a parcel may have moved. Its content is never stored as a fact."""

    id: str
    carrier: str
    tracking: str


class CarrierPort(Protocol):
    """The carriers, or a service that asks all of them."""

    @property
    def name(self) -> str:
        """The name of the service."""
        ...

    async def track(self, carrier: Carrier, tracking: str) -> Outcome[TrackingReport]:
        """Return what the carrier knows of a parcel, and have it push what changes; repeating has no effect.

        `Declined`: the carrier does not know the number, now. `Unknown`: there was no answer.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> TrackingNotice:
        """Verify a push: its signature and its timestamp.

        Raises:
            InvalidSignature: one of them is wrong.
        """
        ...

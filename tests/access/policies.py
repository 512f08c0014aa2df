"""Access policies: which actors a route refuses, and with which status; every other actor is allowed."""

from collections.abc import Iterable
from typing import Self

import msgspec
from msgspec import Struct

from tests.access.actors import (
    ALL_ACTORS,
    ANONYMOUS,
    BUYERS,
    COUNTY_OFFICIALS,
    MEMBERS,
    NON_SELLERS,
    OPERATOR,
    ORDINARY_ACCOUNTS,
    OTHER_COUNTY_OFFICIAL,
    VILLAGE_SCOPED,
    WITHOUT_SECOND_FACTOR,
)

REDIRECTED = 303
"""A page redirects to the sign-in page, the second factor or the actor's own page."""
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
UNPROCESSABLE = 422


class AccessPolicy(Struct, frozen=True):
    """The status for each refused actor; `acts_as` is the allowed actor that tests the route."""

    acts_as: str
    refusals: dict[str, int] = {}

    def deny(self, actors: Iterable[str], status: int) -> Self:
        """Return the policy with these actors refused with `status`."""
        return msgspec.structs.replace(self, refusals={**self.refusals, **dict.fromkeys(actors, status)})

    def deny_signed_in_except(self, allowed: Iterable[str], status: int) -> Self:
        """Return the policy with every signed-in actor but `allowed` refused with `status`."""
        return self.deny((actor for actor in ALL_ACTORS if actor not in {ANONYMOUS, *allowed}), status)

    def allow(self, *actors: str) -> Self:
        """Return the policy with these actors allowed."""
        refusals = {actor: status for actor, status in self.refusals.items() if actor not in actors}
        return msgspec.structs.replace(self, refusals=refusals)

    def acting_as(self, actor: str) -> Self:
        """Return the policy with another actor that tests the route."""
        return msgspec.structs.replace(self, acts_as=actor)


PUBLIC = AccessPolicy(ANONYMOUS)
HIDDEN = PUBLIC.deny(ALL_ACTORS, NOT_FOUND)
SUPERVISORS = AccessPolicy("buyer").deny(ALL_ACTORS, FORBIDDEN)
"""Officials of a prefecture or a province, of whom the table has none: tests/service/web/desk/test_region.py has."""
ISSUERS = SUPERVISORS.deny([ANONYMOUS], UNAUTHORIZED)
"""The same, who also act."""
SIGNED_OUT = PUBLIC.deny_signed_in_except((), REDIRECTED)
"""The sign-in page; signed-in actors are redirected to their own pages."""
SIGNED_IN = AccessPolicy("buyer").deny([ANONYMOUS], UNAUTHORIZED)

ORDER_BUYER = SIGNED_IN.deny_signed_in_except(["buyer"], NOT_FOUND)
"""The owner of an order, a cart or a session."""
CART_OWNERS = SIGNED_IN.deny_signed_in_except(BUYERS, REDIRECTED)
"""Accounts with a filled cart; others are redirected to the empty cart."""

PRODUCER_MEMBERS = SIGNED_IN.acting_as("farmer").deny_signed_in_except(MEMBERS, NOT_FOUND)
PARCEL_PARTIES = SIGNED_IN.acting_as("farmer").deny_signed_in_except(["buyer", *MEMBERS], NOT_FOUND)
"""The buyer and the seller of a parcel."""
SELLERS = SIGNED_IN.acting_as("farmer").deny(NON_SELLERS, REDIRECTED)
"""Members of any producer; others are redirected to the application form."""
SELLERS_OR_NOT_FOUND = SIGNED_IN.acting_as("farmer").deny(NON_SELLERS, NOT_FOUND)
"""Members of any producer, each for their own producer."""
BOOKING_HOST = SIGNED_IN.acting_as("farmer").deny_signed_in_except(MEMBERS, UNPROCESSABLE)
"""The host of the booking; for anyone else its code is a wrong code."""

OPERATORS = SIGNED_IN.acting_as(OPERATOR).deny_signed_in_except([OPERATOR], FORBIDDEN)
"""The accounts that send an operator's files of the county."""

_OFFICIALS = SIGNED_IN.deny([*ORDINARY_ACCOUNTS, WITHOUT_SECOND_FACTOR], FORBIDDEN)
_WITHOUT_ADMISSION_ROLE = ("policy", "township", "finance", "reconciler")
"""Officials of the county without a step in admission; the importer of the tests also has the county role."""

PLATFORM_STAFF = _OFFICIALS.acting_as("platform").deny([*COUNTY_OFFICIALS, VILLAGE_SCOPED], FORBIDDEN)
"""The platform's staff, wherever their role is for."""
PRODUCER_OWNER = PRODUCER_MEMBERS.deny(["helper"], FORBIDDEN)
"""The owner of the producer; helpers see it, and are forbidden to give its money away."""
ANY_OFFICIAL = _OFFICIALS.acting_as("platform")
"""Officials and the platform's staff, each for what their roles cover."""
CLAIM_PHOTO_READERS = SIGNED_IN.deny([WITHOUT_SECOND_FACTOR], FORBIDDEN)
"""Whether a photo exists for the actor is decided later; officials need the second factor."""
ADMISSION_OFFICIALS = _OFFICIALS.acting_as("village").deny(_WITHOUT_ADMISSION_ROLE, FORBIDDEN)
"""Officials with a step in admission: village, county and platform, each in their own divisions."""
MEMBERS_AND_OFFICIALS = PRODUCER_MEMBERS.acting_as("county").allow(*COUNTY_OFFICIALS, "platform")
"""Members of the producer and every official of its division."""
MEMBERS_AND_VERIFIED_OFFICIALS = MEMBERS_AND_OFFICIALS.deny([WITHOUT_SECOND_FACTOR], FORBIDDEN)
"""The same; an official without the second factor is refused because it is required."""
COUNTY_AND_PLATFORM = MEMBERS_AND_OFFICIALS.deny(
    [*MEMBERS, *_WITHOUT_ADMISSION_ROLE, "village", WITHOUT_SECOND_FACTOR], FORBIDDEN
)
"""County or platform; other actors who see the producer are forbidden, the rest get not found."""
SUSPENDING_OFFICIALS = COUNTY_AND_PLATFORM.acting_as("platform")
"""County or platform: a producer can neither suspend itself nor end a suspension."""
APPLICANTS_VILLAGE = (
    COUNTY_AND_PLATFORM.acting_as("village")
    .allow("village")
    .deny(["importer", "county", "platform"], FORBIDDEN)
    .deny(MEMBERS, NOT_FOUND)
)
"""The applicant's village, which takes the first step; the members are those of another producer."""
LISTING_MOVERS = COUNTY_AND_PLATFORM.acting_as("farmer").allow(*MEMBERS)
"""Members of the listing's producer, county and platform."""

COUNTY_SCOPE = _OFFICIALS.acting_as("county").deny(["platform"], FORBIDDEN).deny([OTHER_COUNTY_OFFICIAL], NOT_FOUND)
"""Officials of the county's subsidies, each within their scope."""
WHOLE_COUNTY_SCOPE = COUNTY_SCOPE.deny([VILLAGE_SCOPED], FORBIDDEN)
"""Officials who see the whole county."""
LINE_OUTSIDE_SCOPED_VILLAGE = COUNTY_SCOPE.deny([VILLAGE_SCOPED], NOT_FOUND)

DESK = COUNTY_SCOPE.allow("platform")
"""Officials of the county, and the platform, which sees no register data."""
DESK_MONEY = DESK.acting_as("platform").deny(
    [official for official in (*COUNTY_OFFICIALS, VILLAGE_SCOPED) if official != "finance"], FORBIDDEN
)
"""Finance of the county, and the platform."""
DESK_PRODUCER_OFFICIALS = DESK.deny([VILLAGE_SCOPED], NOT_FOUND)
"""Officials of the producer's division, and the platform."""
DESK_APPLICANTS_VILLAGE = APPLICANTS_VILLAGE.deny(ORDINARY_ACCOUNTS, FORBIDDEN)
DESK_COUNTY_AND_PLATFORM = COUNTY_AND_PLATFORM.deny(ORDINARY_ACCOUNTS, FORBIDDEN)


ORIGINAL_READERS = WHOLE_COUNTY_SCOPE.deny(["policy", "village", "township"], FORBIDDEN)
"""Officials who decide, pay or reconcile for the whole county; the importer of the tests also has the county role."""


def require_duty(duty: str) -> AccessPolicy:
    """Return the policy of the official of the county who has the duty.

    The village-scoped official, who has the roles of village and township there, is refused unless allowed.
    """
    colleagues = [official for official in COUNTY_OFFICIALS if official != duty]
    return COUNTY_SCOPE.acting_as(duty).deny([*colleagues, VILLAGE_SCOPED], FORBIDDEN)


DESK_PLATFORM = DESK_MONEY.deny(["finance"], FORBIDDEN)
"""The platform's staff."""
LINE_HOLDERS = COUNTY_SCOPE.deny(["policy", "reconciler"], FORBIDDEN)
"""Officials of the line's village who approve or settle; the importer of the tests also has the county role."""
VILLAGE_AGREERS = COUNTY_SCOPE.acting_as("village").deny(_WITHOUT_ADMISSION_ROLE, FORBIDDEN)
"""Officials of a village, each for the own one, and of the whole county."""
LEAD_REPORTERS = COUNTY_SCOPE.acting_as("village").deny(["policy", "county", "finance", "reconciler"], FORBIDDEN)
"""Officials who go to households or import what other authorities see."""
RECHECKERS = LEAD_REPORTERS.deny(["importer"], FORBIDDEN)
"""Officials who go to households."""
TASK_OWNER = COUNTY_SCOPE.acting_as("importer").deny(
    [official for official in (*COUNTY_OFFICIALS, VILLAGE_SCOPED) if official != "importer"], NOT_FOUND
)
"""The official who asked for the task; for anyone else of the county it does not exist."""
ACCOUNT_KEEPERS = require_duty("county").allow("importer")
"""Officials who decide for the whole county; the importer of the tests also has the county role."""

SUPERVISED = SIGNED_IN.acting_as("county").deny_signed_in_except(
    ["county", "importer", OTHER_COUNTY_OFFICIAL], FORBIDDEN
)
"""Officials who decide for a county, each for their own; the importer of the tests also has the county role."""


def as_own_page(policy: AccessPolicy) -> AccessPolicy:
    """Return the policy of a page: anonymous actors are redirected to sign in."""
    return policy.deny([ANONYMOUS], REDIRECTED)


def as_desk_page(policy: AccessPolicy) -> AccessPolicy:
    """Return the policy of a page of the desk: actors without session or second factor are redirected."""
    return policy.deny([ANONYMOUS, WITHOUT_SECOND_FACTOR], REDIRECTED)

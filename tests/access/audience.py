"""For whom a route is, in the domain's words: who is refused, and how; who is not named is let in."""

from msgspec import Struct

from tests.access.people import (
    ANONYMOUS,
    ELSEWHERE,
    EVERYONE,
    NO_FACTOR,
    SELLERS,
    SHOPPERS,
    STAFF,
    STRANGERS,
    WITHOUT_PRODUCER,
)

SIGN_IN = 401
NOT_YOURS = 403
UNKNOWN = 404
WRONG_CODE = 422
LET_IN = 0
LED_AWAY = 303
"""A page leads to signing in, to the second factor, or to the page that is the visitor's."""


class Audience(Struct, frozen=True):
    """Who acts, and what everyone who is refused is answered."""

    acts: str
    refused: dict[str, int]


def _but(let_in: tuple[str, ...], status: int) -> dict[str, int]:
    return {name: status for name in EVERYONE if name not in (*let_in, ANONYMOUS)}


def _with(audience: Audience, changed: dict[str, int], acts: str = "") -> Audience:
    """Return an audience in which some are answered otherwise."""
    answers = {**audience.refused, **changed}
    return Audience(acts or audience.acts, {name: status for name, status in answers.items() if status != LET_IN})


NOT_SIGNED_IN = {ANONYMOUS: SIGN_IN}

ANYONE = Audience(ANONYMOUS, {})
NOBODY = Audience(ANONYMOUS, dict.fromkeys(EVERYONE, UNKNOWN))
ANY_ACCOUNT = Audience("buyer", NOT_SIGNED_IN)
THE_UNKNOWN = Audience(ANONYMOUS, _but((), LED_AWAY))
"""Signing in is for who is not; others are led to their own pages."""

THE_BUYER = Audience("buyer", NOT_SIGNED_IN | _but(("buyer",), UNKNOWN))
"""Whose order, cart or session it is; for anyone else it does not exist."""

THE_PRODUCER = Audience("farmer", NOT_SIGNED_IN | _but(SELLERS, UNKNOWN))
"""Who works for the producer; for anyone else it does not exist."""

ANY_SELLER = Audience("farmer", NOT_SIGNED_IN | dict.fromkeys(WITHOUT_PRODUCER, LED_AWAY))
"""Who sells; who does not is led to the page where one applies."""

ANY_SELLER_FOR_ONE = Audience("farmer", NOT_SIGNED_IN | dict.fromkeys(WITHOUT_PRODUCER, UNKNOWN))
"""Who sells, for a producer of one's own."""

_NOT_OFFICIAL = NOT_SIGNED_IN | dict.fromkeys(STRANGERS, NOT_YOURS) | {NO_FACTOR: NOT_YOURS}

_OTHER_OFFICES = ("policy", "township", "finance", "reconciler")
"""Offices of the county that have no turn in admitting a producer; the importer holds the county's too."""

OFFICE_OF_PRODUCERS = Audience("village", _NOT_OFFICIAL | dict.fromkeys(_OTHER_OFFICES, NOT_YOURS))
"""Who has a turn in admitting producers: village, county and platform, each of one's own places."""

SEES_THE_PAPERS = _with(THE_PRODUCER, dict.fromkeys((*STAFF, "platform"), LET_IN), acts="county")
"""Who works for the producer, and every official of its place."""

SEES_THE_PAPERS_WHOLE = _with(SEES_THE_PAPERS, {NO_FACTOR: NOT_YOURS})
"""The same; who has not shown the second factor is told that it is missing."""

THE_COUNTY_OF_PRODUCERS = _with(
    SEES_THE_PAPERS, dict.fromkeys((*SELLERS, *_OTHER_OFFICES, "village", NO_FACTOR), NOT_YOURS)
)
"""The county or the platform; who sees the producer and has not the office is refused, others are told of nothing."""

SUSPENDS = _with(THE_COUNTY_OF_PRODUCERS, {}, acts="platform")
"""The office alone: a producer cannot suspend itself, nor end a suspension."""

THE_VILLAGE_OF_PRODUCERS = _with(
    THE_COUNTY_OF_PRODUCERS,
    {
        "village": LET_IN,
        **dict.fromkeys(("importer", "county", "platform"), NOT_YOURS),
        **dict.fromkeys(SELLERS, UNKNOWN),
    },
    acts="village",
)
"""The applicant's village, whose turn is the first; the producer of the tests is another than the applicant."""

THE_HOST = Audience("farmer", NOT_SIGNED_IN | _but(SELLERS, WRONG_CODE))
"""Whose guest holds the code; for anyone else it is a wrong one, as any other would be."""

IN_THE_COUNTY = Audience("county", _NOT_OFFICIAL | {"platform": NOT_YOURS, ELSEWHERE: UNKNOWN})
"""Officials of the county's subsidies, each as far as they see."""

THE_WHOLE_COUNTY = _with(IN_THE_COUNTY, {"part": NOT_YOURS})
"""Officials who see all of the county: sums of less would say nothing."""


THE_LINE_OF_ANOTHER_VILLAGE = _with(IN_THE_COUNTY, {"part": UNKNOWN})
"""Who sees the line: for an official of another village it does not exist."""


def duty(name: str, part: int = NOT_YOURS) -> Audience:
    """Return the one official of the county whose duty it is; every colleague is refused.

    `part` is the answer to the official of one village, who holds the village's and the township's duty there.
    """
    colleagues = dict.fromkeys((each for each in STAFF if each != name), NOT_YOURS)
    return _with(Audience(name, IN_THE_COUNTY.refused | colleagues), {"part": part})


HAS_A_CART = _with(ANY_ACCOUNT, _but(SHOPPERS, LED_AWAY))
"""Who has something to pay for; others are led to the empty cart."""

FILLS_A_CART = Audience("buyer", {ANONYMOUS: LED_AWAY})
"""Any account; who is not signed in does that first, and comes back to the thing."""

MOVES_A_LISTING = _with(THE_COUNTY_OF_PRODUCERS, dict.fromkeys(SELLERS, LET_IN), acts="farmer")
"""Who works for its producer, and the county or the platform."""

AT_THE_DESK = _with(IN_THE_COUNTY, {"platform": LET_IN})
"""Every official of the county, and the platform, which sees nothing of the register there."""

SEES_THE_PRODUCER_AT_THE_DESK = _with(AT_THE_DESK, {"part": UNKNOWN})
"""Every official of the producer's place, and the platform."""

THE_VILLAGE_AT_THE_DESK = _with(THE_VILLAGE_OF_PRODUCERS, dict.fromkeys(STRANGERS, NOT_YOURS))
"""The applicant's village, at its desk."""


THE_COUNTY_AT_THE_DESK = _with(THE_COUNTY_OF_PRODUCERS, dict.fromkeys(STRANGERS, NOT_YOURS))
"""The county or the platform, at its desk."""


def opened(audience: Audience) -> Audience:
    """Return the audience of a page of one's own: who is not signed in is led to signing in, and back."""
    return _with(audience, {ANONYMOUS: LED_AWAY})


def page_of(audience: Audience) -> Audience:
    """Return the audience of a page of the desk: who is not signed in whole is led to signing in, and back."""
    return _with(audience, {ANONYMOUS: LED_AWAY, NO_FACTOR: LED_AWAY})

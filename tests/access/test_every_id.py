"""Two of a kind × every route × every id of the other: nothing of the other's is found, and nothing changes.

Each place of an address takes every id of the other in turn, fitting or not: an order's id where a listing's belongs
finds nothing either.
"""

import pytest

from tests.access.audience import NOBODY, NOT_YOURS, THE_BUYER, UNKNOWN
from tests.access.fingerprint import changed
from tests.access.knock import Knocker
from tests.access.rows import Row
from tests.access.table_api import API
from tests.access.table_pages import PAGES
from tests.access.world import World

OTHER = "other_"
KINDS = (
    "producer_id", "listing_id", "hidden_id", "variant_id", "lot_id", "stay_id", "room_id", "certificate_id",
    "order_id", "suborder_id", "stay_suborder_id", "line_id", "booking_id", "photo_id", "shown_photo_id",
    "waiting_photo_id", "session_id",
)  # fmt: skip
"""One id of each kind of thing that a buyer or a producer has."""
NUMBERS = {
    "/orders/": ("order", "shipped_order", "received_order", "unpaid_order"),
    "/farm/listings/": ("listing_number", "stay_number", "hidden_number"),
}
"""Short numbers are counted by kind, so that a listing and an order may share one."""

ROWS = [
    row
    for row in (*API, *PAGES)
    if row.audience is not NOBODY
    and row.audience.refused.get("other_farmer") == UNKNOWN
    and row.audience.refused.get("farmer") != NOT_YOURS
    and any(place == "number" or place.endswith("_id") for place in row.places())
]
"""Every route that names something of a buyer or a producer and is closed to others of their kind."""


def sides(world: World) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """Each of the two: the prefix of its visitors, its own ids by their plain names, and those of the other."""
    theirs = {name.removeprefix(OTHER): value for name, value in world.ids.items() if name.startswith(OTHER)}
    own = {name: world.ids[name] for name in theirs}
    return [("", {**world.ids, **own}, theirs), (OTHER, {**world.ids, **theirs}, own)]


def fitting(row: Row, place: str) -> list[str]:
    """The names of the other's ids that a place of the address is asked for: all kinds, and the very counterpart."""
    if place == "number":
        return [name for start, names in NUMBERS.items() if row.pattern.startswith(start) for name in names]
    return list(dict.fromkeys((*KINDS, row.named(place)))) if place.endswith("_id") else []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_no_id_of_the_other_opens_anything(doors: Knocker, row: Row) -> None:
    before = await doors.kept()
    wrong: list[str] = []
    for prefix, own, theirs in sides(doors.world):
        visitor = f"{prefix}{'buyer' if row.audience is THE_BUYER else 'farmer'}"
        for place in row.places():
            for name in fitting(row, place):
                answer = await doors.knock(row.asking_for(place, theirs[name]), visitor, own)
                if answer.status_code != UNKNOWN:
                    wrong.append(f"{visitor} {place}={name}: {answer.status_code}: {answer.text[:120]}")
    assert wrong == []
    assert changed(before, await doors.kept()) == []


def test_both_have_the_same_things_and_none_in_common(doors: Knocker) -> None:
    [(_, own, theirs), _] = sides(doors.world)
    asked = {name for row in ROWS for place in row.places() for name in fitting(row, place)}
    assert len(ROWS) == 33
    assert [name for name in sorted(asked) if name not in theirs] == []
    assert [name for name in KINDS if own[name] == theirs[name]] == []

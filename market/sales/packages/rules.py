"""Who supplies which of the booked packages, how a price is divided, and the strictest refund. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, split


class Capacity(Struct, frozen=True, kw_only=True):
    """What a supplier of a part has free at a time, in the part's units; `possible` counts unpaid orders as free.

    `most` is what it has when nothing is booked; `served` is how many packages it has had so far. Of an activity each
    slot is one.
    """

    position: int
    ordinal: int
    listing_id: UUID
    variant_id: UUID
    slot_id: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None
    free: int
    possible: int
    most: int
    served: int


class PartAvailability(Struct, frozen=True, kw_only=True):
    """How many packages fit for a part, all households together; of an activity for each time that it takes place."""

    position: int
    starts_at: datetime | None
    ends_at: datetime | None
    packages: int


def choose_suppliers(capacities: Sequence[Capacity], *, quantity: int, count: int) -> list[tuple[Capacity, int]]:
    """Divide `count` packages among the suppliers of a part; the list is empty if too few fit.

    Each package needs `quantity` of the part, and is never divided between households. They take turns: who has had
    fewest packages comes first, ties by ordinal. The first that can take all of them does; if nobody can, those with
    most room take what they can, so that as few households as possible host one party.
    """
    turns = sorted(capacities, key=lambda each: (each.served, each.ordinal))
    for each in turns:
        if each.free // quantity >= count:
            return [(each, count)]
    chosen: list[tuple[Capacity, int]] = []
    left = count
    for each in sorted(turns, key=lambda each: -(each.free // quantity)):
        taken = min(left, each.free // quantity)
        if taken:
            chosen.append((each, taken))
            left -= taken
    return [] if left else chosen


def count_possible(capacities: Sequence[Capacity], *, quantity: int) -> int:
    """Return how many packages would fit if no unpaid order were paid."""
    return sum(each.possible // quantity for each in capacities)


def propose_shares(price_fen: Fen, usual: Sequence[Fen]) -> list[Fen]:
    """Divide the price of a package in proportion to what its parts cost otherwise, by largest remainder.

    The shares add up to the price; ties go to the earlier part.
    """
    return [Fen(fen) for fen in split(price_fen, usual)]


def list_availability(capacities: Sequence[Capacity], *, position: int, quantity: int) -> list[PartAvailability]:
    """Return how many packages fit for a part at each time, soonest first; of stays and goods there is no time."""
    totals: dict[tuple[datetime | None, datetime | None], int] = {}
    for each in capacities:
        time = (each.starts_at, each.ends_at)
        totals[time] = totals.get(time, 0) + each.free // quantity
    return [
        PartAvailability(position=position, starts_at=starts_at, ends_at=ends_at, packages=packages)
        for (starts_at, ends_at), packages in totals.items()
    ]

"""What was done for pledges, from its items, and how much of it anybody may read; pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from market.kernel.clock import get_quarter_start
from market.kernel.disclosure import MIN_SHOWN
from market.villages.pairing.models import (
    CountedItem,
    PairingFields,
    PairingItem,
    PairingState,
    PledgeProgress,
    PledgeTerm,
    PublicPledge,
)

_WHOLE_BP, _MAX_SHARE_BP = 10_000, 8_000
"""One family is at most 80% of a published sum: it would tell of that one."""


def get_pairing_state(pairing: PairingFields, day: date) -> PairingState:
    """Return where a pairing is on a day: it ends by its term, and is stated when each of its years was."""
    if pairing.agreed_at is None:
        return PairingState.PROPOSED
    if day < pairing.first:
        return PairingState.AGREED
    if day <= pairing.last:
        return PairingState.RUNNING
    years = range(pairing.first.year, pairing.last.year + 1)
    return PairingState.STATED if set(years) <= set(pairing.stated) else PairingState.ENDED


def list_due_years(pairing: PairingFields, day: date) -> list[int]:
    """Return the years of an agreed pairing that are over on a day and were not stated, the first before the others."""
    if pairing.agreed_at is None:
        return []
    return [
        year
        for year in range(pairing.first.year, pairing.last.year + 1)
        if day > min(date(year, 12, 31), pairing.last) and year not in pairing.stated
    ]


def list_pledge_items[Item: PairingItem](pledge: PledgeTerm, items: Sequence[Item]) -> list[Item]:
    """Return the items that a pledge counts."""
    return [each for each in items if each.kind is pledge.kind and pledge.first <= each.on_day <= pledge.last]


def sum_up_pledge(pledge: PledgeTerm, items: Sequence[PairingItem]) -> PledgeProgress:
    """Return a pledge with the sum of the items that it counts."""
    return PledgeProgress(
        kind=pledge.kind, target=pledge.target, first=pledge.first, last=pledge.last,
        done=sum(each.amount for each in list_pledge_items(pledge, items)),
    )  # fmt: skip


def cut_to_year(pledge: PledgeTerm, year: int) -> PledgeTerm | None:
    """Return the part of a pledge inside a year, with its whole target, or None if there is none."""
    first, last = max(pledge.first, date(year, 1, 1)), min(pledge.last, date(year, 12, 31))
    if first > last:
        return None
    return PledgeTerm(pairing_id=pledge.pairing_id, kind=pledge.kind, target=pledge.target, first=first, last=last)


def publish_pledge(pledge: PledgeTerm, items: Sequence[CountedItem], *, day: date) -> PublicPledge:
    """Return a pledge as anybody may read it on a day.

    Whole quarters are published, as soon as those since the last publication are about at least `MIN_SHOWN` people, or
    about nobody (a co-operative sold, a project was accepted): two publications compared tell of no single family.
    """
    end = get_quarter_start(day)
    counted = sorted(
        (each for each in list_pledge_items(pledge, items) if each.on_day < end), key=lambda each: each.on_day
    )
    published: list[CountedItem] = []
    waiting: list[CountedItem] = []
    for _, quarter in groupby(counted, key=lambda each: get_quarter_start(each.on_day)):
        waiting += quarter
        if tells_of_nobody(waiting):
            published += waiting
            waiting = []
    hidden = bool(waiting) and not published
    until = get_quarter_start(waiting[0].on_day) if waiting else end
    return PublicPledge(
        kind=pledge.kind, target=pledge.target, first=pledge.first, last=pledge.last,
        done=None if hidden else sum(each.amount for each in published),
        until=None if hidden or until <= pledge.first else min(until - timedelta(days=1), pledge.last),
    )  # fmt: skip


def tells_of_nobody(items: Sequence[CountedItem]) -> bool:
    """Return whether the sum of some items may be published: about nobody, or about enough, none above 80% of it."""
    about = [each for each in items if each.people]
    if not about:
        return True
    sums: dict[object, int] = {}
    for each in about:
        if each.subject is not None:
            sums[each.subject] = sums.get(each.subject, 0) + each.amount
    # Who came to one course may have come to another: the fullest one is how many there are at least.
    if max(len(sums), *(each.people for each in about)) < MIN_SHOWN:
        return False
    return not sums or max(sums.values()) * _WHOLE_BP <= sum(sums.values()) * _MAX_SHARE_BP

"""What a settlement does with clawbacks: withhold what an operator owes, and carry on what is below zero."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.subsidies.clawbacks.ledger import post_claim, post_entry
from market.subsidies.clawbacks.models import PAYMENT_PERIOD, ClawbackState, Debtor, EntryKind
from market.subsidies.models import CycleId
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import Operator


class _OwedClawback(Struct, frozen=True, kw_only=True):
    """What is left of a posted clawback; `relief_fen` is what adjustments took back of its lines and is not counted."""

    id: UUID
    debtor: Debtor
    operator: Operator | None
    state: ClawbackState
    left_fen: int
    relief_fen: int


class Withheld(Struct, frozen=True, kw_only=True):
    """What a settlement withholds of what an operator is paid: `recovered_fen` of clawbacks.

    The rest, below zero, is what was below zero itself and became a clawback.
    """

    operator: Operator
    set_off_fen: int
    recovered_fen: int


class _PlannedEntry(Struct, frozen=True, kw_only=True):
    """What a settlement recovers of one clawback."""

    clawback_id: UUID
    kind: EntryKind
    debtor: str
    fen: int


class _SetOffPlan(Struct, frozen=True, kw_only=True):
    """What a settlement does with the clawbacks that are owed: its entries, those it clears, what it still pays."""

    entries: list[_PlannedEntry]
    cleared: list[UUID]
    left: dict[Operator, int]


# A later adjustment of a line and month lowers what was settled: what a clawback takes above that is taken twice. One
# that stands in another cycle that is not settled may be undone, and lowers nothing yet.
_POSTED_CLAWBACKS = """
    SELECT c.id, c.debtor, c.operator, c.state,
           c.amount_fen - coalesce((SELECT sum(fen) FROM clawback_entries
                                     WHERE clawback_id = c.id AND outcome = 'confirmed'), 0)::bigint AS left_fen,
           greatest(0, coalesce((
               SELECT sum(greatest(0, i.fen - greatest(0, coalesce((
                          SELECT sum(p.public_fen) FROM subsidy_postings p
                            JOIN cycles q ON q.id = p.cycle_id
                                         AND (q.id = :cycle_id OR q.state = ANY(:settled::text[]))
                           WHERE p.county_code = :county AND p.line_code = i.line_code
                             AND p.for_month = i.for_month), 0))))
                 FROM clawback_items i WHERE i.clawback_id = c.id), 0)
             - coalesce((SELECT sum(fen) FROM clawback_entries
                          WHERE clawback_id = c.id AND kind = 'relieved'), 0))::bigint AS relief_fen
      FROM clawbacks c
     WHERE c.county_code = :county AND c.posted_at IS NOT NULL
       AND (c.state = 'owed' OR c.finding_id IS NOT NULL)
     ORDER BY c.posted_at, c.number
"""
LIST_POSTED_CLAWBACKS = Query(_OwedClawback, _POSTED_CLAWBACKS)
LOCK_POSTED_CLAWBACKS = Query(_OwedClawback, _POSTED_CLAWBACKS + " FOR NO KEY UPDATE OF c")
ADD_SETTLED_ENTRY = Query(
    UUID,
    """
    INSERT INTO clawback_entries (clawback_id, county_code, kind, fen, cycle_id, recorded_by, recorded_at, outcome)
    VALUES (:clawback_id, :county, :kind, :fen, :cycle_id, :account_id, :now, 'confirmed')
    RETURNING id
    """,
)
SET_CLEARED = Query(None, "UPDATE clawbacks SET state = 'cleared' WHERE id = :clawback_id AND state = 'owed'")
ADD_SETTLED_CLAWBACK = Query(
    UUID,
    """
    INSERT INTO clawbacks (county_code, debtor, operator, cycle_id, amount_fen, state, proposed_by, proposed_at,
                           posted_at, due_on)
    VALUES (:county, 'operator', :operator, :cycle_id, :fen, 'owed', :account_id, :now, :now, :due_on)
    RETURNING id
    """,
)


LIST_WITHHELD = Query(
    Withheld,
    """
    SELECT s.operator, s.set_off_fen,
           coalesce((SELECT sum(e.fen) FROM clawback_entries e JOIN clawbacks c ON c.id = e.clawback_id
                      WHERE e.cycle_id = s.cycle_id AND e.kind = 'set_off' AND c.operator = s.operator), 0)::bigint
               AS recovered_fen
      FROM settlements s
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county AND s.set_off_fen <> 0
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], s.operator)
    """,
)


async def list_withheld(conn: Connection, county: str, cycle_id: CycleId) -> list[Withheld]:
    """Return what a settled month withheld of its operators; an operator that was paid in full is left out."""
    return await LIST_WITHHELD.all(conn, county=county, cycle_id=cycle_id)


async def preview_withheld(
    conn: Connection, county: str, cycle_id: CycleId, pays: Mapping[Operator, int]
) -> list[Withheld]:
    """Return what a settlement that pays these sums, in fen, would withhold now; who is paid in full is left out."""
    clawbacks = await LIST_POSTED_CLAWBACKS.all(conn, county=county, cycle_id=cycle_id, settled=SETTLED_STATES)
    plan = _plan_set_off(clawbacks, pays)
    withheld = [
        Withheld(
            operator=operator,
            set_off_fen=pay - max(plan.left[operator], 0),
            recovered_fen=sum(
                each.fen for each in plan.entries if each.kind is EntryKind.SET_OFF and each.debtor == operator
            ),
        )
        for operator, pay in pays.items()
    ]
    return [each for each in withheld if each.set_off_fen]


async def set_off_clawbacks(
    conn: Connection, cycle: Cycle, actor: Actor, pays: Mapping[Operator, int], *, now: datetime
) -> dict[Operator, int]:
    """Recover clawbacks from the sums that a settlement pays; return what is withheld of each operator's, in fen.

    The oldest clawback of an operator comes first. What later adjustments took back of the same lines, in settled
    cycles and in this one, is taken off a clawback before, and paid back with this settlement where it was recovered
    already. A sum below zero, which nothing is transferred for, becomes a clawback, so that what is withheld is below
    zero too.
    """
    county = cycle.county_code
    clawbacks = await LOCK_POSTED_CLAWBACKS.all(conn, county=county, cycle_id=cycle.id, settled=SETTLED_STATES)
    plan = _plan_set_off(clawbacks, pays)
    for entry in plan.entries:
        entry_id = await ADD_SETTLED_ENTRY.one(
            conn, clawback_id=entry.clawback_id, county=county, kind=entry.kind, fen=entry.fen, cycle_id=cycle.id,
            account_id=actor.account_id, now=now,
        )  # fmt: skip
        await post_entry(conn, entry_id, entry.kind, county=county, debtor=entry.debtor, fen=entry.fen, now=now)
    for clawback_id in plan.cleared:
        await SET_CLEARED.run(conn, clawback_id=clawback_id)
    for operator, fen in plan.left.items():
        if fen < 0:
            clawback_id = await ADD_SETTLED_CLAWBACK.one(
                conn, county=county, operator=operator, cycle_id=cycle.id, fen=-fen, account_id=actor.account_id,
                now=now, due_on=get_business_day(now + PAYMENT_PERIOD),
            )  # fmt: skip
            await post_claim(conn, clawback_id, county=county, debtor=operator, fen=-fen, now=now)
    return {operator: pay - max(plan.left[operator], 0) for operator, pay in pays.items()}


def _plan_set_off(clawbacks: Sequence[_OwedClawback], pays: Mapping[Operator, int]) -> _SetOffPlan:
    """Return what a settlement that pays these sums does with the clawbacks; see `set_off_clawbacks`."""
    plan = _SetOffPlan(entries=[], cleared=[], left=dict(pays))
    for each in clawbacks:
        owed = each.left_fen
        debtor = each.operator or str(each.debtor)
        paid = each.operator is not None and each.operator in plan.left
        # Who is not paid by this settlement is paid back nothing by it either.
        relief = each.relief_fen if paid else min(each.relief_fen, owed)
        withheld = 0
        if each.operator is not None and paid:
            owes = owed - relief
            withheld = min(owes, max(plan.left[each.operator], 0)) if owes > 0 else owes
            plan.left[each.operator] -= withheld
        plan.entries.extend(
            _PlannedEntry(clawback_id=each.id, kind=kind, debtor=debtor, fen=fen)
            for kind, fen in ((EntryKind.RELIEVED, relief), (EntryKind.SET_OFF, withheld))
            if fen
        )
        if owed == relief + withheld and each.state is ClawbackState.OWED:
            plan.cleared.append(each.id)
    return plan

"""Lock a clawback that a transaction moves, and record the move."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.audit.record import add_audit_entry
from market.subsidies.clawbacks.models import ClawbackMoved, ClawbackNotFound, ClawbackState, Debtor


class LockedClawback(Struct, frozen=True, kw_only=True):
    """A clawback that this transaction moves."""

    id: UUID
    number: int
    county_code: str
    debtor: Debtor
    operator: str | None
    person_id: UUID | None
    village_code: str | None
    amount_fen: int
    state: ClawbackState
    appeal_until: date | None

    @property
    def debtor_key(self) -> str:
        """The debtor in the codes of the ledger's accounts."""
        return self.operator or str(self.debtor)


LOCK_CLAWBACK = Query(
    LockedClawback,
    """
    SELECT id, number, county_code, debtor, operator, person_id, village_code, amount_fen, state, appeal_until
      FROM clawbacks WHERE id = :clawback_id AND county_code = :county
       FOR NO KEY UPDATE
    """,
)


async def lock_clawback(conn: Connection, county: str, clawback_id: UUID, *states: ClawbackState) -> LockedClawback:
    """Lock a clawback of the county that is in one of `states`.

    Raises:
        ClawbackNotFound: the county has none of this id.
        ClawbackMoved: it is in another state.
    """
    clawback = await LOCK_CLAWBACK.maybe(conn, clawback_id=clawback_id, county=county)
    if clawback is None:
        raise ClawbackNotFound
    if clawback.state not in states:
        raise ClawbackMoved
    return clawback


async def record_move(
    conn: Connection, by: str, clawback: LockedClawback, state: ClawbackState, *, now: datetime
) -> None:
    """Record a move of a clawback in the audit record."""
    await add_audit_entry(
        conn, actor=by, action=f"clawback {state}", object=f"clawback:{clawback.id}",
        detail={"county": clawback.county_code, "from": clawback.state}, now=now,
    )  # fmt: skip

"""Read a case and what happened to it, in a transaction whose scope shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, LockedCase
from market.cases.casework.moves import CASE_COLUMNS, REASON_CONTEXT
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.audit.record import record_looks
from market.people.identity.models import Actor, NotFound


class NumberedCase(Protocol):
    """A case of any kind as somebody reads it."""

    @property
    def number(self) -> int:
        """The number of the case."""
        ...


class CaseEvent(Struct, frozen=True, kw_only=True):
    """One move of a case: by whom, why, and the deadline after it. `actor` is `asker`, `seller`, a role or `clock`."""

    move: CaseMove
    actor: str
    reason: str
    due_at: datetime
    at: datetime


class _CaseEventRow(Struct, frozen=True, kw_only=True):
    move: CaseMove
    actor: str
    reason_sealed: bytes | None
    due_at: datetime
    at: datetime


GET_CASE = Query(LockedCase, CASE_COLUMNS + " WHERE cases.id = :case_id")
# Who escalates speaks for the level below. Who has a receipt asks the next level with it, and not as an account.
LIST_CASE_EVENTS = Query(
    _CaseEventRow,
    """
    SELECT move, reason_sealed, case_events.due_at, at,
           CASE WHEN account_id IS NULL AND category IN ('objection', 'grievance') AND move IN ('receive', 'reopen')
                THEN 'asker'
                WHEN account_id IS NULL THEN 'clock' WHEN account_id = asker_id THEN 'asker'
                WHEN move IN ('settle', 'agree', 'refuse') THEN 'seller'
                WHEN move IN ('escalate', 'reopen') THEN path[greatest(case_events.level - 1, 1)]
                ELSE path[case_events.level] END AS actor
      FROM case_events JOIN cases ON cases.id = case_id
     WHERE case_id = :case_id AND move <> 'assign'
     ORDER BY case_events.id
     LIMIT 50
    """,
)


IS_ASKER = Query(bool, "SELECT is_same_person(asker_id, :account_id) FROM cases WHERE id = :case_id")


async def is_asker(conn: Connection, account_id: UUID, case_id: UUID) -> bool:
    """Return whether the person of an account asked for a visible case, by this or another account."""
    return await IS_ASKER.one(conn, account_id=account_id, case_id=case_id)


async def get_case(conn: Connection, case_id: UUID) -> LockedCase:
    """Return a case without locking it.

    Raises:
        NotFound: it does not exist, or does not concern the person of the transaction.
    """
    case = await GET_CASE.maybe(conn, case_id=case_id)
    if case is None:
        raise NotFound
    return case


async def record_case_looks(conn: Connection, official: Actor, cases: Iterable[NumberedCase], *, now: datetime) -> None:
    """Record that an official read the texts of cases; who asked reads it in 谁看过我的信息."""
    objects = [f"case:{each.number}" for each in cases]
    await record_looks(conn, actor=str(official.account_id), action="case.look", objects=objects, now=now)


def open_reason(seal: Seal, sealed: bytes | None) -> str:
    """Return the reason of a move, empty if it has none."""
    return "" if sealed is None else seal.open(sealed, REASON_CONTEXT)


async def list_case_events(conn: Connection, seal: Seal, case_id: UUID) -> list[CaseEvent]:
    """Return what happened to a case, oldest first, at most 50 moves."""
    rows = await LIST_CASE_EVENTS.all(conn, case_id=case_id)
    return [build_from(CaseEvent, row, reason=open_reason(seal, row.reason_sealed)) for row in rows]

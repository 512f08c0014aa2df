"""One case about a sale with its history and what the reader can do with it now; the moves of each side."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import CaseEvent, get_case, list_case_events, record_case_looks
from market.cases.casework.models import SELLER, CaseMove, CaseNotMovable, CaseOutcome, CaseState, LockedCase
from market.kernel import Connection
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import require_case_role
from market.people.identity.models import Actor
from market.sales.aftersales.case_moves import (
    BUYER_MOVES,
    OFFICIAL_MOVES,
    SELLER_MOVES,
    list_answerer_moves,
    list_buyer_moves,
    move_assigned_case,
    move_own_case,
)


class CaseView(Struct, frozen=True, kw_only=True):
    """A case: who answers until when, what happened, and the moves that the reader can make now.

    `stopped_at`: since when the clock stops, because the person who asked owes facts; `due_at` is the latest deadline.
    An answer is no move here: each kind of case has its own operation for it.
    """

    id: UUID
    number: int
    category: str
    name: str
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    moves: list[CaseMove]
    events: list[CaseEvent]


def _require_reader(actor: Actor, case: LockedCase) -> bool:
    """Require a side of a case, or the role that answers it now; return whether the actor reads it by the role.

    Raises:
        NotFound: the actor neither asked, nor works for the seller, nor has the role that answers now.
        SecondFactorRequired: an official's session has no second factor.
    """
    if case.asker_id == actor.account_id:
        return False
    if case.against_producer_id in actor.producers or case.for_producer_id in actor.producers:
        return False
    require_case_role(actor, case.assignee, case.division_code)
    return True


def _list_moves(actor: Actor, case: LockedCase, *, now: datetime) -> set[CaseMove]:
    """Return what the actor can do with a case.

    Raises:
        NotFound, SecondFactorRequired: see `_require_reader`.
    """
    if _require_reader(actor, case):
        return list_answerer_moves(case) & OFFICIAL_MOVES
    if case.asker_id == actor.account_id:
        return list_buyer_moves(case, now=now) & BUYER_MOVES
    turn = case.assignee == SELLER and case.against_producer_id in actor.producers
    return list_answerer_moves(case) & SELLER_MOVES if turn else set()


async def read_case(conn: Connection, actor: Actor, case_id: UUID, *, now: datetime) -> LockedCase:
    """Return a case that the actor may read, in a transaction with the actor's scope; an official's look is recorded.

    Raises:
        NotFound: it does not exist, or the actor neither asked, nor works for the seller, nor has the role that answers
            now.
        SecondFactorRequired: an official's session has no second factor.
    """
    case = await get_case(conn, case_id)
    if _require_reader(actor, case):
        await record_case_looks(conn, actor, [case], now=now)
    return case


async def load_case_view(conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, now: datetime) -> CaseView:
    """Return a case as the actor sees it, in a transaction with the actor's scope.

    Raises:
        NotFound, SecondFactorRequired: see `read_case`.
    """
    case = await read_case(conn, actor, case_id, now=now)
    moves = _list_moves(actor, case, now=now)
    return build_from(CaseView, case, moves=sorted(moves), events=await list_case_events(conn, seal, case_id))


async def make_case_move(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, move: CaseMove, *, text: str, now: datetime
) -> LockedCase:
    """Make one of the moves of `CaseView`, as who asked or as who answers, and return the case after it.

    Raises:
        NotFound: the case does not exist, or does not concern the actor.
        SecondFactorRequired: an official's session has no second factor.
        CaseTextInvalid: a question, facts or a reason are missing or too long.
        CaseNotMovable: the case or the actor's part in it does not allow the move now.
        GoodsRefunded: what was to be returned was refunded since the refusal.
    """
    case = await get_case(conn, case_id)
    if move not in _list_moves(actor, case, now=now):
        raise CaseNotMovable(state=case.state)
    if case.asker_id == actor.account_id:
        return await move_own_case(conn, seal, actor, case_id, move, text=text, now=now)
    return await move_assigned_case(conn, seal, actor, case_id, move, text=text, now=now)

"""Moves of a claim or a return besides its answer: more time, questions, withdrawing, another look, the next level."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import get_case
from market.cases.casework.models import (
    GRIEVANCE,
    SELLER,
    WITHOUT_SALE,
    CaseMove,
    CaseNotMovable,
    CaseOutcome,
    CaseState,
    LockedCase,
)
from market.cases.casework.moves import lock_case, move_case
from market.cases.casework.rules import may_ask
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.aftersales.bad_fruit import BAD_FRUIT
from market.sales.aftersales.goods_return import GOODS_RETURN
from market.sales.aftersales.models import MAX_CLAIM_TEXT_LENGTH, CaseTextInvalid, GoodsRefunded
from market.sales.orders.money.payment_problems import notify_finance
from market.sales.orders.transitions import lock_order_by_suborder

REOPENING_PERIOD = timedelta(days=7)
"""How long after its end the buyer may ask for another look at a case that came to nothing."""
BUYER_MOVES = frozenset({CaseMove.SUPPLY, CaseMove.WITHDRAW, CaseMove.REOPEN})
SELLER_MOVES = frozenset({CaseMove.ASK})
OFFICIAL_MOVES = frozenset({CaseMove.ASK, CaseMove.EXTEND, CaseMove.ESCALATE})
_PAID_BY_SELLER = frozenset({BAD_FRUIT, GOODS_RETURN})
"""The cases that have messages of their own, and that the county's finance decides."""
_NOT_WITHDRAWN = frozenset({GOODS_RETURN, "invoice"})
"""A return has parcels on their way, and is withdrawn as such; an invoice is due whatever its buyer wants now."""
_COMPLAINTS = "complaint_"
_MEDIATION = "mediation"
_TOLD = {
    CaseMove.ASK: "case_asked", CaseMove.EXTEND: "case_extended", CaseMove.ESCALATE: "case_raised",
    CaseMove.SUPPLY: "case_supplied", CaseMove.WITHDRAW: "case_withdrawn", CaseMove.REOPEN: "case_reopened",
}  # fmt: skip


class SaleCase(Struct, frozen=True):
    """What a case about a sale is about; an appeal is about the sale of the review."""

    order_id: UUID
    order_number: int
    suborder_id: UUID
    producer_id: UUID


GET_SALE_CASE = Query(
    SaleCase,
    """
    SELECT orders.id AS order_id, orders.number AS order_number, suborders.id AS suborder_id, producer_id
      FROM (SELECT case_id, suborder_id FROM goods_returns
             UNION ALL
            SELECT case_id, suborder_id FROM bad_fruit_claims JOIN order_lines ON order_lines.id = line_id
             UNION ALL
            SELECT case_id, suborder_id FROM review_appeals JOIN reviews ON reviews.id = review_id
             UNION ALL
            SELECT case_id, suborder_id FROM complaints
             UNION ALL
            SELECT case_id, suborder_id FROM mediations
             UNION ALL
            SELECT case_id, suborder_id FROM invoice_tasks) about
      JOIN suborders ON suborders.id = about.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE case_id = :case_id
    """,
)
# What was refunded since the refusal, or waits for a second person, is not left for the return.
FIND_REFUNDED_LINE = Query(
    str,
    """
    SELECT title
      FROM goods_return_lines r JOIN order_lines l ON l.id = r.line_id
     WHERE case_id = :case_id
       AND r.amount_fen > l.amount_fen - l.refunded_fen
           - (SELECT coalesce(sum(q.amount_fen), 0) FROM refund_requests q
               WHERE q.line_id = l.id AND q.state = 'waiting')
     ORDER BY l.position
     LIMIT 1
    """,
)
IS_MEDIATED = Query(bool, "SELECT EXISTS (SELECT FROM mediations WHERE source_id = :case_id)")
REOPEN_GOODS_RETURN_LINES = Query(
    None, "UPDATE goods_return_lines SET state = 'open' WHERE case_id = :case_id AND state = 'refused'"
)


def _may_go_up(case: LockedCase) -> bool:
    """Return whether the outcome lets the one who asked go to the next level; of a complaint, any answer does."""
    if case.category in _PAID_BY_SELLER:
        return case.outcome is CaseOutcome.UNSOLVED
    answered = case.outcome in {CaseOutcome.SOLVED, CaseOutcome.UNSOLVED, CaseOutcome.NOT_OURS}
    return case.category.startswith(_COMPLAINTS) and answered and case.level < len(case.path)


def list_buyer_moves(case: LockedCase, *, now: datetime) -> set[CaseMove]:
    """Return what the buyer of a case can do with it now."""
    moves: set[CaseMove] = set()
    if case.category == GRIEVANCE:
        return moves
    if case.state is CaseState.ASSIGNED:
        moves |= {CaseMove.SUPPLY} if case.stopped_at else set()
        moves |= set() if case.category in _NOT_WITHDRAWN else {CaseMove.WITHDRAW}
    if (
        _may_go_up(case)
        and case.reopened_at is None
        and case.closed_at is not None
        and now <= case.closed_at + REOPENING_PERIOD
    ):
        moves.add(CaseMove.REOPEN)
    return moves


def list_answerer_moves(case: LockedCase) -> set[CaseMove]:
    """Return what the one who answers a case can do with it besides answering; about no sale, nothing."""
    if case.state is not CaseState.ASSIGNED or case.proposed or case.category in WITHOUT_SALE:
        return set()
    moves = {CaseMove.ASK} if may_ask(case) else set[CaseMove]()
    if case.assignee != SELLER:
        moves |= {CaseMove.EXTEND} if case.extended_at is None else set()
        moves |= {CaseMove.ESCALATE} if case.level < len(case.path) else set()
    return moves


async def move_own_case(
    conn: Connection, seal: Seal, buyer: Actor, case_id: UUID, move: CaseMove, *, text: str, now: datetime
) -> LockedCase:
    """Supply facts, withdraw a claim, or ask once for another look, in the caller's transaction with the buyer's scope.

    Another look goes to the next level, within seven days of a decision that granted nothing.

    Raises:
        NotFound: the case is not the buyer's.
        CaseTextInvalid: facts or a reason are missing or too long.
        CaseNotMovable: the case does not allow it now.
        GoodsRefunded: what was to be returned was refunded since the refusal.
    """
    assert move in BUYER_MOVES, move
    written = _check_text(text, required=move is not CaseMove.WITHDRAW)
    sale, case = await _lock(conn, case_id)
    if case.asker_id != buyer.account_id:
        raise NotFound
    if move not in list_buyer_moves(case, now=now):
        raise CaseNotMovable(state=case.state)
    if move is CaseMove.REOPEN and await IS_MEDIATED.one(conn, case_id=case_id):
        raise CaseNotMovable(state=case.state)
    if move is CaseMove.REOPEN and case.category == GOODS_RETURN:
        refunded = await FIND_REFUNDED_LINE.maybe(conn, case_id=case_id)
        if refunded is not None:
            raise GoodsRefunded(title=refunded)
        await REOPEN_GOODS_RETURN_LINES.run(conn, case_id=case_id)
    moved = await move_case(conn, seal, case, move, by=buyer, reason=written, now=now)
    facts = {"order": str(sale.order_number), "name": case.name, "due": format_due(moved.due_at)}
    if case.for_producer_id is None:
        await notify_producer(conn, seal, sale.producer_id, f"{_TOLD[move]}_seller", facts, now=now)
    if moved.state is not CaseState.ASSIGNED or moved.assignee == SELLER:
        return moved
    if case.category not in _PAID_BY_SELLER:
        await _notify_turn(conn, seal, moved, "case_assigned", now=now)
    else:
        await notify_finance(
            conn, seal, sale.order_id, f"{_TOLD[move]}_finance", facts, suborder_id=sale.suborder_id, now=now
        )
    return moved


async def move_assigned_case(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, move: CaseMove, *, text: str, now: datetime
) -> LockedCase:
    """Ask the buyer for facts, which stops the clock; as an official take more time once, or give it one level up.

    In the caller's transaction with the actor's scope.

    Raises:
        NotFound: the case is not for the actor to answer, now or at all.
        SecondFactorRequired: an official's session has no second factor.
        CaseTextInvalid: the question or the reason is missing or too long.
        CaseNotMovable: the case does not allow it now.
    """
    assert move in OFFICIAL_MOVES, move
    unlocked = await get_case(conn, case_id)
    _require_answerer(actor, unlocked)
    written = _check_text(text, required=True)
    sale, case = await _lock(conn, case_id)
    if case.assignee != unlocked.assignee or move not in list_answerer_moves(case):
        raise CaseNotMovable(state=case.state)
    moved = await move_case(conn, seal, case, move, by=actor, reason=written, now=now)
    facts = {"order": str(sale.order_number), "name": case.name, "due": format_due(moved.due_at)}
    await notify_account(conn, seal, case.asker, _TOLD[move], facts, now=now)
    if move is CaseMove.ESCALATE and case.category not in _PAID_BY_SELLER:
        await _notify_turn(conn, seal, moved, "case_assigned", now=now)
    elif move is CaseMove.ESCALATE:
        await notify_finance(
            conn, seal, sale.order_id, "case_raised_finance", facts, suborder_id=sale.suborder_id, now=now
        )
    return moved


async def notify_overdue_case(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    """Tell the officials whose turn it is of a case that is past its deadline at its last level."""
    if case.category not in _PAID_BY_SELLER:
        await _notify_turn(conn, seal, case, "case_overdue", now=now)
        return
    sale = await GET_SALE_CASE.one(conn, case_id=case.id)
    facts = {"order": str(sale.order_number), "name": case.name, "due": format_due(case.due_at)}
    await notify_finance(
        conn, seal, sale.order_id, "case_overdue_finance", facts, suborder_id=sale.suborder_id, now=now
    )


async def notify_late_case(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    """Tell who asked, and the officials whose turn it is now, that a case went one level up because it was late.

    A mediation has messages of its own (`market/sales/mediation/agree.py`).
    """
    if case.category not in _PAID_BY_SELLER | {_MEDIATION}:
        facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
        if case.asker_id is not None:
            await notify_account(conn, seal, case.asker_id, "case_late", facts, now=now)
        await _notify_turn(conn, seal, case, "case_assigned", now=now)


async def _notify_turn(conn: Connection, seal: Seal, case: LockedCase, template: str, *, now: datetime) -> None:
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, template, facts, now=now)


def _require_answerer(actor: Actor, case: LockedCase) -> None:
    if case.assignee == SELLER and case.against_producer_id is not None:
        require_producer(actor, case.against_producer_id)
    else:
        require_case_role(actor, case.assignee, case.county_code)


async def _lock(conn: Connection, case_id: UUID) -> tuple[SaleCase, LockedCase]:
    sale = await GET_SALE_CASE.maybe(conn, case_id=case_id)
    if sale is None:
        raise NotFound
    await lock_order_by_suborder(conn, sale.suborder_id)
    return sale, await lock_case(conn, case_id)


def _check_text(text: str, *, required: bool) -> str:
    written = clean_text(text)
    if required and not written:
        raise CaseTextInvalid(errors=(FieldFault("text", say("请写一下，两边都看得到")),))
    if len(written) > MAX_CLAIM_TEXT_LENGTH:
        raise CaseTextInvalid(errors=(FieldFault("text", say("最多 {0} 字", MAX_CLAIM_TEXT_LENGTH)),))
    return written

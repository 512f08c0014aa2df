"""A mediator of the county proposes a share; both sides agree to it, or the platform decides. Silence is no consent."""

from datetime import datetime, timedelta
from uuid import UUID

from market.cases.casework.history import get_case
from market.cases.casework.models import (
    CaseAnswererInvolved,
    CaseMove,
    CaseNotMovable,
    CaseOutcome,
    CaseState,
    LockedCase,
)
from market.cases.casework.moves import get_person_scope, lock_case, move_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.places.counties.load import load_county_settings
from market.sales.aftersales.answer_goods_return import send_refunds
from market.sales.mediation.end import check_share, compute_share, end_with_share, lock_assigned_mediation
from market.sales.mediation.mediate import check_text
from market.sales.mediation.models import MAX_MEDIATION_TEXT_LENGTH, MEDIATION, InvalidMediation
from market.sales.mediation.views import Mediation, get_mediation
from market.sales.orders.transitions import lock_order_by_suborder
from payments import Gateway, RefundId
from payments.money import format_yuan

INSERT_PROPOSAL = Query(
    UUID,
    """
    INSERT INTO mediation_proposals (case_id, share_bp, proposed_by, proposed_at)
    VALUES (:case_id, :share_bp, :account_id, :now)
    RETURNING case_id
    """,
)
AGREE_AS_BUYER = Query(
    UUID,
    """
    UPDATE mediation_proposals SET buyer_agreed_at = :now WHERE case_id = :case_id AND buyer_agreed_at IS NULL
    RETURNING case_id
    """,
)
AGREE_AS_SELLER = Query(
    UUID,
    """
    UPDATE mediation_proposals SET seller_agreed_at = :now, seller_agreed_by = :account_id
     WHERE case_id = :case_id AND seller_agreed_at IS NULL
    RETURNING case_id
    """,
)
IS_PARTY = Query(
    bool,
    """
    SELECT is_same_person(:account_id, asker_id)
           OR EXISTS (SELECT FROM producer_members
                       WHERE producer_id = against_producer_id AND is_same_person(:account_id, account_id))
      FROM cases WHERE id = :case_id
    """,
)


async def propose_share(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, share_bp: int, reason: str, now: datetime
) -> Mediation:
    """Propose a share of what is disputed, once, in the caller's transaction with the official's scope.

    Both sides are told, and answer within the county's `mediation_answer_days`; who has said nothing by then did not
    agree, and the platform decides. Source: 民法典 140 (silence), 人民调解法 3 (consent).

    Raises:
        NotFound, SecondFactorRequired, MediatorInvolved: see `lock_assigned_mediation`.
        InvalidMediation: the share is not from 0 to 10,000, or the reason is missing or too long.
        CaseNotMovable: a share was proposed before, it has ended, or the platform decides.
        CaseAnswererInvolved: the official is the buyer, or works for the seller.
    """
    check_share(share_bp)
    written = check_text(reason, field="reason", missing="请写为什么，买家和卖家都看得到")
    mediation, case = await lock_assigned_mediation(conn, seal, official, case_id)
    if case.level == len(case.path):
        raise CaseNotMovable(state=case.state)
    if await IS_PARTY.one(conn, case_id=case_id, account_id=official.account_id):
        raise CaseAnswererInvolved
    settings = await load_county_settings(conn, case.county_code, day=get_business_day(now))
    answer_by = now + timedelta(days=settings.mediation_answer_days)
    await move_case(conn, seal, case, CaseMove.PROPOSE, by=official, reason=written, new_due_at=answer_by, now=now)
    await INSERT_PROPOSAL.one(conn, case_id=case_id, share_bp=share_bp, account_id=official.account_id, now=now)
    facts = {
        "order": str(mediation.order_number),
        "amount": format_yuan(compute_share(amount_fen=mediation.amount_fen, share_bp=share_bp)),
        "due": format_due(answer_by),
    }
    await notify_account(conn, seal, case.asker, "mediation_proposed", facts, now=now)
    await notify_producer(conn, seal, mediation.producer_id, "mediation_proposed_seller", facts, now=now)
    return await _get(conn, seal, case_id)


async def answer_proposal(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, case_id: UUID,
    *, agree: bool, reason: str = "", now: datetime,
) -> Mediation:  # fmt: skip
    """Agree to what the mediator proposed, as the buyer or for the seller, or refuse it, and the platform decides.

    The share is refunded as soon as both have agreed; nobody takes an agreement back, and agreeing twice changes
    nothing. Opens its own transactions.

    Raises:
        NotFound: the actor is neither the buyer nor works for the seller.
        InvalidMediation: the reason is too long.
        CaseNotMovable: nothing is proposed, the time to answer has passed, or the actor's side agreed before.
        PaymentDisputed, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    written = clean_text(reason)
    if len(written) > MAX_MEDIATION_TEXT_LENGTH:
        raise InvalidMediation(errors=(FieldFault("reason", say("最多 {0} 字", MAX_MEDIATION_TEXT_LENGTH)),))
    refunds: list[RefundId] = []
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        unlocked = await _get(conn, seal, case_id)
        is_buyer = (await get_case(conn, case_id)).asker_id == actor.account_id
        if not is_buyer:
            require_producer(actor, unlocked.producer_id)
        await lock_order_by_suborder(conn, unlocked.suborder_id)
        case = await lock_case(conn, case_id)
        mediation = await _get(conn, seal, case_id)
        has_agreed = mediation.buyer_agreed if is_buyer else mediation.seller_agreed
        if agree and has_agreed:
            return mediation
        if case.state is not CaseState.ASSIGNED or case.due_at <= now or has_agreed:
            raise CaseNotMovable(state=case.state)
        if not agree:
            case = await move_case(conn, seal, case, CaseMove.REFUSE, by=actor, reason=written, now=now)
            await _tell_raised(conn, seal, mediation, case, now=now)
        else:
            case = await move_case(conn, seal, case, CaseMove.AGREE, by=actor, now=now)
            refunds = await _agree(conn, seal, actor, mediation, case, is_buyer=is_buyer, now=now)
        current = await _get(conn, seal, case_id)
    await send_refunds(db, gateway, refunds, now=now)
    return current


async def _agree(
    conn: Connection, seal: Seal, actor: Actor, mediation: Mediation, case: LockedCase, *, is_buyer: bool, now: datetime
) -> list[RefundId]:
    """Record that one side agrees; if the other has agreed, close the case and refund the share."""
    assert mediation.proposed_bp is not None, "checked by the move"
    assert mediation.proposed_by is not None, "checked by the move"
    if is_buyer:
        await AGREE_AS_BUYER.one(conn, case_id=case.id, now=now)
    else:
        await AGREE_AS_SELLER.one(conn, case_id=case.id, account_id=actor.account_id, now=now)
    if not (mediation.seller_agreed if is_buyer else mediation.buyer_agreed):
        return []
    await move_case(conn, seal, case, CaseMove.SETTLE, by=actor, outcome=CaseOutcome.SOLVED, now=now)
    return await end_with_share(
        conn, seal, mediation, case, share_bp=mediation.proposed_bp, agreed=True, by=mediation.proposed_by,
        note=mediation.proposal, now=now,
    )  # fmt: skip


async def notify_late_mediation(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    """Tell both sides and the platform that nothing was proposed or agreed to in time, and the platform decides."""
    if case.category == MEDIATION:
        await _tell_raised(conn, seal, await _get(conn, seal, case.id), case, now=now)


async def _tell_raised(conn: Connection, seal: Seal, mediation: Mediation, case: LockedCase, *, now: datetime) -> None:
    facts = {"order": str(mediation.order_number), "due": format_due(case.due_at)}
    await notify_account(conn, seal, case.asker, "mediation_raised", facts, now=now)
    await notify_producer(conn, seal, mediation.producer_id, "mediation_raised", facts, now=now)
    told = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", told, now=now)


async def _get(conn: Connection, seal: Seal, case_id: UUID) -> Mediation:
    found = await get_mediation(conn, seal, case_id)
    if found is None:
        raise NotFound
    return found

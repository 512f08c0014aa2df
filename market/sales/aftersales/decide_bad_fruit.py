"""Answer a claim for bad fruit as the seller, or decide it as an official; granted money is refunded at once."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import SELLER, CaseMove, CaseNotMovable, CaseOutcome, LockedCase
from market.cases.casework.moves import get_person_scope, lock_case, move_case
from market.kernel import Connection, Database, Fen, FieldFault, GatewayUnavailable, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.aftersales.bad_fruit import BAD_FRUIT, compute_claim_amount
from market.sales.aftersales.bad_fruit_views import BadFruitClaim, get_claim
from market.sales.aftersales.models import MAX_CLAIM_TEXT_LENGTH, ClaimInvalid, LineRefundReason, NothingLeftToClaim
from market.sales.aftersales.refund import GET_LINE, describe_refund
from market.sales.aftersales.refund_limit import needs_second_person
from market.sales.orders.money.payment_problems import notify_finance
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.money.refund_requests import LAPSE_LINE_REQUESTS
from market.sales.orders.transitions import LockedSuborder, load_suborders, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan

SELLER_AGREES = "卖家同意退，数目超过一个人能退的数，请再看一下。"
_ZERO = Fen(0)


class ClaimAnswer(Struct, frozen=True, kw_only=True):
    """What an answer came to: the sum that is refunded, or that a higher level decides now."""

    case_id: UUID
    granted_fen: Fen
    escalated: bool


class _ClaimParties(Struct, frozen=True):
    order_id: UUID
    order_number: int
    suborder_id: UUID
    producer_id: UUID


class _LockedClaim(Struct, frozen=True):
    claim: BadFruitClaim
    case: LockedCase
    suborder: LockedSuborder


GET_PARTIES = Query(
    _ClaimParties,
    """
    SELECT orders.id AS order_id, orders.number AS order_number, suborder_id, producer_id
      FROM bad_fruit_claims
      JOIN order_lines ON order_lines.id = line_id
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
     WHERE case_id = :case_id
    """,
)
GRANT_CLAIM = Query(
    UUID, "UPDATE bad_fruit_claims SET granted_fen = :granted_fen WHERE case_id = :case_id RETURNING case_id"
)


async def answer_claim(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, case_id: UUID, *, agree: bool, reason: str, now: datetime
) -> ClaimAnswer:
    """Agree to a claim as the seller, which refunds it at once, or say why not, and the county decides.

    Opens its own transactions. A claim above what one person of the seller refunds alone (`needs_second_person`) goes
    to the county too, with the seller's consent.

    Raises:
        NotFound: the claim is not against a producer that the actor works for.
        CaseNotMovable: it was answered, or the time to answer has passed.
        ClaimInvalid: a refusal without a reason, or with one that is too long.
        CaseAnswererInvolved: the actor is the buyer.
        NothingLeftToClaim: what is asked for was refunded otherwise.
        PaymentDisputed: a dispute over the order is open.
        RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    written = _check_reason(reason, required=not agree)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claim = await get_claim(conn, seal, case_id)
        if claim is None:
            raise NotFound
        require_producer(actor, claim.producer_id)
        locked = await _lock(conn, claim)
        if locked.case.assignee != SELLER:
            raise CaseNotMovable(state=locked.case.state)
        if not agree or await needs_second_person(conn, actor.account_id, locked.suborder, claim.amount_fen, now=now):
            case = await move_case(
                conn,
                seal,
                locked.case,
                CaseMove.ESCALATE,
                by=actor,
                reason=SELLER_AGREES if agree else written,
                now=now,
            )
            template = "claim_checked" if agree else "claim_refused"
            await _tell_escalated(conn, seal, case, template, now=now)
            return ClaimAnswer(case_id=case_id, granted_fen=_ZERO, escalated=True)
        refund_id = await _grant(conn, seal, actor, locked, claim.amount_fen, reason=written, now=now)
    await _send(db, gateway, refund_id, now=now)
    return ClaimAnswer(case_id=case_id, granted_fen=claim.amount_fen, escalated=False)


async def decide_claim(
    db: Database, gateway: Gateway, seal: Seal, official: Actor, case_id: UUID, *, bad: int, reason: str, now: datetime
) -> ClaimAnswer:
    """Decide a claim as the official whose turn it is: `bad` pieces of it are refunded, none if it is 0.

    Opens its own transactions; the decision closes the case.

    Raises:
        NotFound: the claim is not for the official's roles to decide, now or at all.
        SecondFactorRequired: the session has no second factor.
        CaseNotMovable: it was decided before.
        ClaimInvalid: the reason is missing or too long, or `bad` is not from 0 to what was claimed.
        CaseAnswererInvolved: the official is the buyer, or works for the seller.
        NothingLeftToClaim, PaymentDisputed, RefundExceedsPayment, InsufficientBalance: see `answer_claim`.
    """
    written = _check_reason(reason, required=True)
    async with db.transaction(scope=get_person_scope(official)) as conn:
        claim = await get_claim(conn, seal, case_id)
        if claim is None:
            raise NotFound
        require_case_role(official, claim.assignee, claim.county_code)
        if not 0 <= bad <= claim.bad:
            raise ClaimInvalid(errors=(FieldFault("bad", f"写 0 到 {claim.bad}"),))
        locked = await _lock(conn, claim)
        if locked.case.assignee != claim.assignee:
            raise CaseNotMovable(state=locked.case.state)
        granted = compute_claim_amount(line_fen=claim.line_fen, bad=bad, total=claim.total) if bad else _ZERO
        refund_id = await _grant(conn, seal, official, locked, granted, reason=written, now=now)
    await _send(db, gateway, refund_id, now=now)
    return ClaimAnswer(case_id=case_id, granted_fen=granted, escalated=False)


async def notify_late_claim(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    """Tell buyer, seller and finance that a claim went one level up because nobody answered in time."""
    if case.category == BAD_FRUIT:
        await _tell_escalated(conn, seal, case, "claim_late", now=now)


def _check_reason(reason: str, *, required: bool) -> str:
    written = clean_text(reason)
    if required and not written:
        raise ClaimInvalid(errors=(FieldFault("reason", "请写原因，买家和卖家都看得到"),))
    if len(written) > MAX_CLAIM_TEXT_LENGTH:
        raise ClaimInvalid(errors=(FieldFault("reason", f"最多 {MAX_CLAIM_TEXT_LENGTH} 字"),))
    return written


async def _lock(conn: Connection, claim: BadFruitClaim) -> _LockedClaim:
    order = await lock_order_by_suborder(conn, claim.suborder_id)
    assert order is not None, "a claim belongs to an order"
    case = await lock_case(conn, claim.case_id)
    suborders = await load_suborders(conn, order.id)
    return _LockedClaim(claim, case, next(each for each in suborders if each.id == claim.suborder_id))


async def _grant(
    conn: Connection, seal: Seal, actor: Actor, locked: _LockedClaim, granted: Fen, *, reason: str, now: datetime
) -> RefundId | None:
    """Answer and close a case, refund what is granted, and tell buyer and seller."""
    claim, case = locked.claim, locked.case
    outcome = CaseOutcome.SOLVED if granted else CaseOutcome.UNSOLVED
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=reason, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    await GRANT_CLAIM.one(conn, case_id=case.id, granted_fen=granted)
    facts = {"order": str(claim.order_number)}
    if not granted:
        await notify_account(conn, seal, case.asker, "claim_rejected", facts, now=now)
        await notify_producer(conn, seal, claim.producer_id, "claim_rejected_seller", facts, now=now)
        return None
    line = await GET_LINE.one(conn, line_id=claim.line_id)
    if granted > line.left_fen:
        # The claim comes before what the seller asked for and nobody consented to.
        await LAPSE_LINE_REQUESTS.run(conn, line_id=claim.line_id, now=now)
        line = await GET_LINE.one(conn, line_id=claim.line_id)
    if granted > line.left_fen:
        raise NothingLeftToClaim(left_fen=line.left_fen)
    refunds = await refund_suborder(
        conn, locked.suborder, goods_fen=granted, line_id=claim.line_id, key=f"claim:{case.number}",
        kind=describe_refund(locked.suborder, LineRefundReason.BAD_FRUIT), reason=LineRefundReason.BAD_FRUIT,
        by=actor.account_id, note=reason, now=now,
    )  # fmt: skip
    facts["amount"] = format_yuan(granted)
    await notify_account(conn, seal, case.asker, "claim_granted", facts, now=now)
    await notify_producer(conn, seal, claim.producer_id, "claim_granted_seller", facts, now=now)
    return refunds[0].id if refunds else None


async def _tell_escalated(conn: Connection, seal: Seal, case: LockedCase, template: str, *, now: datetime) -> None:
    parties = await GET_PARTIES.one(conn, case_id=case.id)
    facts = {"order": str(parties.order_number), "due": format_due(case.due_at)}
    await notify_account(conn, seal, case.asker, template, facts, now=now)
    await notify_producer(conn, seal, parties.producer_id, f"{template}_seller", facts, now=now)
    await notify_finance(
        conn, seal, parties.order_id, "claim_waiting_finance", facts, suborder_id=parties.suborder_id, now=now
    )


async def _send(db: Database, gateway: Gateway, refund_id: RefundId | None, *, now: datetime) -> None:
    if refund_id is not None:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)

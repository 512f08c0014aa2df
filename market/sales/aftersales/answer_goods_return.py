"""Answer a return of goods as the seller, or decide it as an official; confirm its arrival, which refunds it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import SELLER, CaseMove, CaseNotMovable, CaseOutcome, LockedCase
from market.cases.casework.moves import get_person_scope, lock_case, move_case
from market.kernel import Connection, Database, FieldFault, GatewayUnavailable, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.aftersales.goods_return import END_GOODS_RETURN_LINES, GOODS_RETURN, SENDING_PERIOD
from market.sales.aftersales.goods_return_views import (
    RETURN_ADDRESS_CONTEXT,
    GoodsReturn,
    GoodsReturnStage,
    get_goods_return,
)
from market.sales.aftersales.models import MAX_CLAIM_TEXT_LENGTH, GoodsReturnInvalid
from market.sales.aftersales.refund import name_refund
from market.sales.aftersales.refund_limit import needs_second_person
from market.sales.orders.money.payment_problems import notify_finance
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import LockedSuborder, load_suborders, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan

RETURN_REFUND_REASON = "goods_return"
MAX_ADDRESS_LENGTH = 120
TWO_PEOPLE = "货收到了，数目超过一个人能退的数，请再看一下。"


class LockedGoodsReturn(Struct, frozen=True):
    """A return, its locked case, and the suborder of its locked order."""

    goods_return: GoodsReturn
    case: LockedCase
    suborder: LockedSuborder


ACCEPT_GOODS_RETURN = Query(
    UUID,
    """
    UPDATE goods_returns SET address_sealed = :address_sealed, accepted_by = :account_id, accepted_at = :now
     WHERE case_id = :case_id
    RETURNING case_id
    """,
)
ERASE_RETURN_ADDRESSES = Query(None, "SELECT erase_return_addresses(:account_id::uuid)")
MARK_GOODS_ARRIVED = Query(
    UUID, "UPDATE goods_returns SET arrived_at = :now WHERE case_id = :case_id RETURNING case_id"
)


async def erase_return_addresses(conn: Connection, account_id: UUID) -> None:
    """Erase where goods were sent back to, of the returns to an account's household that ended."""
    await ERASE_RETURN_ADDRESSES.run(conn, account_id=account_id)


async def answer_goods_return(
    db: Database, seal: Seal, actor: Actor, case_id: UUID, *, agree: bool, text: str, now: datetime
) -> GoodsReturn:
    """Accept a return as the seller, where `text` is the address for it, or refuse it with a reason.

    A refused return goes to the county. Opens its own transaction.

    Raises:
        NotFound: the return is not against a producer that the actor works for.
        GoodsReturnInvalid: the address or the reason is missing or too long.
        CaseNotMovable: it was answered, or the time to answer has passed.
        CaseAnswererInvolved: the actor is the buyer.
    """
    written = _check_text(text, field="address" if agree else "reason")
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await _get_return(conn, seal, case_id)
        require_producer(actor, found.producer_id)
        locked = await lock_goods_return(conn, seal, found)
        if locked.goods_return.stage is not GoodsReturnStage.ASKED or locked.case.assignee != SELLER:
            raise CaseNotMovable(state=locked.case.state)
        if agree:
            await _accept(conn, seal, actor, locked, address=written, reason="", now=now)
        else:
            case = await move_case(conn, seal, locked.case, CaseMove.ESCALATE, by=actor, reason=written, now=now)
            await _tell_raised(conn, seal, locked.goods_return, case, "goods_return_refused", now=now)
        return await _get_return(conn, seal, case_id)


async def confirm_goods_arrival(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, case_id: UUID, *, objection: str = "", now: datetime
) -> GoodsReturn:
    """Confirm as the seller that a return arrived, which refunds it at once, or object to it with a reason.

    An objection goes to the next level. So does a refund above what one person of the seller gives alone
    (`needs_second_person`), unless an official accepted the return. Opens its own transactions.

    Raises:
        NotFound: the return is not against a producer that the actor works for.
        GoodsReturnInvalid: the reason is too long.
        CaseNotMovable: the return was not accepted, or has ended.
        PaymentDisputed: a dispute over the order is open.
        RefundAmountTooHigh, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    written = clean_text(objection)
    if len(written) > MAX_CLAIM_TEXT_LENGTH:
        raise GoodsReturnInvalid(errors=(FieldFault("reason", f"最多 {MAX_CLAIM_TEXT_LENGTH} 字"),))
    refunds: list[RefundId] = []
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await _get_return(conn, seal, case_id)
        require_producer(actor, found.producer_id)
        locked = await lock_goods_return(conn, seal, found)
        if locked.goods_return.stage is not GoodsReturnStage.SENT:
            raise CaseNotMovable(state=locked.case.state)
        await MARK_GOODS_ARRIVED.one(conn, case_id=case_id, now=now)
        if written or await exceeds_limit(conn, actor.account_id, locked, now=now):
            template = "goods_return_objected" if written else "goods_return_checked"
            await reopen_goods_return(
                conn, seal, locked, by=actor, reason=written or TWO_PEOPLE, template=template, now=now
            )
        else:
            refunds = await refund_goods(conn, seal, locked, by=actor.account_id, note="", now=now)
        current = await _get_return(conn, seal, case_id)
    await send_refunds(db, gateway, refunds, now=now)
    return current


async def decide_goods_return(
    db: Database, gateway: Gateway, seal: Seal, official: Actor, case_id: UUID,
    *, grant: bool, reason: str, address: str = "", now: datetime,
) -> GoodsReturn:  # fmt: skip
    """Decide a return as the official whose turn it is; opens its own transactions.

    Before the goods were sent, granting accepts the return, and the buyer sends them to `address`; afterwards it
    refunds them at once. Not granting closes the case.

    Raises:
        NotFound: the return is not for the official's roles to decide, now or at all.
        SecondFactorRequired: the session has no second factor.
        GoodsReturnInvalid: the reason or the address is missing or too long.
        CaseNotMovable: it was decided before.
        CaseAnswererInvolved: the official is the buyer, or works for the seller.
        PaymentDisputed, RefundAmountTooHigh, RefundExceedsPayment, InsufficientBalance: see `confirm_goods_arrival`.
    """
    written = _check_text(reason, field="reason")
    refunds: list[RefundId] = []
    async with db.transaction(scope=get_person_scope(official)) as conn:
        found = await _get_return(conn, seal, case_id)
        require_case_role(official, found.assignee, found.county_code)
        locked = await lock_goods_return(conn, seal, found)
        if locked.case.assignee != found.assignee or locked.goods_return.stage not in {
            GoodsReturnStage.ASKED,
            GoodsReturnStage.CONTESTED,
        }:
            raise CaseNotMovable(state=locked.case.state)
        if not grant:
            await _refuse(conn, seal, official, locked, reason=written, now=now)
        elif locked.goods_return.stage is GoodsReturnStage.ASKED:
            where = _check_text(address, field="address")
            await _accept(conn, seal, official, locked, address=where, reason=written, now=now)
        else:
            case = await move_case(conn, seal, locked.case, CaseMove.ANSWER, by=official, reason=written, now=now)
            answered = LockedGoodsReturn(locked.goods_return, case, locked.suborder)
            refunds = await refund_goods(conn, seal, answered, by=official.account_id, note=written, now=now)
        current = await _get_return(conn, seal, case_id)
    await send_refunds(db, gateway, refunds, now=now)
    return current


async def notify_late_return(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    """Tell buyer, seller and finance that a return went one level up because nobody answered in time."""
    if case.category == GOODS_RETURN:
        goods_return = await _get_return(conn, seal, case.id)
        await _tell_raised(conn, seal, goods_return, case, "goods_return_late", now=now)


def _check_text(text: str, *, field: str) -> str:
    written = clean_text(text)
    most = MAX_ADDRESS_LENGTH if field == "address" else MAX_CLAIM_TEXT_LENGTH
    if not written:
        missing = "请写退到哪里：收件人、电话、地址" if field == "address" else "请写原因，买家和卖家都看得到"
        raise GoodsReturnInvalid(errors=(FieldFault(field, missing),))
    if len(written) > most:
        raise GoodsReturnInvalid(errors=(FieldFault(field, f"最多 {most} 字"),))
    return written


async def _get_return(conn: Connection, seal: Seal, case_id: UUID) -> GoodsReturn:
    found = await get_goods_return(conn, seal, case_id)
    if found is None:
        raise NotFound
    return found


async def lock_goods_return(conn: Connection, seal: Seal, unlocked: GoodsReturn) -> LockedGoodsReturn:
    """Lock the order and then the case of a return, and return it as it is now."""
    order = await lock_order_by_suborder(conn, unlocked.suborder_id)
    assert order is not None, "a return belongs to an order"
    case = await lock_case(conn, unlocked.case_id)
    suborders = await load_suborders(conn, order.id)
    suborder = next(each for each in suborders if each.id == unlocked.suborder_id)
    return LockedGoodsReturn(await _get_return(conn, seal, unlocked.case_id), case, suborder)


async def exceeds_limit(conn: Connection, account_id: UUID, locked: LockedGoodsReturn, *, now: datetime) -> bool:
    """Return whether a return that the seller accepted is above what one person of the seller refunds alone."""
    return locked.case.assignee == SELLER and await needs_second_person(
        conn, account_id, locked.suborder, locked.goods_return.amount_fen, now=now
    )


async def _accept(
    conn: Connection, seal: Seal, actor: Actor, locked: LockedGoodsReturn,
    *, address: str, reason: str, now: datetime,
) -> None:  # fmt: skip
    case = locked.case
    await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=reason, now=now)
    await ACCEPT_GOODS_RETURN.one(
        conn,
        case_id=case.id,
        address_sealed=seal.seal(address, RETURN_ADDRESS_CONTEXT),
        account_id=actor.account_id,
        now=now,
    )
    facts = {"order": str(locked.goods_return.order_number)}
    await notify_account(
        conn, seal, case.asker, "goods_return_accepted", facts | {"days": str(SENDING_PERIOD.days)}, now=now
    )
    if case.assignee != SELLER:
        await notify_producer(
            conn, seal, locked.goods_return.producer_id, "goods_return_accepted_seller", facts, now=now
        )


async def _refuse(
    conn: Connection, seal: Seal, official: Actor, locked: LockedGoodsReturn, *, reason: str, now: datetime
) -> None:
    case = await move_case(conn, seal, locked.case, CaseMove.ANSWER, by=official, reason=reason, now=now)
    await move_case(conn, seal, case, CaseMove.CLOSE, by=None, outcome=CaseOutcome.UNSOLVED, now=now)
    await END_GOODS_RETURN_LINES.run(conn, case_id=case.id, state="refused")
    facts = {"order": str(locked.goods_return.order_number)}
    await notify_account(conn, seal, case.asker, "goods_return_rejected", facts, now=now)
    await notify_producer(conn, seal, locked.goods_return.producer_id, "goods_return_rejected_seller", facts, now=now)


async def reopen_goods_return(
    conn: Connection, seal: Seal, locked: LockedGoodsReturn,
    *, by: Actor | None, reason: str, template: str, now: datetime,
) -> None:  # fmt: skip
    """Give a return that was sent to the next level, and tell everybody concerned; `by` is None for the clock."""
    case = await move_case(conn, seal, locked.case, CaseMove.REOPEN, by=by, reason=reason, now=now)
    await _tell_raised(conn, seal, locked.goods_return, case, template, now=now)


async def refund_goods(
    conn: Connection, seal: Seal, locked: LockedGoodsReturn, *, by: UUID, note: str, now: datetime
) -> list[RefundId]:
    """Close the answered case of a return and refund each of its lines, in the name of the account `by`.

    Raises:
        PaymentDisputed: a dispute over the order is open.
        RefundAmountTooHigh, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    goods_return, case = locked.goods_return, locked.case
    await move_case(conn, seal, case, CaseMove.CLOSE, by=None, outcome=CaseOutcome.SOLVED, now=now)
    await END_GOODS_RETURN_LINES.run(conn, case_id=case.id, state="refunded")
    refunds: list[RefundId] = []
    for line in goods_return.lines:
        # What is left of the producer's part and of the commission changes with each line.
        suborders = await load_suborders(conn, locked.suborder.order_id)
        suborder = next(each for each in suborders if each.id == goods_return.suborder_id)
        given = await refund_suborder(
            conn, suborder, goods_fen=line.amount_fen, line_id=line.line_id, key=f"return:{case.number}",
            kind=name_refund(suborder, "goods return"), reason=RETURN_REFUND_REASON, by=by, note=note, now=now,
        )  # fmt: skip
        refunds += [each.id for each in given]
    facts = {"order": str(goods_return.order_number), "amount": format_yuan(goods_return.amount_fen)}
    await notify_account(conn, seal, case.asker, "goods_return_refunded", facts, now=now)
    await notify_producer(conn, seal, goods_return.producer_id, "goods_return_refunded_seller", facts, now=now)
    return refunds


async def _tell_raised(
    conn: Connection, seal: Seal, goods_return: GoodsReturn, case: LockedCase, template: str, *, now: datetime
) -> None:
    facts = {"order": str(goods_return.order_number), "due": format_due(case.due_at)}
    await notify_account(conn, seal, case.asker, template, facts, now=now)
    await notify_producer(conn, seal, goods_return.producer_id, f"{template}_seller", facts, now=now)
    await notify_finance(
        conn, seal, goods_return.order_id, "goods_return_waiting_finance", facts,
        suborder_id=goods_return.suborder_id, now=now,
    )  # fmt: skip


async def send_refunds(db: Database, gateway: Gateway, refunds: Sequence[RefundId], *, now: datetime) -> None:
    """Send refunds to the provider; if it does not answer, a job sends them later."""
    for refund_id in refunds:
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)

"""Bank transfers of orders, in and back: each counts once two people found it in the bank's statement."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.sales.orders.escrow import get_order_ref, parse_order_ref
from market.sales.orders.money.bank_numbers import lock_number_for_order
from market.sales.orders.money.repairs import audit_repair, clean_repair_text, require_order_money_role
from market.sales.orders.money.transfer_records import add_transfer_record, is_found_by_two
from market.sales.orders.money.uninvolved import require_uninvolved
from market.sales.orders.pay import find_current_payment
from market.sales.orders.transitions import LockedOrder, lock_order_by_number
from payments import (
    KeyAlreadyUsed,
    Method,
    Payment,
    Refund,
    RefundId,
    RefundState,
    get_payment,
    get_refund,
    list_payments,
    record_bank_transfer,
    record_refund_transfer,
    stop_retrying_refund,
)


async def record_transfer(
    conn: Connection, actor: Actor | None, number: int, *, reference: str, now: datetime
) -> Payment:
    """Record that the bank transfer for an order arrived, in the caller's transaction.

    It counts once another person recorded it under the same number; then the outbox marks the order as paid. If the
    order has expired, was cancelled or is paid in another way, its money waits to be returned by bank transfer.

    Raises:
        NotFound: the order has no payment that is open or captured, and none by bank transfer.
        NotBankTransfer: the order has payments through the provider alone.
        AnotherTransferRecorded: the order was recorded with another reference.
        TransferRecordedBefore: the reference was recorded for another order, or for a public unit.
        OwnOrderMoney: the actor bought or sold in the order.
        RepairTextMissing: the reference is empty or too long.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money.
    """
    order = await _lock_order(conn, actor, number)
    before = await find_current_payment(conn, get_order_ref(number))
    if before is None or before.method is not Method.BANK:
        before = await _find_ended_transfer(conn, number) or before
    if before is None:
        raise NotFound
    reference = clean_repair_text(reference)
    await lock_number_for_order(conn, reference)
    detail: dict[str, object] = {"reference": reference, "amount_minor": before.amount_minor}
    if before.method is Method.BANK and not before.captured_minor:
        await add_transfer_record(conn, actor, order.id, reference, now=now)
        if not await is_found_by_two(conn, order.id, reference):
            return before
    payment = await record_bank_transfer(conn, before.id, reference=reference, at=now)
    if payment.captured_minor != before.captured_minor:
        await audit_repair(conn, actor, "transfer.confirm", f"order:{number}", detail=detail, now=now)
    return payment


async def record_repaid(
    conn: Connection, actor: Actor | None, refund_id: UUID, *, reference: str, now: datetime
) -> Refund:
    """Record that a failed refund was paid by bank transfer, in the caller's transaction; repeating changes nothing.

    It counts once another person recorded it under the same number: what one alone records may never have been paid,
    and nobody would look at it again. `reference` is the bank's number.

    Raises:
        RefundNotFound: the refund does not exist.
        KeyAlreadyUsed: the refund is with the provider, or it has arrived, or a lost dispute covers all of it.
        TransferRecordedBefore: the reference was recorded for a public unit, or pays another refund.
        OwnOrderMoney: the actor bought or sold in the order.
        RepairTextMissing: the reference is empty or too long.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money.
    """
    payment = await get_payment(conn, (await get_refund(conn, RefundId(refund_id))).payment_id)
    order = await _lock_order(conn, actor, parse_order_ref(payment.order_ref))
    before = await get_refund(conn, RefundId(refund_id))
    reference = clean_repair_text(reference)
    detail: dict[str, object] = {"refund": str(before.id), "reference": reference}
    if before.state is RefundState.FAILED or (before.state, payment.method) == (RefundState.REQUESTED, Method.BANK):
        await lock_number_for_order(conn, reference)
        await add_transfer_record(conn, actor, order.id, reference, refund_id=refund_id, now=now)
        if not await is_found_by_two(conn, order.id, reference, refund_id=refund_id):
            # The buyer may have the money: nothing sends it once more before the other person looked.
            await stop_retrying_refund(conn, before.id)
            return before
    elif before.reason != reference:
        raise KeyAlreadyUsed(key=before.key)
    refund = await record_refund_transfer(conn, before.id, reference=reference, at=now)
    if refund.state is not before.state:
        await audit_repair(conn, actor, "refund.repaid", f"order:{order.number}", detail=detail, now=now)
    return refund


async def _lock_order(conn: Connection, actor: Actor | None, number: int) -> LockedOrder:
    """Lock an order whose transfers the actor may record.

    Raises:
        NotFound: there is no such order.
        OwnOrderMoney: the actor bought or sold in the order.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money.
    """
    await require_order_money_role(conn, actor, get_order_ref(number))
    await require_uninvolved(conn, actor, number)
    order = await lock_order_by_number(conn, number)
    if order is None:
        raise NotFound
    return order


async def _find_ended_transfer(conn: Connection, number: int) -> Payment | None:
    """Return the latest payment by bank transfer of an order whose current payment is none."""
    payments = await list_payments(conn, get_order_ref(number))
    return next((each for each in payments if each.method is Method.BANK), None)

"""Money that comes and goes by bank transfer, which no provider reports: a person records it.

A number of the bank counts once for what came, and once for what went back.
"""

from datetime import datetime

from payments.errors import (
    AnotherTransferRecorded,
    FieldFault,
    KeyAlreadyUsed,
    NotBankTransfer,
    Refusal,
    TransferRecordedBefore,
)
from payments.models import Method, Payment, PaymentId, PaymentState, Refund, RefundId, RefundState, resolve_time
from payments.pay import lock_payment
from payments.records import SET_PROVIDER_REF, book_capture, get_clearing_account, transition_payment
from payments.refund import LOCK_REFUND, get_refund
from payments.refund_records import GET_COVERED_AMOUNT, REFUND_COLUMNS, record_refund
from payments.sql import Connection, Query

_PREFIX = "bank:"
FIND_ORDER_OF_TRANSFER = Query(
    str, "SELECT order_ref FROM {schema}.payments WHERE provider_ref = :ref AND id IS DISTINCT FROM :payment_id::uuid"
)

FIND_ORDER_OF_REFUND = Query(
    str,
    """
    SELECT order_ref FROM {schema}.refunds JOIN {schema}.payments ON payments.id = payment_id
     WHERE refunds.provider_ref = :ref AND refunds.id <> :refund_id
    """,
)
MARK_REFUNDED_BY_TRANSFER = Query(
    Refund,
    """
    UPDATE {schema}.refunds
       SET state = 'succeeded', attempt = attempt + CASE state WHEN 'failed' THEN 1 ELSE 0 END, succeeded_at = :at,
           reason = :reference, provider_ref = :ref, retry_at = NULL
     WHERE id = :refund_id AND state IN ('requested', 'failed')
    RETURNING """
    + REFUND_COLUMNS,
)


async def require_new_transfer(conn: Connection, reference: str, *, payment_id: PaymentId | None = None) -> None:
    """Require that no payment, or none but that of `payment_id`, was booked under the bank's `reference`.

    Raises:
        TransferRecordedBefore: one was.
    """
    order = await FIND_ORDER_OF_TRANSFER.maybe(conn, ref=_to_provider_ref(reference), payment_id=payment_id)
    if order is not None:
        raise _refuse_reference(TransferRecordedBefore, reference=reference, order=order)


async def record_bank_transfer(
    conn: Connection, payment_id: PaymentId, *, reference: str, at: datetime | None = None
) -> Payment:
    """Book a received bank transfer under the bank's `reference`, in the caller's transaction. Idempotent.

    The money of a closed payment is booked too, as a refund that waits to be returned by bank transfer.

    Raises:
        PaymentNotFound: the payment does not exist.
        NotBankTransfer: the payment goes through a provider.
        AnotherTransferRecorded: the payment was booked under another reference.
        TransferRecordedBefore: another payment was booked under this reference.
    """
    payment = await lock_payment(conn, payment_id)
    if payment.method is not Method.BANK:
        raise NotBankTransfer
    moment, ref = resolve_time(at), _to_provider_ref(reference)
    if payment.captured_minor and payment.provider_ref != ref:
        recorded = (payment.provider_ref or "").removeprefix(_PREFIX)
        raise _refuse_reference(AnotherTransferRecorded, reference=recorded)
    await require_new_transfer(conn, reference, payment_id=payment.id)
    if payment.state is PaymentState.CREATED:
        payment = await transition_payment(conn, payment, PaymentState.PROCESSING, at=moment, ref=ref)
    elif payment.provider_ref is None:
        payment = await SET_PROVIDER_REF.one(conn, payment_id=payment.id, ref=ref)
    return await book_capture(conn, payment, moment)


async def record_refund_transfer(
    conn: Connection, refund_id: RefundId, *, reference: str, at: datetime | None = None
) -> Refund:
    """Book a refund that was paid by bank transfer, in the caller's transaction; `reference` is the bank's number.

    For payments by bank transfer, and for refunds that failed at the provider; of these what lost disputes cover is not
    transferred. Repeating changes nothing.

    Raises:
        RefundNotFound: the refund does not exist.
        TransferRecordedBefore: another refund was booked under this reference.
        KeyAlreadyUsed: the refund is pending at the provider or succeeded there, or lost disputes cover all of it.
    """
    refund = await get_refund(conn, refund_id)
    payment = await lock_payment(conn, refund.payment_id)
    refund = await LOCK_REFUND.one(conn, refund_id=refund_id)
    if refund.state is RefundState.SUCCEEDED and refund.reason == reference:
        return refund
    by_bank = payment.method is Method.BANK and refund.state is RefundState.REQUESTED
    if not by_bank and refund.state is not RefundState.FAILED:
        raise KeyAlreadyUsed(key=refund.key)
    covered = await GET_COVERED_AMOUNT.maybe(conn, refund_id=refund_id) or 0
    if covered == refund.amount_minor:
        raise KeyAlreadyUsed(key=refund.key)
    moment, ref = resolve_time(at), _to_provider_ref(reference)
    order = await FIND_ORDER_OF_REFUND.maybe(conn, ref=ref, refund_id=refund_id)
    if order is not None:
        raise _refuse_reference(TransferRecordedBefore, reference=reference, order=order)
    paid = await MARK_REFUNDED_BY_TRANSFER.one(conn, refund_id=refund_id, reference=reference, ref=ref, at=moment)
    account = get_clearing_account(payment) if by_bank else "clearing:bank"
    await record_refund(conn, payment, paid, at=moment, account=account, covered_minor=covered)
    return paid


def _to_provider_ref(reference: str) -> str:
    return f"{_PREFIX}{reference}"


def _refuse_reference(kind: type[Refusal], **facts: object) -> Refusal:
    return kind(errors=(FieldFault("reference", kind.zh.format_map(facts)),), **facts)

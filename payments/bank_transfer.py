"""Money that comes by bank transfer, which no provider reports: a person records it."""

from datetime import datetime

from payments.errors import AnotherTransferRecorded, FieldFault, NotBankTransfer, Refusal, TransferRecordedBefore
from payments.models import Method, Payment, PaymentId, PaymentState, resolve_time
from payments.pay import lock_payment
from payments.records import SET_PROVIDER_REF, book_capture, transition_payment
from payments.sql import Connection, Query

_PREFIX = "bank:"
FIND_ORDER_OF_TRANSFER = Query(
    str, "SELECT order_ref FROM {schema}.payments WHERE provider_ref = :ref AND id IS DISTINCT FROM :payment_id::uuid"
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


def _to_provider_ref(reference: str) -> str:
    return f"{_PREFIX}{reference}"


def _refuse_reference(kind: type[Refusal], **facts: object) -> Refusal:
    return kind(errors=(FieldFault("reference", kind.zh.format_map(facts)),), **facts)

"""Record an invoice that the seller issued outside, or a red-letter one; end a task as the official who answers it."""

from datetime import datetime
from uuid import UUID

from market.cases.casework.models import SELLER, CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import lock_case, move_case
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_case_role, require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account
from market.sales.invoices.models import (
    MAX_REASON_LENGTH,
    InvoiceInvalid,
    InvoiceNumberUsed,
    InvoiceStep,
    IssuedInvoice,
)
from market.sales.invoices.requests import GET_REQUEST, LockedRequest, lock_request
from market.sales.invoices.rules import check_issued
from market.sales.invoices.tasks import CLOSE_TASK, update_task
from market.sales.invoices.views import IssuedRow, list_issued

GET_ISSUER = Query(UUID, "SELECT producer_id FROM invoice_requests WHERE suborder_id = :suborder_id")
# Two requests of one number are decided by the key.
ADD_INVOICE = Query(
    UUID,
    """
    INSERT INTO invoices (suborder_id, producer_id, corrects_id, number, issued_on, amount_fen, self_grown, recorded_by,
                          recorded_at)
    VALUES (:suborder_id, :producer_id, :corrects_id, :number, :issued_on, :amount_fen, :self_grown, :by, :now)
    ON CONFLICT ON CONSTRAINT invoices_number_once DO NOTHING
    RETURNING id
    """,
)
TOUCH_REQUEST = Query(
    None,
    "UPDATE invoice_requests SET correcting = :correcting, touched_at = :now WHERE suborder_id = :suborder_id",
)
DROP_REQUEST = Query(
    None, "UPDATE invoice_requests SET wanted = false, correcting = false WHERE suborder_id = :suborder_id"
)
GET_TASK_SUBORDER = Query(UUID, "SELECT suborder_id FROM invoice_tasks WHERE case_id = :case_id")


def find_live_invoice(rows: list[IssuedRow]) -> IssuedRow | None:
    """Return the issued invoice that red-letter ones have not reduced to nothing; there is at most one."""
    reduced: dict[UUID, int] = {}
    for row in rows:
        if row.corrects_id is not None:
            reduced[row.corrects_id] = reduced.get(row.corrects_id, 0) + row.amount_fen
    live = (row for row in rows if row.corrects_id is None and row.amount_fen > reduced.get(row.id, 0))
    return next(live, None)


async def record_invoice(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, issued: IssuedInvoice, *, now: datetime
) -> UUID:
    """Record what a member of the seller issued outside, and settle the task if nothing is left to do; return its id.

    A red-letter invoice reduces the one that is issued, and bears its mark. In the caller's transaction with the
    seller's scope.

    Raises:
        NotFound: nobody asked for an invoice, or not of a producer that the actor works for.
        NoInvoiceDue, InvoiceStepChanged, InvoiceInvalid, InvoiceAmountWrong: see `check_issued`.
        InvoiceNumberUsed: the seller recorded the number before.
    """
    producer_id = await GET_ISSUER.maybe(conn, suborder_id=suborder_id)
    if producer_id is None:
        raise NotFound
    require_producer(actor, producer_id)
    request = await lock_request(conn, suborder_id)
    reducing = issued.step is InvoiceStep.REDUCE
    live = find_live_invoice((await list_issued(conn, [suborder_id]))[suborder_id]) if reducing else None
    checked = check_issued(
        issued,
        request.task,
        first_day=live.issued_on if live is not None else get_business_day(request.paid_at or now),
        today=get_business_day(now),
        markable=request.markable or live is not None,
    )
    invoice_id = await ADD_INVOICE.maybe(
        conn, suborder_id=suborder_id, producer_id=producer_id, corrects_id=None if live is None else live.id,
        number=checked.number, issued_on=checked.issued_on, amount_fen=checked.amount_fen,
        self_grown=checked.self_grown if live is None else live.self_grown, by=actor.account_id, now=now,
    )  # fmt: skip
    if invoice_id is None:
        raise InvoiceNumberUsed(errors=(FieldFault("number", InvoiceNumberUsed.zh),))
    left = request.net_fen - checked.amount_fen if reducing else 0
    await TOUCH_REQUEST.run(conn, suborder_id=suborder_id, correcting=request.correcting and left > 0, now=now)
    current = await GET_REQUEST.one(conn, suborder_id=suborder_id)
    await update_task(conn, seal, current, by=actor, done=checked.step, now=now)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="invoice.record", object=f"order:{request.order_number}",
        detail={"position": request.position, "step": checked.step, "amount_fen": checked.amount_fen,
                "number": checked.number}, now=now,
    )  # fmt: skip
    return invoice_id


async def answer_invoice_task(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, text: str, now: datetime
) -> None:
    """End a task that came to an official without an invoice, with the reason, which the buyer sees.

    What was invoiced too much stays to be reduced, and the seller can still record it. In the caller's transaction with
    the official's scope.

    Raises:
        NotFound: the task is not for the official to answer, now or at all.
        SecondFactorRequired: the session has no second factor.
        InvoiceInvalid: the reason is missing or too long.
        CaseNotMovable: it was settled or answered meanwhile, or is the seller's.
        CaseAnswererInvolved: the official asked, or works for the seller.
    """
    written = clean_text(text)
    if not 0 < len(written) <= MAX_REASON_LENGTH:
        raise InvoiceInvalid(errors=(FieldFault("text", f"写明白为什么，最多 {MAX_REASON_LENGTH} 字，买家看得到"),))
    suborder_id = await GET_TASK_SUBORDER.maybe(conn, case_id=case_id)
    if suborder_id is None:
        raise NotFound
    request: LockedRequest = await lock_request(conn, suborder_id)
    case = await lock_case(conn, case_id)
    if case.assignee == SELLER:
        raise NotFound
    require_case_role(official, case.assignee, case.county_code)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=CaseOutcome.UNSOLVED, now=now)
    await CLOSE_TASK.run(conn, case_id=case_id)
    await DROP_REQUEST.run(conn, suborder_id=suborder_id)
    await notify_account(
        conn, seal, request.buyer_id, "invoice_answered", {"order": str(request.order_number)}, now=now
    )

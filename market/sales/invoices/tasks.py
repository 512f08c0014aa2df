"""The seller's task about an invoice: a case with a deadline, opened when something is due and settled when done."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseOutcome, LockedCase
from market.cases.casework.moves import lock_case, move_case, open_case
from market.kernel import Connection, Database, Query
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.invoices.models import INVOICE, InvoiceStep
from market.sales.invoices.requests import LockedRequest, lock_request
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each

UPDATE_JOB = "update_invoice"
MAX_CHANGED = 200
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))


class ChangedInvoice(Struct, frozen=True):
    """A request whose sums changed, and its county."""

    id: UUID
    county_code: str


FIND_OPEN_TASK = Query(UUID, "SELECT case_id FROM invoice_tasks WHERE suborder_id = :suborder_id AND NOT closed")
INSERT_TASK = Query(
    UUID, "INSERT INTO invoice_tasks (case_id, suborder_id) VALUES (:case_id, :suborder_id) RETURNING case_id"
)
CLOSE_TASK = Query(None, "UPDATE invoice_tasks SET closed = true WHERE case_id = :case_id")
CLEAR_CHANGED = Query(None, "UPDATE invoice_requests SET changed = false WHERE suborder_id = :suborder_id")
LIST_CHANGED = Query(ChangedInvoice, "SELECT id, county_code FROM list_changed_invoices(:most::integer)")


async def find_open_task(conn: Connection, suborder_id: UUID) -> LockedCase | None:
    """Lock and return the open task of a locked request, or None."""
    case_id = await FIND_OPEN_TASK.maybe(conn, suborder_id=suborder_id)
    return None if case_id is None else await lock_case(conn, case_id)


async def update_task(
    conn: Connection, seal: Seal, request: LockedRequest, *, by: Actor | None, done: InvoiceStep, now: datetime
) -> None:
    """Open or settle the task of a locked request, as its sums and wishes are now, and tell who has to know.

    `by` is who changed them, or None for the clock; `done` is the step that was just recorded. The buyer is told once,
    when nothing is left to do: of a corrected invoice when the new one is there.
    """
    task = request.task
    case = await find_open_task(conn, request.suborder_id)
    if task.step is InvoiceStep.NONE:
        if case is not None:
            outcome = CaseOutcome.WITHDRAWN if done is InvoiceStep.NONE else CaseOutcome.SOLVED
            await move_case(conn, seal, case, CaseMove.SETTLE, by=by, outcome=outcome, now=now)
            await CLOSE_TASK.run(conn, case_id=case.id)
        if done is not InvoiceStep.NONE:
            template = "invoice_issued" if done is InvoiceStep.ISSUE else "invoice_reduced"
            await notify_account(conn, seal, request.buyer_id, template, {"order": str(request.order_number)}, now=now)
        return
    if case is not None:
        return
    case = await open_case(
        conn, seal, request.buyer_id, by=by if by is not None and by.account_id == request.buyer_id else None,
        category=INVOICE, division_code=request.village_code, against_producer_id=request.producer_id, text="", now=now,
    )  # fmt: skip
    await INSERT_TASK.one(conn, case_id=case.id, suborder_id=request.suborder_id)
    await tell_seller(conn, seal, request, case, now=now)


async def tell_seller(conn: Connection, seal: Seal, request: LockedRequest, case: LockedCase, *, now: datetime) -> None:
    """Tell the seller what has to be done about an invoice, until when."""
    template = {
        (InvoiceStep.ISSUE, False): "invoice_asked_seller",
        (InvoiceStep.REDUCE, False): "invoice_refunded_seller",
    }.get((request.task.step, request.correcting), "invoice_correct_seller")
    facts = {"order": request.code, "amount": format_yuan(request.task.least_fen), "due": format_due(case.due_at)}
    await notify_producer(conn, seal, request.producer_id, template, facts, now=now)


async def update_changed_invoices(db: Database, seal: Seal, *, now: datetime) -> int:
    """Open or settle the tasks of requests of which something was refunded or erased, at most 200; return how many.

    One transaction each; one that fails is tried again later and delays no other. After a refund the seller has to
    issue a red-letter invoice, also if the buyer's account is closed.
    """
    async with db.connection() as conn:
        changed = await LIST_CHANGED.all(conn, most=MAX_CHANGED)

    async def update(each: ChangedInvoice) -> None:
        async with db.transaction(scope=each.county_code) as conn:
            request = await lock_request(conn, each.id)
            await CLEAR_CHANGED.run(conn, suborder_id=each.id)
            await update_task(conn, seal, request, by=None, done=InvoiceStep.NONE, now=now)
        await forget_failure(db, job=UPDATE_JOB, item=each.id)

    async def fail(each: ChangedInvoice, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=UPDATE_JOB, item=each.id, error=error)

    return (await run_each(changed, update, fail)).done

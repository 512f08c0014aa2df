"""Read invoices, each reader those that concern them; the transaction has the reader's scope."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason
from market.cases.casework.models import WaitingCases
from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceSums, InvoiceTask
from market.sales.invoices.requests import MARKABLE, NET_FEN, PAID_FEN, SealedDetails, open_details
from market.sales.invoices.rules import find_task

MAX_OPEN = 100
_MAX_ISSUED = 100


class IssuedRow(Struct, frozen=True, kw_only=True):
    """An invoice that was recorded; one with `corrects_id` is a red-letter one and reduces that one.

    `old_numbers` were mistyped and corrected, oldest first.
    """

    id: UUID
    corrects_id: UUID | None
    corrected_number: str | None
    number: str
    issued_on: date
    amount_fen: Fen
    self_grown: bool
    old_numbers: list[str]


class _IssuedOfSuborder(IssuedRow, frozen=True, kw_only=True):
    suborder_id: UUID


class _InvoiceFields(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    order_number: int
    code: str
    producer_id: UUID
    producer: str
    county_code: str
    paid: bool
    paid_fen: Fen
    refunded_fen: Fen
    net_fen: Fen
    correcting: bool
    markable: bool
    weighing: bool
    case_id: UUID | None
    case_number: int | None
    assignee: str | None
    due_at: datetime | None
    stopped: bool


class SaleInvoice(_InvoiceFields, frozen=True, kw_only=True):
    """The invoice of a suborder: to whom, its sums, what has to be done next by whom until when, and what was recorded.

    `details` is None when they were erased. `markable`: it may bear the mark of self-grown produce. `weighing`: a
    weight is missing, which will change the sum. `case_id` is the open task; without one, `answer` is why the last one
    came to nothing.
    """

    details: InvoiceDetails | None
    task: InvoiceTask
    issued: list[IssuedRow]
    answer: str


class _InvoiceRow(_InvoiceFields, frozen=True, kw_only=True):
    kind: InvoiceKind
    title_sealed: bytes | None
    tax_number_sealed: bytes | None
    email_sealed: bytes | None
    wanted: bool
    answer_sealed: bytes | None


class SaleLine(Struct, frozen=True, kw_only=True):
    """A line of what is invoiced, as it was charged."""

    title: str
    unit: str
    quantity: int
    amount_fen: Fen


class SaleInvoiceState(Struct, frozen=True, kw_only=True):
    """How far the invoice of a part of an order is: whether it was asked for, is issued, and until when it is due."""

    suborder_id: UUID
    issued: bool
    due_at: datetime | None


class RecordedInvoice(IssuedRow, frozen=True, kw_only=True):
    """An invoice in a seller's register."""

    suborder_id: UUID
    code: str


_COLUMNS = (
    """
    SELECT r.suborder_id, orders.number AS order_number, orders.number || '-' || suborders.position AS code,
           r.producer_id, producers.name AS producer, r.county_code, r.kind, title_sealed, tax_number_sealed,
           email_sealed, wanted, correcting,
           orders.paid_at IS NOT NULL AS paid,
           suborders.refunded_fen + suborders.lost_fen AS refunded_fen,
           """
    + PAID_FEN
    + " AS paid_fen, "
    + NET_FEN
    + " AS net_fen, "
    + MARKABLE
    + """ AS markable,
           EXISTS (SELECT FROM order_lines l JOIN catch_weights ON line_id = l.id
                    WHERE l.suborder_id = suborders.id AND weighed_g IS NULL) AS weighing,
           cases.id AS case_id, cases.number AS case_number, path[level] AS assignee, due_at,
           stopped_at IS NOT NULL AS stopped,
           (SELECT reason_sealed FROM invoice_tasks e JOIN case_events USING (case_id)
             WHERE e.suborder_id = r.suborder_id AND move = 'answer' ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM invoice_requests r
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = r.producer_id
      LEFT JOIN invoice_tasks t ON t.suborder_id = r.suborder_id AND NOT closed
      LEFT JOIN cases ON cases.id = t.case_id
"""
)
GET_INVOICE = Query(
    _InvoiceRow,
    _COLUMNS
    + """
     WHERE r.suborder_id = :suborder_id
       AND (r.buyer_id = :account_id OR r.producer_id = ANY(:producer_ids::uuid[]))
    """,
)
GET_TASK_INVOICE = Query(
    _InvoiceRow,
    _COLUMNS + " WHERE r.suborder_id = (SELECT suborder_id FROM invoice_tasks WHERE case_id = :case_id)",
)
LIST_OPEN_INVOICES = Query(
    _InvoiceRow,
    _COLUMNS
    + """
     WHERE r.producer_id = ANY(:producer_ids::uuid[])
       AND cases.against_producer_id = ANY(:producer_ids) AND cases.category = 'invoice' AND cases.state = 'assigned'
     ORDER BY due_at, cases.id
     LIMIT :limit
    """,
)
SUM_UP_OPEN_INVOICES = Query(
    WaitingCases,
    """
    SELECT count(*)::integer AS count, min(due_at) FILTER (WHERE stopped_at IS NULL) AS due_at FROM cases
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND category = 'invoice' AND state = 'assigned'
    """,
)
_ISSUED = """
    SELECT i.id, i.corrects_id, blue.number AS corrected_number, i.number, i.issued_on, i.amount_fen, i.self_grown,
           ARRAY(SELECT v.number FROM invoice_versions v WHERE v.invoice_id = i.id ORDER BY version) AS old_numbers"""
LIST_ISSUED = Query(
    _IssuedOfSuborder,
    _ISSUED
    + """, i.suborder_id
      FROM invoices i LEFT JOIN invoices blue ON blue.id = i.corrects_id
     WHERE i.suborder_id = ANY(:suborder_ids::uuid[])
     ORDER BY i.id
     LIMIT :limit
    """,
)
# The latest of each producer, by its index.
LIST_RECORDED = Query(
    RecordedInvoice,
    _ISSUED
    + """, i.suborder_id, orders.number || '-' || suborders.position AS code
      FROM invoices i
      LEFT JOIN invoices blue ON blue.id = i.corrects_id
      JOIN suborders ON suborders.id = i.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE i.id = ANY(ARRAY(
               SELECT latest.id
                 FROM unnest(:producer_ids::uuid[]) AS own (producer_id)
                CROSS JOIN LATERAL (SELECT id FROM invoices x
                                     WHERE x.producer_id = own.producer_id
                                       AND (:before::uuid IS NULL OR x.id < :before::uuid)
                                     ORDER BY id DESC LIMIT :limit) AS latest))
     ORDER BY i.id DESC
     LIMIT :limit
    """,
)
LIST_ORDER_INVOICES = Query(
    SaleInvoiceState,
    """
    SELECT r.suborder_id, EXISTS (SELECT FROM invoices i WHERE i.suborder_id = r.suborder_id) AS issued, due_at
      FROM invoice_requests r
      JOIN suborders ON suborders.id = r.suborder_id
      LEFT JOIN invoice_tasks t ON t.suborder_id = r.suborder_id AND NOT closed
      LEFT JOIN cases ON cases.id = t.case_id
     WHERE order_id = :order_id AND r.buyer_id = :buyer_id
     LIMIT 100
    """,
)
LIST_SALE_LINES = Query(
    SaleLine,
    """
    SELECT title, unit, quantity, amount_fen FROM order_lines WHERE suborder_id = :suborder_id
     ORDER BY position LIMIT 100
    """,
)


async def list_issued(conn: Connection, suborder_ids: Sequence[UUID]) -> dict[UUID, list[IssuedRow]]:
    """Return the recorded invoices of each suborder, oldest first."""
    issued: dict[UUID, list[IssuedRow]] = {each: [] for each in suborder_ids}
    rows = await LIST_ISSUED.all(conn, suborder_ids=list(issued), limit=_MAX_ISSUED * len(issued))
    for row in rows:
        issued[row.suborder_id].append(row)
    return issued


async def _build(conn: Connection, seal: Seal, rows: Sequence[_InvoiceRow]) -> list[SaleInvoice]:
    issued = await list_issued(conn, [row.suborder_id for row in rows])
    return [
        build_from(
            SaleInvoice,
            row,
            details=open_details(seal, build_from(SealedDetails, row)),
            task=find_task(
                InvoiceSums(paid_fen=row.paid_fen, refunded_fen=row.refunded_fen, net_fen=row.net_fen),
                wanted=row.wanted,
                correcting=row.correcting,
            ),
            issued=issued[row.suborder_id],
            answer="" if row.wanted or row.case_id else open_reason(seal, row.answer_sealed),
        )
        for row in rows
    ]


async def get_sale_invoice(conn: Connection, seal: Seal, reader: Actor, suborder_id: UUID) -> SaleInvoice | None:
    """Return the invoice of a suborder of the reader, its buyer or its seller, or None if nobody asked."""
    row = await GET_INVOICE.maybe(
        conn, suborder_id=suborder_id, account_id=reader.account_id, producer_ids=list(reader.producers)
    )
    return None if row is None else (await _build(conn, seal, [row]))[0]


async def get_task_invoice(conn: Connection, seal: Seal, case_id: UUID) -> SaleInvoice | None:
    """Return the invoice that a task is about, if the person of the transaction sees the task, or None."""
    row = await GET_TASK_INVOICE.maybe(conn, case_id=case_id)
    return None if row is None else (await _build(conn, seal, [row]))[0]


async def list_open_invoices(conn: Connection, seal: Seal, producer_ids: Sequence[UUID]) -> list[SaleInvoice]:
    """Return the invoices about which something is due, by deadline, at most 100; the caller checks who reads."""
    rows = await LIST_OPEN_INVOICES.all(conn, producer_ids=list(producer_ids), limit=MAX_OPEN)
    return await _build(conn, seal, rows)


async def sum_up_open_invoices(conn: Connection, actor: Actor) -> WaitingCases:
    """Return about how many invoices the producers that the actor works for have to do something, and until when."""
    return await SUM_UP_OPEN_INVOICES.one(conn, producer_ids=list(actor.producers))


async def list_recorded_invoices(
    conn: Connection, producer_ids: Sequence[UUID], *, before: UUID | None = None, limit: int = 20
) -> Page[RecordedInvoice]:
    """Return the invoices that producers recorded, latest first; older than the invoice `before`, if given."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_RECORDED.all(conn, producer_ids=list(producer_ids), before=before, limit=size + 1)
    return make_page(rows, size, lambda each: each.id)


async def list_order_invoices(conn: Connection, buyer: Actor, order_id: UUID) -> dict[UUID, SaleInvoiceState]:
    """Return how far the invoices of an order's parts are, by suborder; parts of which none was asked are left out."""
    rows = await LIST_ORDER_INVOICES.all(conn, order_id=order_id, buyer_id=buyer.account_id)
    return {each.suborder_id: each for each in rows}


async def list_sale_lines(conn: Connection, suborder_id: UUID) -> list[SaleLine]:
    """Return the lines of a suborder; the caller has checked the reader."""
    return await LIST_SALE_LINES.all(conn, suborder_id=suborder_id)

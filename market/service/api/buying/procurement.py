"""Purchases of public units: quota, request, approval, contract, delivery, acceptance, invoice, bank transfer."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, Role
from market.sales.procurement.accept import accept_purchase
from market.sales.procurement.models import (
    Acceptance,
    BankReceipt,
    BankReceiptClosing,
    Handover,
    NewBankReceipt,
    Purchase,
    PurchaseDetail,
    PurchaseEnd,
    PurchaseRequest,
    SellerInvoice,
    UnitQuotaRequest,
    YearBook,
)
from market.sales.procurement.pay import (
    close_bank_receipt,
    confirm_bank_receipt,
    list_bank_receipts,
    record_bank_receipt,
    record_seller_invoice,
)
from market.sales.procurement.quotas import get_own_book, list_county_books, set_unit_quota
from market.sales.procurement.reduce import record_red_letter
from market.sales.procurement.request import request_purchase
from market.sales.procurement.steps import approve_purchase, deliver_purchase, end_purchase, sign_contract
from market.sales.procurement.views import get_seat, list_seller_purchases, list_unit_purchases, read_purchase
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county

_PURCHASE = "/procurements/{number:int}"


async def _run[T](db: Database, actor: Actor, work: Callable[[Connection], Awaitable[T]]) -> T:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        return await work(conn)


class ProcurementController(Controller):
    """What public units buy, and what counts of it."""

    path = "/api/v1"
    tags = ("procurement",)

    @get("/unit-quotas/{year:int}", operation_id="GetUnitBook")
    async def show_book(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock],
        year: FromPath[int],
    ) -> YearBook:  # fmt: skip
        """Return the year's book of the account's unit: quota, committed, accepted, restored, spent, returned."""
        return await _run(db, actor, lambda conn: get_own_book(conn, actor, year, day=clock.today()))

    @post("/unit-quotas", operation_id="SetUnitQuota", status_code=200)
    async def set_quota(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock],
        data: JSONBody[UnitQuotaRequest],
    ) -> YearBook:  # fmt: skip
        """Set the unit's quota of a year, at least the share that its region asks for."""
        return await _run(db, actor, lambda conn: set_unit_quota(conn, actor, data, now=clock.now()))

    @get("/counties/{county:str}/unit-quotas/{year:int}", operation_id="ListUnitBooks")
    async def list_books(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], county: FromPath[str], year: FromPath[int]
    ) -> list[YearBook]:
        """Return the year's books of the units that are registered in a county, for its officials."""
        code = read_county(county)
        require_county_role(actor, (Role.COUNTY, Role.FINANCE), code)
        async with db.transaction(scope=code) as conn:
            return await list_county_books(conn, code, year)

    @post("/procurements", operation_id="RequestPurchase", idempotent=True)
    async def request(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[PurchaseRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Purchase]:
        """Request that the unit buys an unpaid order of the account: it is paid after acceptance."""
        return await run_once(
            request, db, actor, lambda conn: request_purchase(conn, actor, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/procurements", operation_id="ListPurchases")
    async def list_purchases(
        self, *, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock],
        selling: FromQuery[bool] = False,
    ) -> list[Purchase]:  # fmt: skip
        """Return the purchases of the account's unit, or with `selling` those from its producers; at most 200."""

        async def load(conn: Connection) -> list[Purchase]:
            if selling:
                return await list_seller_purchases(conn, actor)
            seat = await get_seat(conn, actor, day=get_business_day(clock.now()))
            return await list_unit_purchases(conn, seat.organisation_id)

        return await _run(db, actor, load)

    @get(_PURCHASE, operation_id="GetPurchase")
    async def show(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock],
        number: FromPath[int],
    ) -> PurchaseDetail:  # fmt: skip
        """Return a purchase of the account's unit, or from a producer that it works for, by its order's number."""
        return await _run(db, actor, lambda conn: read_purchase(conn, actor, number, day=clock.today()))

    @post(f"{_PURCHASE}/approve", operation_id="ApprovePurchase", status_code=200)
    async def approve(
        self, *, number: FromPath[int], actor: NamedDependency[Actor], db: NamedDependency[Database],
        seal: NamedDependency[Seal], clock: NamedDependency[Clock],
    ) -> Purchase:  # fmt: skip
        """Approve a purchase as the unit's approver, who did not request it."""
        return await _run(db, actor, lambda conn: approve_purchase(conn, seal, actor, number, now=clock.now()))

    @post(f"{_PURCHASE}/sign", operation_id="SignContract", status_code=200)
    async def sign(
        self, *, number: FromPath[int], actor: NamedDependency[Actor], db: NamedDependency[Database],
        seal: NamedDependency[Seal], clock: NamedDependency[Clock],
    ) -> Purchase:  # fmt: skip
        """Sign the contract as the seller; the unit's quota is committed."""
        return await _run(db, actor, lambda conn: sign_contract(conn, seal, actor, number, now=clock.now()))

    @post(f"{_PURCHASE}/deliver", operation_id="DeliverPurchase", status_code=200)
    async def deliver(
        self, *, number: FromPath[int], data: JSONBody[Handover], actor: NamedDependency[Actor],
        db: NamedDependency[Database], seal: NamedDependency[Seal], clock: NamedDependency[Clock],
    ) -> PurchaseDetail:  # fmt: skip
        """Record what the seller delivered of each line."""
        return await _run(db, actor, lambda conn: deliver_purchase(conn, seal, actor, number, data, now=clock.now()))

    @post(f"{_PURCHASE}/accept", operation_id="AcceptPurchase", status_code=200)
    async def accept(
        self, *, number: FromPath[int], data: JSONBody[Acceptance], actor: NamedDependency[Actor],
        db: NamedDependency[Database], seal: NamedDependency[Seal], clock: NamedDependency[Clock],
    ) -> PurchaseDetail:  # fmt: skip
        """Accept what was delivered as the unit's acceptor, who neither requested nor approved it."""
        return await _run(db, actor, lambda conn: accept_purchase(conn, seal, actor, number, data, now=clock.now()))

    @post(f"{_PURCHASE}/invoice", operation_id="RecordSellerInvoice", status_code=200)
    async def invoice(
        self, *, number: FromPath[int], data: JSONBody[SellerInvoice], actor: NamedDependency[Actor],
        db: NamedDependency[Database], clock: NamedDependency[Clock],
    ) -> PurchaseDetail:  # fmt: skip
        """Record the invoice that the seller issued for exactly what was accepted."""
        return await _run(db, actor, lambda conn: record_seller_invoice(conn, actor, number, data, now=clock.now()))

    @post(f"{_PURCHASE}/red-letter", operation_id="RecordRedLetter", status_code=200)
    async def reduce(
        self, *, number: FromPath[int], data: JSONBody[SellerInvoice], actor: NamedDependency[Actor],
        db: NamedDependency[Database], clock: NamedDependency[Clock],
    ) -> PurchaseDetail:  # fmt: skip
        """Record a red-letter invoice that the seller issued for what came back after the payment, or a part of it."""
        return await _run(db, actor, lambda conn: record_red_letter(conn, actor, number, data, now=clock.now()))

    @post(f"{_PURCHASE}/end", operation_id="EndPurchase", status_code=200)
    async def end(
        self, *, number: FromPath[int], data: JSONBody[PurchaseEnd], actor: NamedDependency[Actor],
        db: NamedDependency[Database], seal: NamedDependency[Seal], clock: NamedDependency[Clock],
    ) -> Purchase:  # fmt: skip
        """End a purchase of which nothing was delivered, as the unit's requester or approver, or as the seller."""
        return await _run(db, actor, lambda conn: end_purchase(conn, seal, actor, number, data, now=clock.now()))

    @post("/bank-receipts", operation_id="RecordBankReceipt", idempotent=True)
    async def record_receipt(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewBankReceipt],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[BankReceipt]:
        """Record a transfer from the bank's statement, for another person to confirm."""
        return await run_once(request, db, actor, lambda conn: record_bank_receipt(conn, actor, data, now=clock.now()))

    @post("/bank-receipts/{receipt_id:uuid}/confirmation", operation_id="ConfirmBankReceipt", status_code=200)
    async def confirm_receipt(
        self,
        *,
        receipt_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> BankReceipt:
        """Confirm a transfer as a second person; it pays the purchase of its code, alone or with others."""
        async with db.transaction() as conn:
            return await confirm_bank_receipt(conn, actor, receipt_id, now=clock.now())

    @post("/bank-receipts/{receipt_id:uuid}/closing", operation_id="CloseBankReceipt", status_code=200)
    async def close_receipt(
        self,
        *,
        receipt_id: FromPath[UUID],
        data: JSONBody[BankReceiptClosing],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> BankReceipt:
        """Record that a transfer which paid nothing was sent back, or was recorded by mistake."""
        async with db.transaction() as conn:
            return await close_bank_receipt(conn, actor, receipt_id, data, now=clock.now())

    @get("/bank-receipts", operation_id="ListBankReceipts")
    async def list_receipts(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[BankReceipt]:
        """Return the transfers, those that wait first, then the latest; at most 200."""
        async with db.connection() as conn:
            return await list_bank_receipts(conn, actor)


ROUTES = [ProcurementController]

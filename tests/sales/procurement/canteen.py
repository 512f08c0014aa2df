"""A school with four accounts that buys from a grove, for tests of purchases."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.places.organisations.models import UnitDuty
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PlacedOrder
from market.sales.orders.money.record_transfers import record_transfer
from market.sales.procurement.accept import accept_purchase
from market.sales.procurement.models import (
    Acceptance,
    AcceptanceCheck,
    BankReceipt,
    BankReceiptClosing,
    CheckItem,
    Handover,
    LineQuantity,
    NewBankReceipt,
    PurchaseDetail,
    PurchaseRequest,
    ReceiptClosing,
    SellerInvoice,
)
from market.sales.procurement.pay import (
    close_bank_receipt,
    confirm_bank_receipt,
    list_bank_receipts,
    record_bank_receipt,
    record_seller_invoice,
)
from market.sales.procurement.request import request_purchase
from market.sales.procurement.steps import approve_purchase, deliver_purchase, sign_contract
from market.sales.procurement.views import read_purchase
from tests.conftest import NOW
from tests.support.make import VILLAGE, load_actor, load_owner, make_account, make_official, make_producer, make_product
from tests.support.shop import Shopping

CODES = ("12130624MB0XAMP70J", "12130600MB0XAMP60Q")
CHECKS = [AcceptanceCheck(item=each, passed=True) for each in CheckItem]


class Unit(Struct, frozen=True):
    """A public unit and the accounts of its duties."""

    id: UUID
    requester: Actor
    approver: Actor
    acceptor: Actor
    finance: Actor


class Canteen(Struct, frozen=True):
    """A school that buys millet and eggs, another unit, the seller and the platform's staff."""

    shopping: Shopping
    school: Unit
    other: Unit
    seller: Actor
    staff: Actor
    second: Actor
    variants: tuple[UUID, UUID]

    async def run[T](self, actor: Actor, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a step in a transaction with the scope of a person."""
        async with self.shopping.db.transaction(scope=get_person_scope(actor)) as conn:
            return await work(conn)

    async def place(self, millet: int = 20, eggs: int = 10, *, now: datetime = NOW) -> PlacedOrder:
        """Place the school's order."""
        lines = [(self.variants[0], millet), (self.variants[1], eggs)]
        return await self.shopping.place([each for each in lines if each[1]], now=now)

    async def request(self, placed: PlacedOrder, *, now: datetime = NOW, days: int = 30) -> None:
        """Request a purchase of an order."""
        new = PurchaseRequest(order_id=placed.id, payment_days=days)
        await self.run(self.school.requester, lambda conn: request_purchase(conn, self.school.requester, new, now=now))

    async def approve(self, number: int, actor: Actor | None = None, *, now: datetime = NOW) -> None:
        """Approve a purchase, as the school's approver."""
        who = actor or self.school.approver
        await self.run(who, lambda conn: approve_purchase(conn, self.shopping.seal, who, number, now=now))

    async def sign(self, number: int, *, now: datetime = NOW) -> None:
        """Sign the contract as the seller."""
        await self.run(self.seller, lambda conn: sign_contract(conn, self.shopping.seal, self.seller, number, now=now))

    async def see(self, number: int, actor: Actor | None = None) -> PurchaseDetail:
        """Return a purchase as somebody reads it, by default its requester."""
        who = actor or self.school.requester
        return await self.run(who, lambda conn: read_purchase(conn, who, number, day=NOW.date()))

    async def _list_lines(self, number: int, quantities: tuple[int, ...]) -> list[LineQuantity]:
        lines = (await self.see(number)).lines
        return [LineQuantity(line_id=each.line_id, quantity=n) for each, n in zip(lines, quantities, strict=True)]

    async def deliver(self, number: int, *quantities: int, now: datetime = NOW) -> None:
        """Deliver some of each line."""
        delivery = Handover(await self._list_lines(number, quantities))
        await self.run(
            self.seller, lambda conn: deliver_purchase(conn, self.shopping.seal, self.seller, number, delivery, now=now)
        )

    async def accept(
        self, number: int, *quantities: int, by: Actor | None = None, checks: list[AcceptanceCheck] = CHECKS,
        now: datetime = NOW,
    ) -> PurchaseDetail:  # fmt: skip
        """Accept some of each line."""
        who = by or self.school.acceptor
        acceptance = Acceptance(await self._list_lines(number, quantities), checks)
        return await self.run(
            who, lambda conn: accept_purchase(conn, self.shopping.seal, who, number, acceptance, now=now)
        )

    async def invoice(self, number: int, fen: int, *, digits: str = "19" + "7" * 18, now: datetime = NOW) -> None:
        """Record the seller's invoice."""
        invoice = SellerInvoice(number=digits, issued_on=date(2019, 9, 20), amount_fen=fen)
        await self.run(self.seller, lambda conn: record_seller_invoice(conn, self.seller, number, invoice, now=now))

    async def receive(self, code: str, fen: int, *, reference: str = "B-1", now: datetime = NOW) -> BankReceipt:
        """Record a transfer, and let a second person of the staff confirm it."""
        receipt = await self.record(code, fen, reference=reference, now=now)
        return await self.confirm(receipt, now=now)

    async def record(self, code: str, fen: int, *, reference: str = "B-1", now: datetime = NOW) -> BankReceipt:
        """Record a transfer, which nobody confirmed yet."""
        new = NewBankReceipt(
            reference=f"样例{reference}", payer_code=code, payer_name="样例小学", amount_fen=fen,
            received_on=date(2019, 9, 20),
        )  # fmt: skip
        async with self.shopping.db.transaction() as conn:
            return await record_bank_receipt(conn, self.staff, new, now=now)

    async def record_other(self, number: int, reference: str, *, now: datetime = NOW) -> None:
        """Record the transfer for another order of the shop, as both people of the staff."""
        for who in (self.staff, self.second):
            async with self.shopping.db.transaction() as conn:
                await record_transfer(conn, who, number, reference=reference, now=now)

    async def confirm(self, receipt: BankReceipt, *, by: Actor | None = None, now: datetime = NOW) -> BankReceipt:
        """Confirm a transfer, by default as the second person of the staff."""
        async with self.shopping.db.transaction() as conn:
            return await confirm_bank_receipt(conn, by or self.second, receipt.id, now=now)

    async def close(
        self, receipt: BankReceipt, closed_as: ReceiptClosing, note: str, *, on: date | None = None, now: datetime = NOW
    ) -> BankReceipt:
        """Record what became of a transfer that paid nothing."""
        closing = BankReceiptClosing(closed_as=closed_as, note=note, returned_on=on)
        async with self.shopping.db.transaction() as conn:
            return await close_bank_receipt(conn, self.staff, receipt.id, closing, now=now)

    async def list_receipts(self) -> list[BankReceipt]:
        """Return the transfers as the platform's staff read them."""
        async with self.shopping.db.connection() as conn:
            return await list_bank_receipts(conn, self.staff)

    async def settle(self, *, now: datetime = NOW) -> None:
        """Let the worker apply what the payments say."""
        await apply_payment_events(self.shopping.db, self.shopping.gateway, self.shopping.seal, now=now)

    async def list_entries(self) -> list[tuple[Any, ...]]:
        """Return the entries of the book as the county reads them."""
        async with self.shopping.db.transaction(scope="130624") as conn:
            rows = await conn.fetch("SELECT year, kind, fen FROM quota_entries ORDER BY id")
        return [tuple(each) for each in rows]


async def _make_unit(conn: Connection, name: str, code: str, requester: Actor, by: Actor) -> Unit:
    unit = await conn.fetchval(
        "INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,"
        " verified_at) VALUES ('public_unit', $1, $2, substr($2, 3, 6), $3, $4, $5, $4) RETURNING id",
        name, code, requester.account_id, NOW, by.account_id,
    )  # fmt: skip
    people: dict[UnitDuty, Actor] = {UnitDuty.REQUESTER: requester}
    for duty, person in zip(UnitDuty, ("甲", "乙", "丙", "丁"), strict=True):
        if duty not in people:
            people[duty] = await load_actor(conn, await make_account(conn, name=f"{name}{person}"))
        await conn.execute(
            "INSERT INTO public_buyers (account_id, organisation_id, ends_on, verified_by, verified_at, duty)"
            " VALUES ($1, $2, '2021-12-31', $3, $4, $5)",
            people[duty].account_id, unit, by.account_id, NOW, duty,
        )  # fmt: skip
    return Unit(
        unit, people[UnitDuty.REQUESTER], people[UnitDuty.APPROVER], people[UnitDuty.ACCEPTOR], people[UnitDuty.FINANCE]
    )


async def make_canteen(shopping: Shopping, *, village: str = VILLAGE) -> Canteen:
    """Make two units and a seller with millet (30.00) and eggs (38.00 for 30 of a lot)."""
    async with shopping.db.transaction() as conn:
        staff, second = [await load_actor(conn, await make_official(conn, Role.PLATFORM, "13")) for _ in range(2)]
        school = await _make_unit(conn, "样例小学", CODES[0], shopping.buyer, staff)
        other_buyer = await load_actor(conn, await make_account(conn, name="样例医院甲"))
        other = await _make_unit(conn, "样例医院", CODES[1], other_buyer, staff)
        producer = await make_producer(conn, village=village)
        millet = await make_product(conn, producer, title="小米", unit="袋", price_fen=30_00, left=100)
        eggs = await make_product(
            conn, producer, title="土鸡蛋", unit="箱", price_fen=38_00, left=1200, lot_units_per_item=30
        )
        seller = await load_owner(conn, producer)
    return Canteen(shopping, school, other, seller, staff, second, (millet.variant_id, eggs.variant_id))

"""Rules about claims, returns, mediations and invoices; the person whose turn it is does the next step."""

import itertools
from contextlib import suppress
from uuid import UUID

from asyncpg import Record
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Refusal
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.sales.aftersales.answer_goods_return import answer_goods_return, confirm_goods_arrival, decide_goods_return
from market.sales.aftersales.bad_fruit import NewClaim, open_claim
from market.sales.aftersales.bad_fruit_views import get_claim
from market.sales.aftersales.decide_bad_fruit import answer_claim, decide_claim
from market.sales.aftersales.goods_return import (
    ReturnedLine,
    open_goods_return,
    send_goods_return,
    withdraw_goods_return,
)
from market.sales.aftersales.goods_return_views import GoodsReturnStage, get_goods_return
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, IssuedInvoice
from market.sales.invoices.record import answer_invoice_task, record_invoice
from market.sales.invoices.views import get_sale_invoice, get_task_invoice
from market.sales.mediation.agree import answer_proposal, propose_share
from market.sales.mediation.end import decide_mediation
from market.sales.mediation.mediate import ask_for_mediation
from market.sales.orders.models import PlacedOrder, SuborderKind
from tests.sales.orders.machine.world import SALE_CASES, ShopMachine
from tests.support.shop import Shopping

CLAIM_HOURS, RETURN_DAYS = 48, 7
ADDRESS = "样例农户 17010009002 样例村 1 号"
REASON = "看过"
SHARES = (0, 3_333, 5_000, 10_000)
GOODS = ("goods paid", "goods shipped", "goods received")

LIST_OPEN_CASES = f"""
    SELECT cases.id, category, path[level] AS assignee, order_id
      FROM ({SALE_CASES}) AS about JOIN cases ON cases.id = case_id JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = ANY($1::uuid[]) AND cases.closed_at IS NULL
     ORDER BY cases.id
"""
LIST_REFUSED_CASES = f"""
    SELECT cases.id, category, path[level] AS assignee, order_id
      FROM ({SALE_CASES}) AS about JOIN cases ON cases.id = case_id JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = ANY($1::uuid[]) AND outcome = 'unsolved' AND category IN ('bad_fruit', 'goods_return')
     ORDER BY cases.id
"""


class SaleCaseTurn(Struct, frozen=True):
    """A case of the example, and who answers it now."""

    id: UUID
    category: str
    assignee: str
    order_id: UUID


class CaseRules(ShopMachine):
    """Buyers claim, return, ask for mediation and for invoices; sellers and officials do what is theirs to do."""

    officials: list[Actor]
    photos: dict[UUID, UUID]
    numbers_of_invoices = itertools.count(1)

    @precondition(lambda self: self.has("case"))
    @rule(choice=st.integers(0, 999))
    def act_on_case(self, choice: int) -> None:
        """Let the person whose turn it is do the next step of an open case, or refuse it one time in three."""
        case = self.choose_case(choice, LIST_OPEN_CASES)
        if case is not None:
            self.run_allowing_refusal(self.act(case, choice, agree=choice % 3 != 1))

    @precondition(lambda self: self.has("goods received", "goods shipped"))
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), bad=st.integers(1, 7))
    def claim(self, number: int, line: int, bad: int) -> None:
        """Claim that some of seven pieces of a line are bad."""
        self.run_allowing_refusal(self.open_claim(*self.choose_order(number, "goods received"), line, bad))

    async def open_claim(self, shopper: Shopping, order: PlacedOrder, line: int, bad: int) -> None:
        w = self.world
        lines = await self._list_goods(shopper, order)
        new = NewClaim(line_id=lines[line % len(lines)], bad=bad, total=7)
        photos = [self.photos[shopper.buyer.account_id]]
        async with w.db.transaction(scope=get_person_scope(shopper.buyer)) as conn:
            await open_claim(conn, w.seal, shopper.buyer, new, photo_ids=photos, hours=CLAIM_HOURS, now=self.now)

    @precondition(lambda self: self.has("goods received"))
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), quantity=st.integers(1, 2))
    def return_goods(self, number: int, line: int, quantity: int) -> None:
        """Ask to send back a line, or a part of it."""
        self.run_allowing_refusal(self.ask_return(*self.choose_order(number, "goods received"), line, quantity))

    async def ask_return(self, shopper: Shopping, order: PlacedOrder, line: int, quantity: int) -> None:
        w = self.world
        lines = await self._list_goods(shopper, order)
        returned = [ReturnedLine(line_id=lines[line % len(lines)], quantity=quantity)]
        async with w.db.transaction(scope=get_person_scope(shopper.buyer)) as conn:
            await open_goods_return(conn, w.seal, shopper.buyer, returned, text="", days=RETURN_DAYS, now=self.now)

    async def _list_goods(self, shopper: Shopping, order: PlacedOrder) -> list[UUID]:
        """Return the lines of the goods of an order, or all lines, which are refused."""
        suborders = (await shopper.see(order)).suborders
        goods = [each for each in suborders if each.kind is SuborderKind.GOODS] or suborders
        return [one.id for each in goods for one in each.lines]

    @precondition(lambda self: self.has("refused"))
    @rule(choice=st.integers(0, 999))
    def ask_for_mediation(self, choice: int) -> None:
        """Ask the county about a refused claim or return."""
        case = self.choose_case(choice, LIST_REFUSED_CASES)
        if case is None:
            return
        w, buyer = self.world, self.find_buyer(case.order_id)

        async def asking() -> None:
            async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
                await ask_for_mediation(conn, w.seal, buyer, case.id, text="照片很清楚", now=self.now)

        self.run_allowing_refusal(asking())

    @precondition(lambda self: self.has(*GOODS))
    @rule(number=st.integers(0, 99), name=st.integers(0, 2))
    def ask_invoice(self, number: int, name: int) -> None:
        """Ask for the invoice of a parcel, or for one with another name."""
        self.run_allowing_refusal(self.ask_for_invoice(*self.choose_order(number, *GOODS), name))

    async def ask_for_invoice(self, shopper: Shopping, order: PlacedOrder, name: int) -> None:
        w, details = self.world, InvoiceDetails(kind=InvoiceKind.PERSON, title=f"样例 {name}")
        suborders = (await shopper.see(order)).suborders
        suborder = next((each for each in suborders if each.kind is SuborderKind.GOODS), suborders[0])
        async with w.db.transaction(scope=get_person_scope(shopper.buyer)) as conn:
            await ask_invoice(conn, w.seal, shopper.buyer, suborder.id, details, now=self.now)

    def choose_case(self, choice: int, query: str) -> SaleCaseTurn | None:
        """Return one of the cases that a query finds among those of the example."""
        found = self.run(self.world.owner.fetch(query, [order.id for _, order in self.orders]))
        return self.read_case(found[choice % len(found)]) if found else None

    def read_case(self, row: Record) -> SaleCaseTurn:
        """Read a row of `LIST_OPEN_CASES`."""
        return SaleCaseTurn(*row)

    def find_buyer(self, order_id: UUID) -> Actor:
        """Return who placed an order."""
        return next(shopper.buyer for shopper, order in self.orders if order.id == order_id)

    async def act(self, case: SaleCaseTurn, choice: int, *, agree: bool) -> None:
        """Do the next step of a case as the person whose turn it is."""
        steps = {
            "bad_fruit": self._act_on_claim, "goods_return": self._act_on_return,
            "mediation": self._mediate, "invoice": self._act_on_invoice,
        }  # fmt: skip
        await steps[case.category](case, choice, agree=agree)
        self.world.reached[case.category] += 1

    async def _act_on_claim(self, case: SaleCaseTurn, choice: int, *, agree: bool) -> None:
        w = self.world
        if case.assignee == "seller":
            await answer_claim(
                w.db, w.gateway, w.seal, self.farmer, case.id, agree=agree, reason="" if agree else REASON, now=self.now
            )
            return
        for official in self.officials:
            async with w.steady.transaction(scope=get_person_scope(official)) as conn:
                claim = await get_claim(conn, w.seal, case.id)
            if claim is not None:
                bad = min(choice % 8, claim.bad) if agree else 0
                with suppress(Refusal):
                    await decide_claim(w.db, w.gateway, w.seal, official, case.id, bad=bad, reason=REASON, now=self.now)

    async def _act_on_return(self, case: SaleCaseTurn, choice: int, *, agree: bool) -> None:
        w, buyer = self.world, self.find_buyer(case.order_id)
        async with w.steady.transaction(scope=get_person_scope(buyer)) as conn:
            found = await get_goods_return(conn, w.seal, case.id)
        assert found is not None
        if found.stage in {GoodsReturnStage.ASKED, GoodsReturnStage.CONTESTED} and case.assignee != "seller":
            for official in self.officials:
                with suppress(Refusal):
                    await decide_goods_return(
                        w.db, w.gateway, w.seal, official, case.id, grant=agree, reason=REASON, address=ADDRESS,
                        now=self.now,
                    )  # fmt: skip
        elif found.stage is GoodsReturnStage.ASKED:
            text = ADDRESS if agree else REASON
            await answer_goods_return(w.db, w.seal, self.farmer, case.id, agree=agree, text=text, now=self.now)
        elif found.stage is GoodsReturnStage.ACCEPTED:
            async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
                if agree:
                    tracking = f"XB{choice:010}"
                    await send_goods_return(
                        conn, w.seal, buyer, case.id, carrier="邮政", tracking=tracking, now=self.now
                    )
                else:
                    await withdraw_goods_return(conn, w.seal, buyer, case.id, now=self.now)
        else:
            objection = "" if agree else REASON
            await confirm_goods_arrival(
                w.db, w.gateway, w.seal, self.farmer, case.id, objection=objection, now=self.now
            )

    async def _mediate(self, case: SaleCaseTurn, choice: int, *, agree: bool) -> None:
        """Propose a share or decide, as the official whose turn it is; then both sides agree, or one refuses."""
        w, share = self.world, SHARES[choice % 4]
        for official in self.officials:
            with suppress(Refusal):
                async with w.db.transaction(scope=get_person_scope(official)) as conn:
                    await propose_share(conn, w.seal, official, case.id, share_bp=share, reason=REASON, now=self.now)
            with suppress(Refusal):
                await decide_mediation(
                    w.db, w.gateway, w.seal, official, case.id, share_bp=share, reason=REASON, now=self.now
                )
        sides = [self.find_buyer(case.order_id), self.farmer]
        for person in sides if agree else sides[choice % 2 :][:1]:
            with suppress(Refusal):
                await answer_proposal(w.db, w.gateway, w.seal, person, case.id, agree=agree, now=self.now)

    async def _act_on_invoice(self, case: SaleCaseTurn, choice: int, *, agree: bool) -> None:
        """Record what is due, or sometimes something else; at the county the official ends the task."""
        w = self.world
        if case.assignee != "seller" and not agree:
            for official in self.officials:
                async with w.db.transaction(scope=get_person_scope(official)) as conn:
                    with suppress(Refusal):
                        await answer_invoice_task(conn, w.seal, official, case.id, text=REASON, now=self.now)
            return
        async with w.db.transaction(scope=get_person_scope(self.farmer)) as conn:
            about = await get_task_invoice(conn, w.seal, case.id)
            if about is None:
                return
            due = await get_sale_invoice(conn, w.seal, self.farmer, about.suborder_id)
            if due is None or due.task.step is InvoiceStep.NONE:
                return
            day = get_business_day(self.now)
            issued = IssuedInvoice(
                step=due.task.step, number=f"{day:%y}132{next(self.numbers_of_invoices):015}", issued_on=day,
                amount_fen=due.task.least_fen + (0 if agree else choice % 3), self_grown=False,
            )  # fmt: skip
            await record_invoice(conn, w.seal, self.farmer, about.suborder_id, issued, now=self.now)

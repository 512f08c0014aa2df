"""Purchases of public units: three people, nothing counted before acceptance and payment, the year of the order."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Connection
from market.kernel.sheets.models import CellFault, FileMalformed
from market.people.identity.models import Actor, NotFound, Role
from market.places.county_files.models import CountyFile, FileOutcome, FileResult
from market.places.county_files.run_file_import import import_county_file
from market.privacy.close_account import close_account
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.refund import refund_line
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, NotInvoiced
from market.sales.orders.cancel import cancel_order
from market.sales.orders.expire import expire_orders
from market.sales.orders.models import ContractNotCancellable, OrderState, PaidOnAcceptance
from market.sales.orders.money.uninvolved import OwnOrderMoney
from market.sales.orders.money.verification import verify_orders
from market.sales.procurement.models import (
    AcceptanceCheck,
    BankReceiptKnown,
    CheckItem,
    NotOfPublicUnit,
    OrderNotForUnit,
    PurchaseDetail,
    PurchaseEnd,
    PurchaseInvalid,
    PurchaseRequest,
    PurchaseState,
    PurchaseStepChanged,
    SamePersonTwice,
    SellersPurchase,
    UnitQuotaRequest,
)
from market.sales.procurement.quotas import get_own_book, list_counted, list_county_books, set_unit_quota
from market.sales.procurement.request import request_purchase
from market.sales.procurement.rules import (
    compute_least_quota,
    get_order_number,
    is_payer_code,
    make_payer_code,
    normalize_payer_code,
)
from market.sales.procurement.steps import end_purchase
from market.sales.procurement.views import list_county_purchases, list_unit_purchases
from market.villages.areas import COUNTY_FILE_KINDS
from tests.conftest import NOW
from tests.sales.procurement.canteen import CODES, Canteen, make_canteen
from tests.support.make import load_actor, make_account, make_official, make_product
from tests.support.shop import Shopping

TODAY = NOW.date()


async def make_contract(canteen: Canteen, *, millet: int = 20, eggs: int = 10, now: datetime = NOW) -> int:
    placed = await canteen.place(millet, eggs, now=now)
    await canteen.request(placed, now=now)
    await canteen.approve(placed.number, now=now)
    await canteen.sign(placed.number, now=now)
    return placed.number


async def test_a_purchase_takes_three_people_and_its_seller(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    school = canteen.school
    placed = await canteen.place()
    number = placed.number
    async with shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn, name="样例路人"))
    with pytest.raises(NotOfPublicUnit):
        await canteen.run(stranger, lambda conn: set_unit_quota(conn, stranger, _quota(), now=NOW))
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.request(placed, days=61)
    assert [each.field for each in refused.value.errors] == ["payment_days"]
    await canteen.request(placed)
    with pytest.raises(OrderNotForUnit):
        await canteen.request(placed)
    with pytest.raises(PaidOnAcceptance):
        await shopping.start(placed)
    # Another unit does not see it, and each step is one duty's.
    with pytest.raises(NotFound):
        await canteen.see(number, canteen.other.requester)
    with pytest.raises(NotFound):
        await canteen.approve(number, canteen.other.approver)
    with pytest.raises(NotOfPublicUnit):
        await canteen.approve(number, school.acceptor)
    with pytest.raises(PurchaseStepChanged):
        await canteen.sign(number)
    await canteen.approve(number)
    assert await canteen.list_entries() == []
    await canteen.sign(number)
    assert await canteen.list_entries() == [(2019, "committed", 980_00)]
    # A contract neither expires nor is cancelled in the shop.
    assert await expire_orders(shopping.db, shopping.gateway, now=NOW + timedelta(days=500)) == 0
    with pytest.raises(ContractNotCancellable):
        await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, placed.id, now=NOW)
    with pytest.raises(PurchaseStepChanged):
        await canteen.accept(number, 20, 10)
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.deliver(number, 20, 11)
    assert [each.field for each in refused.value.errors] == ["lines[1].quantity"]
    with pytest.raises(NotOfPublicUnit):
        await canteen.approve(number, school.acceptor)


async def test_what_is_accepted_is_paid_and_counted_in_the_year_of_the_order(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.accept(number, 20, 11)
    assert [each.field for each in refused.value.errors] == ["lines[1].quantity"]
    broken = [
        AcceptanceCheck(item=CheckItem.TECHNICAL, passed=True),
        AcceptanceCheck(item=CheckItem.SAFETY, passed=False),
    ]
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.accept(number, 20, 9, checks=broken)
    assert [each.field for each in refused.value.errors] == ["checks", "checks[1].note"]
    with pytest.raises(NotOfPublicUnit):
        await canteen.accept(number, 20, 9, by=canteen.school.approver)
    accepted = await canteen.accept(number, 20, 9)
    assert (accepted.purchase.accepted_fen, accepted.purchase.refused_fen) == (942_00, 38_00)
    assert accepted.purchase.due_on == TODAY + timedelta(days=30)
    assert await shopping.lots() == [(80, 0, 20), (930, 0, 270)]
    await _pay_before_the_invoice(canteen, number, accepted)


async def _pay_before_the_invoice(canteen: Canteen, number: int, accepted: PurchaseDetail) -> None:
    """Let the transfer come first, wait for the invoice, and give some of it back in the next year."""
    shopping, school = canteen.shopping, canteen.school
    code = accepted.purchase.payer_code
    assert (await canteen.receive(code, 942_00)).problem == "not_invoiced"
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.invoice(number, 980_00)
    assert [each.field for each in refused.value.errors] == ["amount_fen"]
    assert [each[1] for each in await canteen.list_entries()] == ["committed", "accepted", "restored"]
    await canteen.invoice(number, 942_00)
    await canteen.settle()
    seen = await shopping.see_id(accepted.purchase.order_id)
    assert (seen.state, seen.total_fen, seen.refunded_fen) == (OrderState.FINISHED, 980_00, 0)
    balances = await shopping.balances()
    assert sorted(balances.values()) == [-942_00, 942_00]
    assert (await canteen.receive(code, 942_00, reference="B-2")).problem == "paid_before"
    suborder = seen.suborders[0].id
    details = InvoiceDetails(kind=InvoiceKind.UNIT, title="样例小学", tax_number=CODES[0], email="")
    with pytest.raises(NotInvoiced):
        await canteen.run(
            shopping.buyer,
            lambda conn: ask_invoice(conn, shopping.seal, shopping.buyer, suborder, details, now=NOW),
        )
    with pytest.raises(BankReceiptKnown):
        await canteen.receive(code, 942_00)
    async with shopping.db.connection() as conn:
        assert await verify_orders(conn) == []
    assert await canteen.list_entries() == [
        (2019, "committed", 980_00), (2019, "accepted", 942_00), (2019, "restored", 38_00), (2019, "spent", 942_00),
    ]  # fmt: skip
    # A return in the next year restores the year of the order.
    bought = (await canteen.see(number)).lines[0]
    await refund_line(
        shopping.db, shopping.gateway, shopping.seal, canteen.seller, bought.line_id, key="r",
        reason=LineRefundReason.AGREED, amount_fen=30_00, now=NOW,
    )  # fmt: skip
    book = await canteen.run(school.finance, lambda conn: get_own_book(conn, school.finance, 2019, day=TODAY))
    assert (book.spent_fen, book.returned_fen, book.quota_fen) == (912_00, 30_00, None)
    counted = await canteen.run(school.finance, lambda conn: list_counted(conn, school.id, 2019))
    assert [(each.number, each.fen) for each in counted] == [(number, -30_00), (number, 942_00)]
    assert await canteen.run(canteen.other.finance, lambda conn: list_counted(conn, school.id, 2019)) == []
    async with shopping.db.transaction(scope="130624") as conn:
        assert [each.spent_fen for each in await list_county_books(conn, "130624", 2019)] == [912_00]
        assert [each.number for each in await list_county_purchases(conn, "130624")] == [number]
    async with shopping.db.transaction(scope="130100") as conn:
        assert await list_county_purchases(conn, "130624") == []
        assert [each.spent_fen for each in await list_county_books(conn, "130624", 2019)] == [0]
    other = canteen.other
    assert await canteen.run(other.finance, lambda conn: list_unit_purchases(conn, school.id)) == []


def _quota(year: int = 2021, canteen_fen: int = 100_01, quota_fen: int = 10_01) -> UnitQuotaRequest:
    return UnitQuotaRequest(year=year, canteen_fen=canteen_fen, quota_fen=quota_fen)


async def test_a_purchase_ends_and_what_does_not_count_is_not_counted(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    school = canteen.school
    number = await make_contract(canteen)
    with pytest.raises(PurchaseInvalid):
        await _end(canteen, number, " ")
    await _end(canteen, number, "样例：送不了")
    assert await canteen.list_entries() == [(2019, "committed", 980_00), (2019, "restored", 980_00)]
    assert await shopping.lots() == [(100, 0, 0), (1200, 0, 0)]
    with pytest.raises(PurchaseStepChanged):
        await canteen.deliver(number, 20, 10)
    # All of it refused: it ends too.
    number = await make_contract(canteen, eggs=0)
    await canteen.deliver(number, 3)
    failed = [AcceptanceCheck(item=each, passed=False, note="样例：生虫") for each in CheckItem]
    ended = await canteen.accept(number, 0, checks=failed)
    assert (ended.purchase.state, ended.purchase.reason) == (PurchaseState.ENDED, "全部没有验收合格")
    assert len(await canteen.list_entries()) == 4
    # A request that nobody approves lapses with its order.
    placed = await canteen.place(1, 0)
    await canteen.request(placed)
    assert await expire_orders(shopping.db, shopping.gateway, now=NOW + timedelta(days=4)) == 1
    assert (await canteen.see(placed.number)).purchase.lapsed
    with pytest.raises(PurchaseStepChanged):
        await canteen.approve(placed.number)
    # A seller whose county is on no list that day: bought, but not counted.
    await owner.execute(
        "UPDATE listed_counties SET valid_during = daterange(lower(valid_during), '2019-09-21')"
        " WHERE county_code = '130624'"
    )
    number = await make_contract(canteen, eggs=0, now=NOW + timedelta(days=5))
    assert (await canteen.see(number)).purchase.list is None
    assert len(await canteen.list_entries()) == 4
    # The rule of 2021 asks for a tenth, rounded up to the fen.
    approver = school.approver
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.run(approver, lambda conn: set_unit_quota(conn, approver, _quota(2022), now=NOW))
    assert [each.field for each in refused.value.errors] == ["year"]
    late = NOW.replace(year=2021)
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.run(approver, lambda conn: set_unit_quota(conn, approver, _quota(quota_fen=10_00), now=late))
    assert "19号" in refused.value.errors[0].message
    book = await canteen.run(approver, lambda conn: set_unit_quota(conn, approver, _quota(), now=late))
    assert (book.quota_fen, book.ratio_bp) == (10_01, 1000)


async def _end(canteen: Canteen, number: int, reason: str) -> None:
    seller = canteen.seller
    await canteen.run(
        seller, lambda conn: end_purchase(conn, canteen.shopping.seal, seller, number, PurchaseEnd(reason), now=NOW)
    )


async def _try(owner: Connection, sql: str, *values: object) -> None:
    async with owner.transaction():
        await owner.execute(sql, *values)
        await owner.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_the_schema_refuses_what_the_code_would_not_do(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 9)
    bought = (await canteen.see(number)).purchase
    who = canteen.school

    async def refuse(sql: str, *values: object, by: str) -> None:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await _try(owner, sql, *values)
        assert by in str(refused.value), refused.value

    mine = "WHERE order_id = $1"
    await refuse(f"UPDATE procurement_lines SET accepted = 10 {mine} AND ordered = 10", bought.order_id, by="_accepted")
    await refuse(f"UPDATE procurement_lines SET delivered = 11 {mine}", bought.order_id, by="_delivered")
    accept = (
        "UPDATE procurements SET accepted_by = $2, accepted_at = $3, accepted_on = '2019-09-20', accepted_fen = $4"
        " WHERE order_id = $1"
    )
    order = bought.order_id
    await refuse(accept, order, who.requester.account_id, NOW, 942_00, by="three_people")
    await refuse(accept, order, who.acceptor.account_id, NOW, 942_00, by="do not add up")
    await refuse(f"UPDATE procurements SET invoiced_at = now() {mine}", order, by="procurements_steps")
    spent = (
        "INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)"
        " VALUES ($1, $2, 'national', $3, $4, $5, now())"
    )
    await refuse(spent, who.id, 2019, "spent", 942_00, order, by="quota_entries_spent")
    await refuse(spent, who.id, 2019, "accepted", 942_00, order, by="quota_entries_accepted")
    await refuse(spent, who.id, 2020, "returned", 1, order, by="quota_entries_order")
    await refuse(spent, canteen.other.id, 2019, "returned", 1, order, by="quota_entries_order")
    await refuse("UPDATE quota_entries SET fen = fen + 1", by="append-only")
    await refuse("DELETE FROM quota_entries", by="append-only")
    await canteen.accept(number, 20, 9)
    invoice = (
        "INSERT INTO procurement_invoices (order_id, producer_id, number, issued_on, fen, recorded_by, recorded_at)"
        " VALUES ($1, $2, $3, '2019-09-20', $4, $5, now())"
    )
    seller = canteen.seller.account_id
    await refuse(invoice, order, bought.producer_id, "19" + "1" * 18, 980_00, seller, by="invoices_accepted")
    receipt = (
        "INSERT INTO bank_receipts (reference, payer_code, payer_name, fen, received_on, order_id, recorded_by,"
        " recorded_at, matched_at, confirmed_by, confirmed_at) VALUES ('样例直接', 'CG1', '样例', 94200, '2019-09-20',"
        " $1, $2, now(), now(), $3, $4)"
    )
    for confirmer, at in ((None, None), (seller, NOW)):
        await refuse(receipt, order, seller, confirmer, at, by="bank_receipts_confirmed")
    await refuse(receipt, order, seller, canteen.staff.account_id, NOW, by="bank_receipts_invoiced")
    quota = (
        "INSERT INTO unit_quotas (organisation_id, year, canteen_fen, quota_fen, region, ratio_bp, set_by, set_at)"
        " VALUES ($1, 2021, 100000, $2, '00', $3, $4, now())"
    )
    await refuse(quota, who.id, 9_999, 1000, seller, by="unit_quotas_least")
    await refuse(quota, who.id, 0, 0, seller, by="unit_quotas_rule")
    # One person with two accounts is one person.
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", [
        who.requester.account_id, who.approver.account_id,
    ])  # fmt: skip
    placed = await canteen.place(1, 0)
    await canteen.request(placed)
    with pytest.raises(SamePersonTwice):
        await canteen.approve(placed.number)
    approve = "UPDATE procurements SET approved_by = $2, approved_at = now() WHERE order_id = $1"
    await refuse(approve, placed.id, who.approver.account_id, by="three people")


async def test_nobody_of_the_seller_does_a_step_of_the_unit(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    who, seller = canteen.school, canteen.seller

    async def rename(person: Actor, name: str) -> None:
        await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", person.account_id, name)

    # Who works for the seller has a second account at the school.
    own = await owner.fetchval("SELECT name FROM accounts WHERE id = $1", seller.account_id)
    placed = await canteen.place(1, 0)
    await rename(who.requester, own)
    with pytest.raises(SellersPurchase):
        await canteen.request(placed)
    await rename(who.requester, "样例小学甲")
    await canteen.request(placed)
    await rename(who.approver, own)
    with pytest.raises(SellersPurchase):
        await canteen.approve(placed.number)
    approve = "UPDATE procurements SET approved_by = $2, approved_at = now() WHERE order_id = $1"
    with pytest.raises(asyncpg.PostgresError, match="by a person of its seller"):
        await _try(owner, approve, placed.id, who.approver.account_id)
    await rename(who.approver, "样例小学乙")
    await canteen.approve(placed.number)
    await canteen.sign(placed.number)
    await canteen.deliver(placed.number, 1)
    await rename(who.acceptor, own)
    with pytest.raises(SellersPurchase):
        await canteen.accept(placed.number, 1)
    # A step that was done before stays done.
    await rename(who.acceptor, "样例小学丙")
    await rename(who.approver, own)
    assert (await canteen.accept(placed.number, 1)).purchase.state is PurchaseState.ACCEPTED


async def test_a_purchase_is_paid_after_two_of_its_people_closed_their_accounts(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    await canteen.accept(number, 20, 10)
    await canteen.invoice(number, 980_00)
    bought = (await canteen.see(number)).purchase
    for person in (canteen.school.approver, canteen.school.acceptor):
        await canteen.run(
            person,
            lambda conn, person=person: close_account(
                conn, shopping.seal, person.account_id, by=str(person.account_id), now=NOW
            ),
        )
    assert (await canteen.receive(bought.payer_code, 980_00)).problem is None


async def test_who_sold_records_no_transfer_of_a_purchase(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    code = (await canteen.see(number)).purchase.payer_code
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", [
        canteen.staff.account_id, canteen.seller.account_id,
    ])  # fmt: skip
    with pytest.raises(OwnOrderMoney):
        await canteen.record(code, 980_00)
    # Nor does such a person confirm one.
    await owner.execute("UPDATE accounts SET name = '样例别人' WHERE id = $1", canteen.staff.account_id)
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = $1", canteen.second.account_id)
    with pytest.raises(OwnOrderMoney):
        await canteen.receive(code, 980_00)


async def test_who_works_for_the_unit_records_no_transfer_of_its_purchase(
    shopping: Shopping, owner: Connection
) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    code = (await canteen.see(number)).purchase.payer_code
    for who in (canteen.school.acceptor, canteen.school.finance):
        await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", [
            canteen.staff.account_id, who.account_id,
        ])  # fmt: skip
        with pytest.raises(OwnOrderMoney):
            await canteen.record(code, 980_00)
        await owner.execute("UPDATE accounts SET name = '样例' || id WHERE id = $1", who.account_id)
    await canteen.record(code, 980_00)


async def test_two_transfers_with_one_code_at_once_pay_once(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    accepted = await canteen.accept(number, 20, 10)
    await canteen.invoice(number, 980_00)
    code = accepted.purchase.payer_code
    receipts = await asyncio.gather(
        *(canteen.receive(code, 980_00, reference=f"B-{each}") for each in range(6)),
        canteen.receive(code, 1_00, reference="B-x"),
    )
    assert sorted(str(each.problem) for each in receipts[:6]) == ["None", *["paid_before"] * 5]
    assert receipts[6].problem in {"paid_before", "wrong_amount"}
    await canteen.settle()
    assert sorted((await shopping.balances()).values()) == [-980_00, 980_00]


async def test_what_is_no_contract_is_refused(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    async with shopping.db.transaction() as conn:
        other = (await make_product(conn)).variant_id
    placed = await shopping.place([(canteen.variants[0], 1), (other, 1)])
    with pytest.raises(OrderNotForUnit):
        await canteen.request(placed)
    buyer = canteen.other.requester
    with pytest.raises(NotFound):
        await canteen.run(
            buyer, lambda conn: request_purchase(conn, buyer, PurchaseRequest(order_id=placed.id), now=NOW)
        )
    paid = await canteen.place(1, 0)
    await shopping.start(paid)
    with pytest.raises(OrderNotForUnit):
        await canteen.request(paid)


@given(st.integers(1, 10**15))
def test_a_payer_code_names_its_order_and_shows_a_wrong_digit(number: int) -> None:
    code = make_payer_code(number)
    assert is_payer_code(code)
    assert get_order_number(code) == number
    assert normalize_payer_code(f" {code[:3].lower()} {code[3:]}。") == code
    last = str((int(code[-1]) + 1) % 10)
    assert not is_payer_code(code[:-1] + last)


@pytest.mark.parametrize("code", ["CG", "CG1", "CG98", make_payer_code(10**18), make_payer_code(10**40)])
async def test_a_transfer_with_the_code_of_no_order_is_refused_at_its_field(shopping: Shopping, code: str) -> None:
    canteen = await make_canteen(shopping)
    with pytest.raises(PurchaseInvalid) as refused:
        await canteen.receive(code, 1_00)
    assert [each.field for each in refused.value.errors] == ["payer_code"]


@given(st.integers(0, 10**14), st.integers(0, 10_000))
def test_the_least_quota_is_the_smallest_that_reaches_the_share(canteen_fen: int, ratio_bp: int) -> None:
    least = compute_least_quota(canteen_fen=canteen_fen, ratio_bp=ratio_bp)
    assert least * 10_000 >= canteen_fen * ratio_bp > (least - 1) * 10_000


HEADER = "订单号,行号,采购单位,供应商,产地县,商品,数量,金额,验收日期,付款日期,预算年度"


def _make_file(*rows: str, dry_run: bool = False) -> CountyFile:
    content = "\n".join([HEADER, *rows]).encode()
    return CountyFile(county="130624", name="832.csv", content=content, dry_run=dry_run, now=NOW)


async def test_purchases_of_the_platform_come_by_file_and_count_once(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    async with shopping.db.transaction(scope="130624") as conn:
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))

        async def take(*rows: str, dry_run: bool = False) -> FileResult:
            return await import_county_file(
                conn, county, COUNTY_FILE_KINDS["purchases"], _make_file(*rows, dry_run=dry_run)
            )

        paid = "83220190001,1,样例小学,样例合作社,阜平县,小米,20,600.00,2019-09-10,2019-09-12,2019"
        unpaid = "83220190001,2,样例小学,样例合作社,阜平县,鸡蛋,2.5,95.00,2019-09-10,,2019"
        elsewhere = "83220190002,1,样例小学,样例商行,130102,挂面,1,10.00,2019-09-10,2019-09-10,2019"
        rows = (paid, unpaid, elsewhere)
        tried = await take(*rows, dry_run=True)
        assert (tried.outcome, tried.counts) == (
            FileOutcome.TRIED,
            {"new": 3, "changed": 0, "same": 0, "counted": 1, "uncounted": 2},
        )
        assert [(each.row, each.column) for each in tried.notes] == [(3, "付款日期"), (4, "产地县")]
        assert (await take(*rows)).outcome is FileOutcome.STORED
        assert (await take(*rows)).outcome is FileOutcome.NO_OP
        again = await take(paid, unpaid.replace(",,", ",2019-09-19,"))
        assert again.counts == {"new": 0, "changed": 1, "same": 1, "counted": 1, "uncounted": 0}
        [book] = await list_county_books(conn, "130624", 2019)
        assert (book.unit, book.spent_fen, book.platform_fen) == ("样例小学", 695_00, 695_00)
        counted = await list_counted(conn, book.organisation_id, 2019)
        assert {(each.order_number, each.line_number, each.fen) for each in counted} == {
            ("83220190001", 1, 600_00), ("83220190001", 2, 95_00),
        }  # fmt: skip
        assert await list_counted(conn, book.organisation_id, 2020) == []
        faults = await _list_faults(
            take,
            paid.replace("600.00", "601.00"),
            "83220190003,1,没核过的,样例合作社,没有这个县,小米,0,0,2019-09-10,2019-09-09,2018",
        )
        assert faults == [
            (2, "订单号"), (3, "数量"), (3, "金额"), (3, "付款日期"), (3, "预算年度"),
        ]  # fmt: skip
        for quantity in ("1000000000", "1e20", "Infinity"):
            assert await _list_faults(take, elsewhere.replace(",1,10.00", f",{quantity},10.00")) == [(2, "数量")]
        faults = await _list_faults(take, elsewhere.replace("样例小学", "没核过的").replace("130102", "没有这个县"))
        assert faults == [(2, "采购单位"), (2, "产地县")]
    school = canteen.school.finance
    book = await canteen.run(school, lambda conn: get_own_book(conn, school, 2019, day=TODAY))
    assert book.spent_fen == 695_00


async def _list_faults(take: Callable[..., Awaitable[FileResult]], *rows: str) -> list[tuple[int, str]]:
    with pytest.raises(FileMalformed) as refused:
        await take(*rows)
    return [(each.row, each.column) for each in refused.value.errors if isinstance(each, CellFault)]

"""What a school's canteen buys: two paid purchases with returns, one paid late, one to accept, one to approve."""

from datetime import timedelta
from uuid import UUID

from market.catalogue.listings.publish import NewProduct, publish_product
from market.catalogue.listings.tier_prices import PriceTerms, set_price_terms
from market.kernel import Fen
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import NewPublicBuyer, save_public_buyer
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.refund import refund_line
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import Line, VariantId
from market.sales.procurement.accept import accept_purchase
from market.sales.procurement.chase import chase_red_letters, tell_of_red_letters
from market.sales.procurement.models import (
    Acceptance,
    AcceptanceCheck,
    CheckItem,
    Handover,
    LineQuantity,
    NewBankReceipt,
    PurchaseRequest,
    SellerInvoice,
    UnitQuotaRequest,
)
from market.sales.procurement.pay import confirm_bank_receipt, record_bank_receipt, record_seller_invoice
from market.sales.procurement.quotas import set_unit_quota
from market.sales.procurement.reduce import record_red_letter
from market.sales.procurement.request import request_purchase
from market.sales.procurement.steps import approve_purchase, deliver_purchase, sign_contract
from market.sales.procurement.views import get_purchase
from market.service.demo.sample.identities import BUYER_PHONES, make_phone
from market.service.demo.sample.sales.simulation import SaleSimulation

CANTEEN, CANTEEN_CODE = "样例革新庄小学食堂", "12130624MB0A1E2P3U"
"""No unit has this code; its check character is right."""
_GOODS = (("阜平小米（食堂装）", "25kg袋", Fen(168_00), 6), ("革新庄玉米糁（食堂装）", "25kg袋", Fen(98_00), 4))
_LATE, _WAITING = 44, 3


async def play_procurement(sales: SaleSimulation) -> None:
    """Let the canteen buy of the farmer; the demo's buyer is who accepts for it."""
    staff = await sales.find_official("ping")
    requester, approver = await sales.find_buyer(2), await sales.find_buyer(3)
    duties = {1: UnitDuty.ACCEPTOR, 2: UnitDuty.REQUESTER, 3: UnitDuty.APPROVER, 4: UnitDuty.FINANCE}
    for number, duty in duties.items():
        new = NewPublicBuyer(
            phone=make_phone(BUYER_PHONES, number), unit_name=CANTEEN, credit_code=CANTEEN_CODE, duty=duty,
            ends_on=sales.today + timedelta(days=300),
        )  # fmt: skip
        await save_public_buyer(sales.conn, sales.seal, staff, new, now=sales.ago(days=120))
    quota = UnitQuotaRequest(year=sales.today.year, canteen_fen=86_000_00, quota_fen=9_000_00)
    async with sales.act_as(approver) as conn:
        await set_unit_quota(conn, approver, quota, now=sales.ago(days=119))
    lines = [
        Line(VariantId(await _publish(sales, title, unit=unit, price=price)), quantity)
        for title, unit, price, quantity in _GOODS
    ]
    people = (requester, approver, staff)
    for days, returned, recorded in ((84, 30, 27), (70, 3, None)):
        number = await _purchase(sales, people, lines, days=days, steps=7)
        await _return_bag(sales, requester, number, days=returned, recorded=recorded)
    for days, steps in ((_LATE, 5), (_WAITING, 3), (1, 0)):
        await _purchase(sales, people, lines, days=days, steps=steps)


async def _publish(sales: SaleSimulation, title: str, *, unit: str, price: Fen) -> UUID:
    """Publish goods for canteens, a little cheaper for public units; return the variant."""
    at = sales.ago(days=80)
    new = NewProduct(
        title=title, story="给食堂备的大包装。（样例）", category="coarse_grain", unit=unit, price_fen=price,
        quantity=120, harvest_months=[9, 10], photo_id=await sales.add_drawing(sales.farmer, "", title, at=at),
    )  # fmt: skip
    published = await publish_product(sales.conn, sales.farmer, new, now=at)
    terms = PriceTerms(public_price_fen=Fen(price - 8_00))
    await set_price_terms(sales.conn, sales.farmer, published.variant_id, terms, now=at)
    return published.variant_id


async def _purchase(
    sales: SaleSimulation, people: tuple[Actor, Actor, Actor], lines: list[Line], *, days: int, steps: int
) -> int:
    """Play the first steps of a purchase that was requested so many days ago, and return its number; 7 is paid."""
    requester, approver, staff = people
    placed = await sales.order(requester, lines, at=sales.ago(days=days))
    number, seal = placed.number, sales.seal
    async with sales.act_as(requester) as conn:
        await request_purchase(conn, requester, PurchaseRequest(order_id=placed.id), now=placed.placed_at)
    if steps > 0:
        async with sales.act_as(approver) as conn:
            await approve_purchase(conn, seal, approver, number, now=sales.ago(days=days, hours=-2))
    async with sales.act_as(sales.farmer) as conn:
        detail = await get_purchase(conn, number)
        if steps > 1:
            await sign_contract(conn, seal, sales.farmer, number, now=sales.ago(days=days, hours=-4))
        if steps > 2:
            brought = Handover([LineQuantity(line_id=each.line_id, quantity=each.ordered) for each in detail.lines])
            await deliver_purchase(conn, seal, sales.farmer, number, brought, now=sales.ago(days=days - 1))
    if steps < 5:
        return number
    accepted = [
        LineQuantity(line_id=each.line_id, quantity=each.ordered - (index == 0))
        for index, each in enumerate(detail.lines)
    ]
    checks = [
        AcceptanceCheck(
            item=each,
            passed=each is not CheckItem.TECHNICAL,
            note="一袋受潮，退回" if each is CheckItem.TECHNICAL else "",
        )
        for each in CheckItem
    ]
    on = sales.ago(days=days - 2)
    async with sales.act_as(sales.buyer) as conn:
        seen = await accept_purchase(conn, seal, sales.buyer, number, Acceptance(accepted, checks), now=on)
    bought = seen.purchase
    digits = f"{on:%y}{number:018d}"
    invoice = SellerInvoice(number=digits, issued_on=get_business_day(on), amount_fen=bought.accepted_fen or Fen(0))
    async with sales.act_as(sales.farmer) as conn:
        await record_seller_invoice(conn, sales.farmer, number, invoice, now=on + timedelta(minutes=5))
    if steps < 7:
        return number
    paid = sales.ago(days=days - 9)
    receipt = NewBankReceipt(
        reference=f"样例{number:08d}", payer_code=bought.payer_code, payer_name=CANTEEN, amount_fen=invoice.amount_fen,
        received_on=get_business_day(paid),
    )  # fmt: skip
    recorded = await record_bank_receipt(sales.conn, staff, receipt, now=paid)
    await confirm_bank_receipt(sales.conn, await sales.find_official("he"), recorded.id, now=paid)
    await apply_payment_events(sales.db, None, seal, now=paid, order_ref=str(number))
    return number


async def _return_bag(sales: SaleSimulation, requester: Actor, number: int, *, days: int, recorded: int | None) -> None:
    """Give the money of a bag back so many days ago; the farmer is told, and recorded the red-letter invoice or not."""
    async with sales.act_as(requester) as conn:
        bag = (await get_purchase(conn, number)).lines[0]
    at = sales.ago(days=days)
    await refund_line(
        sales.db, sales.provider, sales.seal, sales.farmer, bag.line_id, key=f"mould {number}",
        reason=LineRefundReason.AGREED, amount_fen=bag.price_fen, note="一袋长了霉", now=at,
    )  # fmt: skip
    await tell_of_red_letters(sales.db, sales.seal, now=at)
    if recorded is None:
        await chase_red_letters(sales.db, sales.seal, now=sales.now)
        return
    on = sales.ago(days=recorded)
    red = SellerInvoice(number=f"{on:%y}9{number:017d}", issued_on=get_business_day(on), amount_fen=bag.price_fen)
    async with sales.act_as(sales.farmer) as conn:
        await record_red_letter(conn, sales.farmer, number, red, now=on)

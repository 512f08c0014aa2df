"""Sample sales of goods that go wrong: claims for bad fruit, a return, a complaint that escalated, a mediation."""

from datetime import datetime, timedelta
from uuid import UUID

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection
from market.people.storage.photos import PhotoPurpose
from market.sales.aftersales.bad_fruit import NewClaim, open_claim
from market.sales.aftersales.case_moves import notify_late_case
from market.sales.aftersales.decide_bad_fruit import answer_claim, decide_claim
from market.sales.aftersales.goods_return import ReturnedLine, open_goods_return
from market.sales.complaints.complain import complain
from market.sales.complaints.models import ComplaintCategory
from market.sales.mediation.agree import answer_proposal, propose_share
from market.sales.mediation.mediate import ask_for_mediation
from market.sales.orders.models import Line, VariantId
from market.service.demo.sample.sales.photos import draw_dates
from market.service.demo.sample.sales.simulation import Sale, SaleSimulation

_BAG = 48
"""About as many dates are in a bag, and on a drawn photo."""


async def play_cases(sales: SaleSimulation, dates: Line) -> None:
    """Play the sales of one bag of dates each, of the demo's farmer to the demo's buyer."""
    await _claim(sales, dates)
    await _return(sales)
    await _complain(sales, dates)
    await _mediate(sales, dates)


async def _open_claim(sales: SaleSimulation, sale: Sale, bad: int, text: str, *, at: datetime) -> UUID:
    photo = draw_dates(bad, spoiled=bad)
    photo_id = await sales.add_photo(sale.buyer, PhotoPurpose.CLAIM, photo, at=at)
    claim = NewClaim(line_id=sale.suborder.lines[0].id, bad=bad, total=_BAG, text=text)
    async with sales.act_as(sale.buyer) as conn:
        opened = await open_claim(
            conn, sales.seal, sale.buyer, claim, photo_ids=[photo_id], hours=sales.settings.claim_hours, now=at
        )
    return opened.case_id


async def _claim(sales: SaleSimulation, dates: Line) -> None:
    """One claim was granted by the farmer, one waits for the farmer's answer, and one for the county's decision."""
    received = sales.ago(days=16)
    sale = await sales.buy_and_receive(sales.buyer, [dates], sales.farmer, "XA310000052CN", received=received)
    case_id = await _open_claim(sales, sale, 6, "有六个发霉了", at=received + timedelta(hours=3))
    await answer_claim(
        sales.db, sales.provider, sales.seal, sales.farmer, case_id, agree=True, reason="",
        now=received + timedelta(hours=8),
    )  # fmt: skip
    sale = await sales.buy_and_receive(
        sales.buyer, [dates], sales.farmer, "XA310000066CN", received=sales.ago(hours=20)
    )
    await _open_claim(sales, sale, 9, "箱子压了，九个烂的", at=sales.ago(hours=5))
    other = await sales.find_buyer(12)
    sale = await sales.buy_and_receive(other, [dates], sales.farmer, "XA310000106CN", received=sales.ago(days=2))
    case_id = await _open_claim(sales, sale, 15, "十五个瘪的", at=sales.ago(days=1, hours=6))
    await answer_claim(
        sales.db, sales.provider, sales.seal, sales.farmer, case_id, agree=False, reason="瘪的不是坏的。",
        now=sales.ago(hours=22),
    )  # fmt: skip


async def _return(sales: SaleSimulation) -> None:
    """Two bags of walnuts are to be sent back; the farmer has not answered."""
    walnuts = await sales.find_offer(sales.farmer, "阜平核桃")
    line = Line(VariantId(walnuts.variant_id), 2)
    sale = await sales.buy_and_receive(sales.buyer, [line], sales.farmer, "XA310000070CN", received=sales.ago(days=3))
    returned = [ReturnedLine(line_id=sale.suborder.lines[0].id, quantity=2)]
    async with sales.act_as(sales.buyer) as conn:
        await open_goods_return(
            conn, sales.seal, sales.buyer, returned, text="买多了，没拆袋",
            days=sales.settings.return_days, now=sales.ago(hours=18),
        )  # fmt: skip


async def _complain(sales: SaleSimulation, dates: Line) -> None:
    """The farmer did not answer a complaint in time, so it is the county's now."""
    sale = await sales.buy_and_receive(sales.buyer, [dates], sales.farmer, "XA310000083CN", received=sales.ago(days=14))
    async with sales.act_as(sales.buyer) as conn:
        await complain(
            conn, sales.seal, sales.buyer, sale.suborder.id, category=ComplaintCategory.GOODS,
            text="页面上写的是大枣，收到的一大半是小的。", now=sales.ago(days=13),
        )  # fmt: skip

    async def tell(conn: Connection, case: LockedCase) -> None:
        await notify_late_case(conn, sales.seal, case, now=at)

    at = sales.ago(days=1)
    await escalate_late_cases(sales.db, sales.seal, tell, now=at)


async def _mediate(sales: SaleSimulation, dates: Line) -> None:
    """Claims were refused by the farmer and by the county's finance; the county's office mediates.

    Of one the buyer has agreed to the proposal, and the farmer is asked; of one nothing is proposed yet.
    """
    opened = await _open_mediation(sales, dates, "XA310000154CN", received=sales.ago(days=8), asked=sales.ago(days=4))
    mediator = await sales.find_official("xian")
    async with sales.act_as(mediator) as conn:
        await propose_share(
            conn, sales.seal, mediator, opened, share_bp=50_00, reason="枣看过了，一半有虫眼。", now=sales.ago(days=2)
        )
    await answer_proposal(
        sales.db, sales.provider, sales.seal, sales.buyer, opened, agree=True, now=sales.ago(days=1, hours=20)
    )
    await _open_mediation(sales, dates, "XA310000097CN", received=sales.ago(days=6), asked=sales.ago(days=2))


async def _open_mediation(
    sales: SaleSimulation, dates: Line, tracking: str, *, received: datetime, asked: datetime
) -> UUID:
    sale = await sales.buy_and_receive(sales.buyer, [dates], sales.farmer, tracking, received=received)
    case_id = await _open_claim(sales, sale, 20, "二十个有虫眼", at=received + timedelta(hours=10))
    await answer_claim(
        sales.db, sales.provider, sales.seal, sales.farmer, case_id, agree=False, reason="照片里看不出虫眼。",
        now=received + timedelta(hours=20),
    )  # fmt: skip
    await decide_claim(
        sales.db, sales.provider, sales.seal, await sales.find_official("cai"), case_id, bad=0,
        reason="照片上看不清，不能算坏果。", now=received + timedelta(days=2),
    )  # fmt: skip
    async with sales.act_as(sales.buyer) as conn:
        opened = await ask_for_mediation(
            conn, sales.seal, sales.buyer, case_id, text="虫眼在另一面，枣还留着，可以当面看。", now=asked
        )
    return opened.case_id

"""Sample sales of goods that go well: a parcel on its way, a pickup, a review with its answer, a conversation."""

from datetime import timedelta

from market.people.storage.photos import PhotoPurpose
from market.sales.conversations.models import Side
from market.sales.conversations.write import write_message
from market.sales.orders.models import Line
from market.sales.pickup_points.register import list_points
from market.sales.pickups.hand_over import mark_arrived
from market.sales.reviews.answer import answer_review
from market.sales.reviews.appeal import appeal_review
from market.sales.reviews.models import HidingReason
from market.sales.reviews.write import ReviewText, write_review
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.photos import draw_dates
from market.service.demo.sample.sales.simulation import Sale, SaleSimulation


async def play_parcels(sales: SaleSimulation, dates: Line) -> None:
    """Play the sales of one bag of dates each, of the demo's farmer."""
    sale = await sales.buy(sales.buyer, [dates], at=sales.ago(days=2, hours=6))
    await _talk(sales, sale)
    await sales.ship(sale, sales.farmer, "XA310000021CN", at=sales.ago(days=1, hours=7))
    await _await_pickup(sales, dates)
    await _review(sales, dates)


async def _talk(sales: SaleSimulation, sale: Sale) -> None:
    """Let buyer and farmer write to each other about a parcel; the last message waits for the farmer."""
    photo = draw_dates(7, spoiled=0)
    packed = await sales.add_photo(sales.farmer, PhotoPurpose.MESSAGE, photo, at=sales.ago(days=2))
    for side, text, photos, at in (
        (Side.BUYER, "枣是今年新下的吗？家里老人吃，要软一点的。", [], sales.ago(days=2, hours=5)),
        (Side.SELLER, "今年十月打的，挑软的给您装。", [], sales.ago(days=2, hours=3)),
        (Side.SELLER, "装好了，您看看。", [packed], sales.ago(days=1, hours=8)),
        (Side.BUYER, "真不错！下回买三袋能便宜点吗？", [], sales.ago(hours=4)),
    ):
        writer = sale.buyer if side is Side.BUYER else sales.farmer
        async with sales.act_as(writer) as conn:
            await write_message(
                conn, sales.seal, writer, sale.suborder.id, side=side, text=text, photo_ids=photos, now=at
            )


async def _await_pickup(sales: SaleSimulation, dates: Line) -> None:
    """Let a parcel of the demo's buyer wait at the pickup point, whose keeper is the demo's farmer."""
    point = (await list_points(sales.conn, [DEMO_COUNTY]))[0]
    sale = await sales.buy(sales.buyer, [dates], point=point, at=sales.ago(days=1, hours=9))
    await mark_arrived(
        sales.conn, sales.seal, sales.farmer, sale.suborder.id, days=sales.settings.pickup_days, now=sales.ago(hours=5)
    )


async def _review(sales: SaleSimulation, dates: Line) -> None:
    """Let the demo's buyer praise and the farmer answer; an insult is appealed against, and waits for the platform."""
    received = sales.ago(days=12)
    sale = await sales.buy_and_receive(sales.buyer, [dates], sales.farmer, "XA310000035CN", received=received)
    praise = ReviewText(rating=5, text="枣肉厚，熬粥蒸糕都好。")
    async with sales.act_as(sales.buyer) as conn:
        review = await write_review(
            conn, sales.seal, sales.buyer, sale.suborder.id, praise, now=received + timedelta(days=1)
        )
    async with sales.act_as(sales.farmer) as conn:
        await answer_review(
            conn, sales.farmer, review.id, "谢谢您，明年新枣下来再来。", now=received + timedelta(days=1, hours=6)
        )
    rude = await sales.find_buyer(6)
    sale = await sales.buy_and_receive(rude, [dates], sales.farmer, "XA310000049CN", received=sales.ago(days=4))
    insult = ReviewText(rating=1, text="又小又干，这家人就知道糊弄人，缺德。")
    async with sales.act_as(rude) as conn:
        review = await write_review(conn, sales.seal, rude, sale.suborder.id, insult, now=sales.ago(days=3))
    async with sales.act_as(sales.farmer) as conn:
        await appeal_review(
            conn, sales.seal, sales.farmer, review.id, claimed=HidingReason.INSULT,
            text="东西不好可以说，骂人不行。", now=sales.ago(days=2),
        )  # fmt: skip

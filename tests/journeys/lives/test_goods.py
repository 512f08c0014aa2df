"""Goods from their listing to the farmer's bank account: a parcel, its review, and what may go wrong with it."""

import pytest

from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.opening import make_photo
from tests.journeys.lives.person import Person

pytestmark = pytest.mark.long


async def list_goods(farmer: Person, title: str, *, kind: str = "fruit", **more: str) -> str:
    """List goods of 45.00 with the form, and return the path of their page."""
    await farmer.open(f"/farm/sell/{kind}")
    typed = {"title": title, "price": "45", "left": "30"} | more
    text = await farmer.submit(f"/farm/sell/{kind}", typed=typed)
    assert "上架了" in text
    await farmer.press("看买的人看到的")
    return farmer.path


async def buy(market: LiveMarket, buyer: Person, goods: str, *, n: str = "2") -> str:
    """Buy goods and pay; return the path of the order."""
    await buyer.open(goods)
    await buyer.submit("/cart/goods", n=n)
    return await market.check_out(buyer)


async def test_a_parcel_from_its_listing_to_the_payout(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await farmer.open("/farm/sell/fruit")
    typed = {"title": "革新庄甜枣", "price": "45", "left": "30"}
    assert "上架了" in await farmer.submit("/farm/sell/fruit", typed=typed, files={"photo": make_photo()})
    await farmer.press("看买的人看到的")
    shown = farmer.page.locator(".pic img").first
    assert await shown.evaluate("image => image.complete && image.naturalWidth > 0")
    await farmer.open("/farm/sell")
    await farmer.press("革新庄甜枣")
    offer = f"{farmer.path}/offer"
    assert "44.00 元" in await farmer.submit(offer, typed={"price-0": "44", "left-0": "12"})
    await farmer.submit(offer, typed={"price-0": "45", "left-0": "30"})
    await buyer.open("/search?q=革新庄甜枣")
    await buyer.press("革新庄甜枣")
    order = await buy(market, buyer, buyer.path)

    await buyer.press("问卖家")
    await buyer.submit(buyer.path, text="枣甜不甜？")
    await farmer.open("/farm")
    await farmer.press("买家有话问")
    await farmer.press("枣甜不甜")
    text = await farmer.submit(farmer.path, text="甜，今年太阳好。", files={"photo": make_photo()})
    assert "甜，今年太阳好。" in text

    tracking = await market.ship(farmer, "革新庄甜枣")
    await market.work()
    await market.pass_time(days=2)
    text = await buyer.open(order)
    for words in (f"邮政 {tracking}", "快递员在寄件的地方收了", "本人签收"):
        assert words in text
    await buyer.press("收到了，钱给卖家")
    await buyer.press("写评价")
    await buyer.submit(buyer.path, rating="2", text="有点小", files={"photo": make_photo()})
    await _answer_and_appeal(market, farmer)

    text = await market.arrive_payout(farmer)
    assert "88.20" in text.partition("已到账")[2].partition("减去")[0]
    assert "打给您" in await farmer.open("/farm/money/month")


async def _answer_and_appeal(market: LiveMarket, farmer: Person) -> None:
    """Let the farmer answer a review and appeal against it; the platform shows it all the same."""
    await farmer.open("/farm")
    await farmer.press("1 条评价没回")
    await farmer.press("有点小")
    review = farmer.path
    assert "回好了" in await farmer.submit(review, answer="下次挑大的")
    await farmer.open(review)
    await farmer.submit(f"{review}/appeal", claimed="insult", reason="没有的事")
    platform = await market.become("platform")
    await platform.open("/desk/cases")
    await platform.press("评价申诉")
    assert "定好了" in await platform.submit(platform.path, decision="show", reason="没有骂人")
    assert "没有骂人" in await farmer.open(review)
    buyer = await market.become("buyer")
    await buyer.open("/search?q=革新庄甜枣")
    await buyer.press("革新庄甜枣")
    assert "下次挑大的" in await buyer.read()


async def sell_parcel(market: LiveMarket, title: str, *, received: bool = True, **more: str) -> str:
    """List goods, sell two, send them and, if so, have them received; return the path of the order."""
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    order = await buy(market, buyer, await list_goods(farmer, title, **more))
    await market.ship(farmer, title)
    await buyer.open(order)
    if received:
        await buyer.press("收到了，钱给卖家")
    return order


async def claim(market: LiveMarket, title: str) -> tuple[str, str]:
    """Sell goods and claim that 6 of 60 are bad; return the paths of the order and of the claim."""
    order, buyer = await sell_parcel(market, title, received=False), await market.become("buyer")
    await buyer.press("坏了，申请坏果包赔")
    text = await buyer.submit(buyer.path, files={"photo": make_photo()}, bad="6", total="60", text="底下烂了")
    assert "交给卖家了" in text
    await buyer.open(order)
    await buyer.press("看经过")
    return order, buyer.path


async def test_bad_fruit_is_refunded_and_the_rest_paid_out(market: LiveMarket) -> None:
    order, _ = await claim(market, "革新庄脆枣")
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await farmer.open("/farm")
    await farmer.press("1 件坏果，等您答复")
    await farmer.press("革新庄脆枣")
    text = await farmer.submit(farmer.path, press=("decision", "agree"))
    assert "钱原路退给买家" in text
    assert "同意退 9.00 元。" in await buyer.open(order)
    await market.work()
    await buyer.open(order)
    text = await buyer.press("收到了，钱给卖家")
    assert "退了 9.00 元" in text
    before = await farmer.open("/farm/money")
    assert "79.38" in before  # 81.00 less 2 %
    await market.arrive_payout(farmer)


async def test_goods_go_back_within_seven_days(market: LiveMarket) -> None:
    order = await sell_parcel(market, "革新庄核桃", kind="nut")
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await buyer.open(order)
    await buyer.press("不想要了，退货")
    quantity = await buyer.page.locator('[name^="n-"]').first.get_attribute("name")
    text = await buyer.submit(buyer.path, typed={str(quantity): "1", "text": "颜色不对"})
    assert "交给卖家了" in text
    returned = buyer.path
    await farmer.open("/farm")
    await farmer.press("1 件退货，等您办")
    await farmer.press("革新庄核桃")
    case, where = farmer.path, "样例农户 17010009002 阜平县样例村 1 号"
    assert "同意了" in await farmer.submit(case, press=("decision", "agree"), address=where)
    assert where in await buyer.open(returned)
    assert "单号记下了" in await buyer.submit(returned, carrier="邮政", tracking="XB300000001CN")
    await farmer.open(case)
    assert "货款原路退给买家" in await farmer.submit(case, press=("decision", "arrived"))
    assert "货款按原路退给您" in await buyer.open(order)
    assert "44.10" in await farmer.open("/farm/money")
    await market.arrive_payout(farmer)


async def test_a_complaint_that_nobody_answers_goes_to_the_county(market: LiveMarket) -> None:
    order = await sell_parcel(market, "革新庄小枣")
    buyer = await market.become("buyer")
    await buyer.open(order)
    await buyer.press("有事要投诉")
    complaint = buyer.path
    assert "等卖家答复" in await buyer.submit(complaint, category="complaint_goods", text="枣是去年的")
    await market.pass_time(days=12)
    assert "等县里" in await buyer.open(complaint)
    county = await market.become("county")
    await county.open("/desk")
    await county.press("货不对版投诉")
    await county.press("货不对版投诉")
    assert "定好了" in await county.submit(county.path, outcome="solved", text="农户补了一箱新枣")
    assert "农户补了一箱新枣" in await buyer.open(complaint)
    await market.arrive_payout(await market.become("farmer"))


async def test_a_refused_claim_is_mediated(market: LiveMarket) -> None:
    order, case = await claim(market, "革新庄圆枣")
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    await farmer.open(case.replace("/cases/", "/farm/claims/"))
    assert "转给县里了" in await farmer.submit(farmer.path, press=("decision", "refuse"), reason="装箱时都是好的")
    finance = await market.become("finance")
    await finance.open("/desk/cases")
    await finance.press("坏果包赔")
    await finance.submit(finance.path, bad="0", reason="照片看不出烂")
    await buyer.open(case)
    await buyer.press("请县里调解")
    assert "等县里调解" in await buyer.submit(buyer.path, text="照片里看得见")
    asked = buyer.path
    county = await market.become("county")
    await county.open("/desk/cases")
    await county.press("调解")
    await county.submit(county.path, share="50", reason="各让一半")
    await buyer.open(case)
    await buyer.press("请县里调解")
    await buyer.submit(f"{case}/mediation/answer", press=("answer", "agree"))
    await farmer.open("/farm")
    await farmer.press("件调解")
    await farmer.submit(farmer.path, press=("answer", "agree"))
    assert "双方谈好了：退 50%，4.50 元。" in await buyer.open(asked)
    assert "83.79" in await farmer.open("/farm/money")  # 85.50 less 2 %
    await market.arrive_payout(farmer)


async def test_a_parcel_that_is_not_sent_is_cancelled_by_itself(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    order = await buy(market, buyer, await list_goods(farmer, "革新庄晚枣"))
    await market.pass_time(days=4)
    assert "晚了，" in await buyer.open(order)
    assert "取消" in await farmer.open("/farm/orders")
    await market.pass_time(days=8)
    text = await buyer.open(order)
    assert "卖家过了日子没有发，自动取消的。" in text
    assert "全退了" in text

"""问卖家 on the pages of buyer and farmer: asking, answering with one tap, what is refused, and reporting."""

from market.sales.conversations.models import SET_ANSWERS
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number


async def test_a_question_is_answered_with_one_tap_and_an_answer_is_reported(
    village: Village, sandbox: Sandbox
) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
        order = f"/orders/{await get_order_number(village)}"
        path = f"{order}/messages/1"
        assert path in (await buyer.open(order)).links()
        await buyer.open(path)
        refused = await buyer.submit(path, typed={"text": "加微信 wx123 说"}, status=422)
        assert "不能要码、要转账" in refused.text
        assert "加微信 wx123 说" in refused.html
        assert "写一句话" in (await buyer.submit(path, typed={"text": ""}, status=422)).text
        seen = await buyer.submit(path, typed={"text": "枣什么时候发？"})
        assert "发过去了" in seen.text
        assert "枣什么时候发？" in seen.text
        assert path in (await buyer.open("/me/messages")).links()
    async with await village.browser(village.farmer) as farm:
        assert "买家有话问" in (await farm.open("/farm")).text
        listed = await farm.open("/farm/messages")
        assert "没看" in listed.text
        farm_path = next(link for link in listed.links() if link.startswith("/farm/messages/"))
        assert "枣什么时候发？" in (await farm.open(farm_path)).text
        seen = await farm.submit(farm_path, press=("answer", "2"))
        assert SET_ANSWERS[1] in seen.text
        assert "买家有话问" not in (await farm.open("/farm")).text
        assert "没看" not in (await farm.open("/farm/messages")).text
        report = next(link for link in (await farm.open(farm_path)).links() if "/report" in link)
        await farm.open(report)
        seen = await farm.submit(f"{farm_path}/report", typed={"text": "要我便宜卖"})
        assert "交给县里了" in seen.text
        assert not [link for link in seen.links() if "/report" in link]
    async with await village.browser(village.buyer) as buyer:
        assert "卖家回话了" in (await buyer.open(order)).text
        assert "1 家回了话" in (await buyer.open("/me")).text
        seen = await buyer.open(path)
        report = next(link for link in seen.links() if "/report" in link)
        assert "卖家回话了" not in (await buyer.open(order)).text
        await buyer.open(report)
        assert "请选一条" in (await buyer.submit(f"{path}/report", typed={"text": "怕"}, status=422)).text
        seen = await buyer.submit(f"{path}/report", typed={"category": "complaint_fraud", "text": "怕是骗子"})
        assert "诈骗举报" in seen.text
    async with await village.browser(village.host) as stranger:
        await stranger.open(path, status=404)
        await stranger.open(farm_path, status=404)
        await stranger.open(f"{farm_path}/report", status=404)

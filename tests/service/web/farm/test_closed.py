"""歇几天: a farm closes in two taps from its home, and its pages say when it is back."""

from datetime import timedelta

from tests.service.web.conftest import Village


async def test_a_farm_closes_in_two_taps_and_opens_again(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    async with await village.browser(village.farmer) as farm, await village.browser(village.buyer) as buyer:
        await buyer.open(f"/goods/{number}")
        await buyer.submit("/cart/goods")
        seen = await farm.open("/farm")
        assert "/farm/closed" in seen.links()
        seen = await farm.open("/farm/closed")
        assert "现在开着门" in seen.text
        seen = await farm.submit("/farm/closed")
        back = village.today + timedelta(days=3)
        words = f"农忙，{back.month} 月 {back.day} 日回来"
        assert words in seen.text
        assert words in (await farm.open("/farm")).text
        seen = await buyer.open(f"/goods/{number}")
        assert f"{words}，那天起可以下单。" in seen.text
        seen = await buyer.open("/cart")
        assert words in seen.text
        await farm.open("/farm/closed")
        seen = await farm.submit("/farm/closed")
        assert "现在开着门" in seen.text
        assert "¥" in (await buyer.open(f"/goods/{number}")).text
        wrong = {"ends_on": (village.today - timedelta(days=1)).isoformat(), "reason": "road"}
        seen = await farm.submit("/farm/closed", status=422, typed=wrong)
        assert "最后一天不能早于第一天" in seen.text
        [chosen] = [node for node in seen.root.all("input") if "checked" in node.attrs]
        assert chosen.attrs["value"] == "road"

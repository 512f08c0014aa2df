"""A story of the village on a phone: written, consented to by who is shown, published, read, reported and withdrawn."""

import pytest

from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.opening import make_photo

pytestmark = pytest.mark.long

TEXT = "革新庄的枣树有几百年的，秋天打枣，全村人都上山，晚上熬枣粥喝。"
STORIES = "/village/stories?village=130624107221"


async def test_a_story_is_shown_with_the_consent_of_who_is_in_it_and_not_after(market: LiveMarket) -> None:
    title = "打枣" if market.scripts else "熬枣粥"
    farmer = await market.become("farmer")
    await farmer.open("/farm")
    await farmer.press("村里的事")
    await farmer.press("村里的故事")
    await farmer.press("写一篇")
    typed, files = {"title": title, "text": TEXT, "phones": "17010009008"}, {"photo": make_photo()}
    assert "等写到的人同意" in await farmer.submit("/village/stories", typed=typed, files=files)
    host = await market.become("host")
    await host.open("/me/info")
    await host.press(title)
    path = host.path
    assert "记下了" in await host.submit(path, press=("act", "consent"))
    county = await market.become("county")
    await county.open("/desk/stories")
    await county.press(title)
    await county.submit(county.path, press=("act", "publish"))
    buyer = await market.become("buyer")
    await buyer.open(STORIES)
    await buyer.press("看全文")
    assert TEXT in await buyer.read()
    await buyer.press("举报")
    assert "对方不知道是您" in await buyer.submit(buyer.path, typed={"reason": "false"})
    county = await market.become("county")
    await county.open("/desk/cases")
    await county.press("举报")
    await county.submit(county.path, decision="leave", text="看过了，是真的")
    host = await market.become("host")
    await host.open("/me/info")
    assert "撤回了" in await host.submit("/me/info/consents", press=("act", "withdraw"))
    farmer = await market.become("farmer")
    assert "有人不同意、撤回了" in await farmer.open(STORIES)

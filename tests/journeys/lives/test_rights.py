"""A farmer's own data, on a phone: a consent given and withdrawn, a correction that the county answers, who looked."""

import pytest

from tests.journeys.lives.live_market import LiveMarket

pytestmark = pytest.mark.long


async def test_a_farmer_asks_for_a_correction_and_reads_who_looked(market: LiveMarket) -> None:
    farmer = await market.become("farmer")
    await farmer.open("/farm/mine")
    await farmer.press("我的信息")
    assert farmer.path == "/me/info"
    assert "撤回同意" in await farmer.submit("/me/info/consents", press=("act", "give"))
    assert "撤回了" in await farmer.submit("/me/info/consents", press=("act", "withdraw"))
    await farmer.press("要更正、删除、说明")
    text = await farmer.submit(
        "/me/info/requests", kind="correct", field="household", to="county", village="革新庄村", text="少写了一口人"
    )
    assert "等县里答复" in text
    county = await market.become("county")
    await county.open("/desk/cases")
    await county.press("我的信息")
    path = county.path
    assert "少写了一口人" in await county.read()
    await county.submit(path, outcome="solved", text="照户口本改了")
    farmer = await market.become("farmer")
    assert "照户口本改了" in await farmer.open("/me/info")
    await farmer.press("谁看过我的信息")
    assert "看了您写的事" in await farmer.read()
    await farmer.open("/me/data?all=1")
    await farmer.open("/me/info/kept")

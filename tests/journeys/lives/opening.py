"""The shops of the journeys open as shops do: applied for, confirmed, recommended, approved, on the pages of each."""

import io

from PIL import Image
from playwright.async_api import FilePayload

from tests.journeys.lives.live_market import LiveMarket

ORCHARD, HOUSE = "样例革新庄枣园", "样例骆驼湾农家院"
FARMER, HOST = "样例枣农", "样例店家"
"""The names that the sellers give and the village confirms; they are paid in these."""
_PLACES = {"farmer": ("北果园镇", "革新庄村"), "host": ("龙泉关镇", "骆驼湾村")}
_SHOPS = {
    "farmer": {"applicant": FARMER, "name": ORCHARD, "kind": "household", "produce": "大枣、核桃"},
    "host": {"applicant": HOST, "name": HOUSE, "kind": "homestay", "produce": "住的、玩的"},
}
_ACCOUNTS = {
    "farmer": {"kind": "bank", "number": "6222000000123456"}, "host": {"kind": "wechat", "number": "17010009008"},
}  # fmt: skip


def make_photo() -> FilePayload:
    """A JPEG, as a phone takes it."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(out, "JPEG")
    return FilePayload(name="IMG_1.jpg", mimeType="image/jpeg", buffer=out.getvalue())


async def open_shops(market: LiveMarket) -> None:
    """Let a farmer open an orchard and a host a homestay with its permit; each enters the account that is paid."""
    for role in _SHOPS:
        await _apply(market, role)
    for official, step in (("village", "confirm"), ("county", "recommend"), ("platform", "approve")):
        person = await market.become(official)
        for shop in _SHOPS.values():
            await person.open("/desk/producers")
            await person.press(shop["name"])
            assert "已记下" in await person.submit(person.path, press=("step", step))
    await market.work()
    for role, shop in _SHOPS.items():
        assert any(f"{shop['name']}可以开卖了" in text for text in market.list_texts(role))
    await _show_permit(market)
    farmer = await market.become("farmer")
    await farmer.open("/farm/freight")
    freight = {"way": "charged", "first_price": "8", "more_price": "3", "free_above": "88", "no_ship": "54"}
    assert "买家付快递费：1 公斤内 8.00 元，每加 1 公斤 3.00 元" in await farmer.submit("/farm/freight", typed=freight)
    for role, account in _ACCOUNTS.items():
        seller = await market.become(role)
        assert "还没有收款账户" in await seller.open("/farm/money")
        text = await seller.submit("/farm/money/account", typed=account)
        assert f"尾号 {account['number'][-4:]}" in text


async def _apply(market: LiveMarket, role: str) -> None:
    """Apply as a seller; nothing can be listed before the shop is open."""
    seller = await market.become(role)
    await seller.open("/farm/apply")
    for place in ("阜平县", *_PLACES[role]):
        await seller.press(place)
    assert "村里核实，等办" in await seller.submit("/farm/apply", typed=_SHOPS[role])
    if role == "farmer":
        assert "已申请，等村里核实" in await seller.open("/farm")
        assert "现在还不能上架" in await seller.open("/farm/sell/nut")


async def _show_permit(market: LiveMarket) -> None:
    """Let the host send the permit of its house, without which nobody may be lodged, and the county verify it."""
    host = await market.become("host")
    await host.open("/farm/sell/stay")
    await host.press("去交证")
    text = await host.submit("/farm/papers", kind="homestay_permit", files={"photo": make_photo()})
    assert "等县里核对" in text
    county = await market.become("county")
    await county.open("/desk/producers")
    await county.press(HOUSE)
    assert "已记下" in await county.press("民宿经营许可核对过，属实")

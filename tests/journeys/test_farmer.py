"""The farmer's journey in Chromium, with and without scripts: apply, list a product and a stay, see the money."""

import asyncio
import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import FilePayload

from market.identity.models import Role
from market.kernel import open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.producers.decide import decide_producer
from market.producers.models import AdmissionStep, ProducerId
from tests.journeys.conftest import Phone, Town, in_thread, wait_for
from tests.journeys.test_buyer import sign_in
from tests.support.make import SEAL, load_actor, make_official


def a_photo() -> bytes:
    """A JPEG, as a phone takes it."""
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


async def admit(town: Town, name: str) -> None:
    """Admit an applicant as the village and the county do."""
    database = await open_database(town.dsn, role=APP_ROLE, max_size=2)
    try:
        async with database.transaction() as conn:
            found = await conn.fetchval("SELECT id FROM producers WHERE name = $1", name)
            for role, step in (
                (Role.VILLAGE, AdmissionStep.CONFIRM),
                (Role.COUNTY, AdmissionStep.RECOMMEND),
                (Role.COUNTY, AdmissionStep.APPROVE),
            ):
                official = await load_actor(conn, await make_official(conn, role, "130624"))
                await decide_producer(conn, SEAL, official, ProducerId(found), step=step, now=Clock().now())
    finally:
        await database.close()


def change_offer(town: Town, farmer: Phone, photo: FilePayload) -> None:
    """Submit a certificate, set the freight, and change price and stock of a listing."""
    farmer.open(f"{town.url}/farm/sell/stay")
    farmer.press("去交证")
    farmer.tab.set_input_files("#photo", [photo])
    farmer.press("交给县里核对")
    assert "等县里核对" in farmer.tab.inner_text("main")
    farmer.open(f"{town.url}/farm/freight")
    farmer.tab.check('input[value="charged"]')
    farmer.tab.fill("#first_price", "8")
    farmer.tab.fill("#more_price", "3")
    farmer.press("就按这个收")
    assert "买家付快递费：1 公斤内 8.00 元，每加 1 公斤 3.00 元。" in farmer.tab.inner_text("main")
    farmer.open(f"{town.url}/farm/sell")
    farmer.tab.locator('section[aria-labelledby="m"] a.row').first.click()
    farmer.tab.wait_for_load_state()
    farmer.tab.fill("#price-0", "31.5")
    farmer.tab.fill("#left-0", "12")
    farmer.press("改好了")
    assert "31.50 元" in farmer.tab.inner_text("main")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_shop_is_applied_for_and_its_first_product_listed_with_a_photo(
    town: Town, phone: Callable[[bool], Phone], *, scripts: bool
) -> None:
    farmer = phone(scripts)
    number = "17030000001" if scripts else "17030000002"
    name = f"样例顾家台小院{'甲' if scripts else '乙'}"
    photo = FilePayload(name="IMG_1.jpg", mimeType="image/jpeg", buffer=a_photo())
    farmer.open(f"{town.url}/sign-in?to=/farm")
    sign_in(town, farmer, number)
    for place in ("阜平县", "龙泉关镇", "顾家台村"):
        farmer.press(place)
    farmer.tab.fill("#applicant", "样例顾某")
    farmer.tab.fill("#name", name)
    farmer.tab.fill("#produce", "小米、土鸡蛋")
    farmer.tab.set_input_files("#photo", [photo])
    farmer.press("交给村里核实")
    assert "村里核实，等办" in farmer.tab.inner_text("main")
    farmer.open(f"{town.url}/farm")
    assert "已申请，等村里核实" in farmer.tab.inner_text("main")
    farmer.open(f"{town.url}/farm/sell/nut")
    assert "现在还不能上架" in farmer.tab.inner_text("main")
    in_thread(lambda: asyncio.run(admit(town, name)))
    farmer.open(f"{town.url}/farm")
    assert "今天要发 0 单" in farmer.tab.inner_text("main").replace("\n", " ")
    farmer.press("卖东西")
    farmer.press("阜平大枣")
    farmer.tab.set_input_files("#photo", [photo])
    farmer.tab.fill("#price", "29.8")
    farmer.tab.fill("#left", "20")
    farmer.press("上架")
    assert "上架了" in farmer.tab.inner_text("main")
    farmer.press("看买的人看到的")
    shown = farmer.tab.locator(".pic img")
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    assert "29.80" in farmer.tab.inner_text("main")
    change_offer(town, farmer, photo)
    for path in ("/farm/sell", "/farm/sell/stay", "/farm/money", "/farm/bill", "/farm/mine", "/farm/guests",
                 "/farm/apply"):  # fmt: skip
        farmer.open(town.url + path)
        text = farmer.tab.inner_text("body")
        for word in ("贫困户", "脱贫户", "监测户"):
            assert word not in text
    assert wait_for(lambda: [text for text in town.texts(number) if f"{name}可以开卖了" in text])

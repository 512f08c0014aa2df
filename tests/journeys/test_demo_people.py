"""A visitor of the demo walks a month from import to close, changing people on the list."""

import re

import pytest
from playwright.async_api import expect

from tests.journeys.demo import Demo, Visitor, choose, open_visitor
from tests.support.chromium import launch_chromium

pytestmark = pytest.mark.long

MONTH = "2026-06"
"""The month after those of the sample."""

HEIGHT_BEFORE_BUTTON = """
() => { const dock = document.querySelector('.dock'); dock.querySelector('.btn').remove(); return dock.offsetHeight; }
"""


async def import_files(visitor: Visitor, files: dict[str, bytes]) -> None:
    """Try and import each file on its page; a bill goes with its manifest."""
    for name, content in files.items():
        if name.endswith(".json"):
            continue
        kind = name.partition("-")[0]
        bill = kind not in {"enrolments", "bindings", "usage"}
        await visitor.open(f"/desk/imports/{'billing' if bill else kind}")
        await choose(visitor.page, "file", name, content)
        if bill:
            manifest = name.removesuffix(".csv") + ".manifest.json"
            await choose(visitor.page, "manifest", manifest, files[manifest])
        await visitor.press("导入")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("已导入")


async def decide_findings(visitor: Visitor) -> None:
    """Decide the open findings that stop a line: those of one kind together, the rest one by one."""
    page = visitor.page
    while True:
        await visitor.open(f"/desk/findings?month={MONTH}&state=open")
        stopping = page.locator("tr[id]", has_text="先停付")
        if await stopping.count() == 0:
            return
        if await stopping.locator("[name=pick]").count() > 0:
            kind = await stopping.filter(has=page.locator("[name=pick]")).first.locator(".dr span").inner_text()
            for box in await stopping.filter(has_text=kind).locator("[name=pick]").all():
                await box.check()
            form = page.locator("#bulk")
        else:
            await stopping.locator("a.dr").first.click()
            form = page.locator("tr.told form")
        for chosen in await form.locator("[value=stop]").all():
            await chosen.check(force=True)
        await form.locator("select").select_option("入户核对，情况不符")
        await form.get_by_role("button").click()
        await expect(page.get_by_role("alert")).to_contain_text("已记下")
        await visitor.check_page()


@pytest.mark.parametrize("elder", [False, True])
async def test_the_first_screen_shows_a_price_and_a_way_to_buy_below_the_band(demo: Demo, elder: bool) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=False)
        page = visitor.page
        await page.context.add_cookies([{"name": "elder", "value": str(int(elder)), "url": demo.address}])
        for path in ("/", "/search?q=小米", "/kinds/fruit"):
            await visitor.open(path)
            await expect(page.locator("aside.sample")).to_be_visible()
            bar = await page.locator(".tabs").bounding_box()
            assert bar is not None
            for offer in ("main .yen", ".goods .go"):
                box = await page.locator(offer).first.bounding_box()
                assert box is not None
                assert box["y"] + box["height"] <= bar["y"], (path, offer)
        await page.locator(".goods a").first.click()
        dock = await page.locator(".dock").bounding_box()
        price = await page.locator("main .yen").first.bounding_box()
        assert dock is not None
        assert price is not None
        assert price["y"] + price["height"] <= dock["y"], (page.url, await page.locator("main").inner_text())
        assert dock["y"] + dock["height"] == 640
        assert await page.evaluate(HEIGHT_BEFORE_BUTTON) == dock["height"], "the bar moves while the page arrives"
        for role in ("farmer", "host"):
            await visitor.become(role)
            await visitor.open("/farm")
            bar = await page.locator(".tabs").bounding_box()
            # What a seller does every day; 村里的事 is below.
            doors = [await each.bounding_box() for each in (await page.locator(".door").all())[:3]]
            assert bar is not None
            assert [door["y"] + door["height"] <= bar["y"] for door in doors if door] == [True] * 3, role
        await visitor.become("farmer")
        await expect(page.locator(".tasks a").last).to_be_hidden()
        await page.locator(".tasks summary").click()
        await expect(page.locator(".tasks a").last).to_be_visible()


async def test_a_visitor_walks_a_month_from_import_to_close(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=True)
        files = await visitor.download()
        assert [re.sub(r"\d+", "N", name) for name in files if name.endswith(".csv")] == [
            "telecom-N-N-late.csv", "enrolments-N-N-N.csv", "bindings-N-N-N.csv", "usage-N-N.csv",
            "mobile-N-N.csv", "unicom-N-N.csv", "telecom-N-N.csv",
        ]  # fmt: skip
        await visitor.become("importer")
        await import_files(visitor, {name: content for name, content in files.items() if "late" not in name})
        await take_step(visitor, "计算这个月", "算好了")
        await visitor.become("village")
        await take_step(visitor, "村里核实，属实", "已核实")
        await visitor.become("township")
        await decide_findings(visitor)
        await take_step(visitor, "乡镇审核，同意", "已审核")
        await visitor.become("county")
        await take_step(visitor, "县级审定", "已审定")
        await visitor.become("finance")
        await take_step(visitor, "结算", "已结算")
        await visitor.become("reconciler")
        await take_step(visitor, "对账", "已对账")
        await take_step(visitor, "关账", "已关账")


async def take_step(visitor: Visitor, words: str, done: str) -> None:
    """Take the step of the month that is due."""
    await visitor.open(f"/desk/months/{MONTH}")
    await visitor.press(words)
    await expect(visitor.page.get_by_role("alert")).to_contain_text(done)

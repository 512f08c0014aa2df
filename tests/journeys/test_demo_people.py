"""A visitor of the demo walks a month from import to close, changing people on the list."""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta

import msgspec
import pytest
from msgspec import Struct
from playwright.async_api import Browser, Page, expect

from market.app import create_app
from market.demo.sample.load import load_sample
from market.kernel.embedded import EmbeddedServer
from market.kernel.seal import derive_seal
from market.storage.files import open_file_store
from tests.conftest import clone_database, drop_database
from tests.demo.sample.conftest import NOW, SCALE, ignore_progress
from tests.support.accessibility import find_new_faults_async
from tests.support.app import SECRET, build_settings
from tests.support.chromium import launch_chromium
from tests.web.desk.live import free_port, serve_on_port

MONTH = "2026-06"
"""The month after those of the sample."""
LATER = timedelta(days=27)
"""The visitor comes when the next month's bills are there."""
PATIENCE_MS = 60_000


HEIGHT_BEFORE_BUTTON = """
() => { const dock = document.querySelector('.dock'); dock.querySelector('.btn').remove(); return dock.offsetHeight; }
"""


class Demo(Struct, frozen=True):
    """A running demo with a small sample."""

    address: str


@pytest.fixture(scope="module")
async def demo(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Demo]:
    name, folder = await clone_database(server, template), tmp_path_factory.mktemp("demo")
    port = free_port()
    settings = build_settings(
        server.dsn(name), folder, public_url=f"http://127.0.0.1:{port}", demo=True, now=NOW + LATER
    )
    loaded = await load_sample(
        server.dsn(name),
        settings,
        derive_seal(SECRET),
        open_file_store(settings.storage_url),
        now=NOW,
        progress=ignore_progress,
        scale=SCALE,
    )
    (folder / "demo.json").write_bytes(msgspec.json.encode({"accounts": loaded.accounts}))
    async with serve_on_port(create_app(settings), port) as address:
        yield Demo(address)
    await drop_database(server, name)


class Visitor:
    """A visitor with one browser tab, who becomes another person by a click."""

    def __init__(self, page: Page, address: str, *, scripts: bool) -> None:
        self.page = page
        self._address = address
        self._scripts = scripts

    async def become(self, role: str) -> None:
        """Choose a person on the list."""
        await self.open("/demo/people")
        await self.page.locator(f'button[name=who][value="{role}"]').click()
        await self.check_page()

    async def open(self, path: str) -> None:
        """Open a page and check it."""
        await self.page.goto(self._address + path)
        await self.check_page()

    async def press(self, words: str) -> None:
        """Press a button and check the next page."""
        await self.page.get_by_role("button", name=words, exact=True).first.click()
        await self.page.wait_for_load_state()
        # The page of a task is replaced when its result has come.
        await expect(self.page.locator("[data-live]")).to_have_count(0, timeout=PATIENCE_MS)
        await self.page.wait_for_load_state()
        await self.check_page()

    async def check_page(self) -> None:
        """Check that the page is accessible and fits a phone."""
        if self._scripts:
            wide = await self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, f"{self.page.url} is {wide} wide"
            assert await find_new_faults_async(self.page) == [], self.page.url

    async def download(self) -> dict[str, bytes]:
        """Return the offered files by name, in the order of their import; the late bill is first."""
        await self.open("/demo/people")
        links = await self.page.locator('a[href^="/demo/files/"]').all()
        paths = [str(await link.get_attribute("href")) for link in links]
        files: dict[str, bytes] = {}
        for path in paths:
            response = await self.page.context.request.get(self._address + path)
            files[path.rpartition("/")[2]] = await response.body()
        return files


async def open_visitor(browser: Browser, demo: Demo, *, scripts: bool) -> Visitor:
    """Return a visitor on a phone."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 640}, java_script_enabled=scripts, locale="zh-CN"
    )
    context.set_default_timeout(PATIENCE_MS)
    return Visitor(await context.new_page(), demo.address, scripts=scripts)


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


async def choose(page: Page, field: str, name: str, content: bytes) -> None:
    """Choose a file in a field."""
    await page.set_input_files(f"#{field}", {"name": name, "mimeType": "text/csv", "buffer": content})


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


async def follow(visitor: Visitor, words: str) -> None:
    """Follow a link that begins with words, and check the page."""
    link = visitor.page.locator("main").get_by_role("link", name=re.compile(f"^{words}")).first
    await visitor.open(str(await link.get_attribute("href")))


COURSE = (
    "课程名称,村代码,开始时间,结束时间,名额,主办单位\n"
    "食用菌越夏管理,{village},2026-07-09 09:00,2026-07-09 11:30,2,样例革新庄食用菌公司\n"
)


async def test_a_villager_reports_a_fault_and_goes_to_a_course_that_the_county_gives(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=True)
        page = visitor.page
        await visitor.become("farmer")
        await follow(visitor, "村里的事")
        await follow(visitor, "信号和宽带")
        village = page.url.partition("village=")[2]
        await page.locator("[name=kind]").first.check(force=True)
        await page.select_option("#operator", label="中国移动")
        await page.select_option("#technology", "4g")
        await page.fill("#text", "村东头，下雨以后就没有")
        await visitor.press("报上去")
        await expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_contain_text("报上去了")
        await visitor.become("operator")
        await visitor.open("/operators/outages")
        await page.locator("[name=outcome]").first.check(force=True)
        await page.fill("#text", "查了，是基站停电，已经来电")
        await visitor.press("答复")
        await expect(page.locator("main")).to_contain_text("短信告诉报的人")
        await visitor.become("county")
        await visitor.open("/desk/village-files/courses")
        await choose(page, "file", "courses.csv", COURSE.format(village=village).encode())
        await visitor.press("导入")
        await expect(page.get_by_role("alert")).to_contain_text("导入好了")
        await visitor.become("farmer")
        await visitor.open(f"/village/services?village={village}")
        await page.get_by_role("button", name=re.compile("^报名")).first.click()
        await visitor.check_page()
        await expect(page.locator("#own")).to_be_visible()
        await visitor.open(f"/village/plans?village={village}")
        await expect(page.locator("main")).to_contain_text("元")


async def test_a_shop_applies_and_the_county_decides_and_answers_the_province_without_scripts(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=False)
        page = visitor.page
        await visitor.become("farmer")
        await follow(visitor, "村里的事")
        await follow(visitor, "扶持和场地")
        await page.locator('main a[href^="/farm/funds/"]').first.click()
        if await page.locator("#wanted").count():
            await page.fill("#wanted", "500")
        await page.fill("#text", "换两个菇棚的遮阳网")
        await visitor.press("申请")
        await expect(page.locator("main")).to_contain_text("交上去了")
        await visitor.become("county")
        await visitor.open("/desk/cases")
        await follow(visitor, "扶持")
        await page.locator("[name=decision]").first.check()
        if await page.locator("#granted").count():
            await page.fill("#granted", "500")
        await page.fill("#text", "材料齐，符合今年的办法")
        await visitor.press("就这样定")
        await visitor.become("province")
        await visitor.open("/desk/supervision/new")
        await expect(page.locator("h1")).to_be_visible()
        await visitor.become("county")
        await visitor.open("/desk/supervision")
        await page.locator("section[aria-labelledby=received] a.row").first.click()
        await page.fill("#text", "今天逐村查了一遍，缺信号的报给了运营商")
        await visitor.press("报上去")
        await expect(page.locator("main")).to_contain_text("缺信号的报给了运营商")

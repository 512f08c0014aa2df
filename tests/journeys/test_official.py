"""An official's journey in Chromium, with and without scripts: sign in, read, decide, settle, close, export."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
from msgspec import Struct
from playwright.async_api import Browser, Page, expect

from market.kernel import Database
from market.kernel.clock import Clock, make_clock_at
from market.kernel.seal import Seal
from market.people.identity.models import Role
from market.people.identity.officials import create_official
from market.people.notify.models import Message
from market.people.notify.send import send_due_messages
from market.service.app import create_app
from tests.service.web.desk.county import (
    COUNTY,
    INPUT,
    NOW,
    Officials,
    create_officials,
    import_story_files,
    play_january,
)
from tests.service.web.desk.live import free_port, open_signed_in_context, serve_on_port
from tests.support.app import build_settings
from tests.support.chromium import launch_chromium
from tests.support.make import compute_totp_code

PHONE = "17010008001"


class Market(Struct, frozen=True):
    """The service with the story's county, its month reviewed, and the county's official who has a phone."""

    address: str
    people: Officials
    totp_secret: str
    clock: Clock


class Pocket:
    """An SMS sender that collects its messages."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, message: Message) -> None:
        """Collect a message."""
        self.texts.append(message.text)


@pytest.fixture
async def market(dsn: str, folder: Path, database: Database, seal: Seal) -> AsyncGenerator[Market]:
    people = await create_officials(database)
    await import_story_files(database, seal, people)
    await play_january(database, people, until="review")
    async with database.transaction() as conn:
        made = await create_official(
            conn, seal, name="样例县二", handle="xian2", phone=PHONE, roles=[Role.COUNTY], division=COUNTY, now=NOW
        )
    port = free_port()
    settings = build_settings(dsn, folder, now=NOW, public_url=f"http://127.0.0.1:{port}")
    async with serve_on_port(create_app(settings), port) as address:
        yield Market(address, people, made.totp_secret, make_clock_at(NOW))


async def newest_code(market: Market, database: Database, seal: Seal) -> str:
    pocket = Pocket()
    await send_due_messages(database, seal, pocket, now=market.clock.now() + timedelta(minutes=1))
    [text] = [text for text in pocket.texts if "验证码" in text]
    return "".join(letter for letter in text.partition("，")[0] if letter.isdigit())


async def press(browser: Browser, market: Market, handle: str, words: str) -> None:
    """Open January as an official and press a button."""
    context = await open_signed_in_context(
        browser, market.address, market.people.tokens[handle], java_script_enabled=False
    )
    page = await context.new_page()
    await page.goto(f"{market.address}/desk/months/2019-01")
    await page.get_by_role("button", name=words, exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("已")
    await context.close()


async def sign_in(page: Page, market: Market, database: Database, seal: Seal) -> None:
    await page.goto(f"{market.address}/desk")
    await page.get_by_label("手机号").fill(PHONE)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in/code**")
    code = await newest_code(market, database, seal)
    await page.locator("#code").fill(code)
    # With scripts, a complete code is submitted automatically.
    if "/sign-in/code" in page.url:
        await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in/factor**")
    await page.locator("#code").fill(compute_totp_code(market.totp_secret, market.clock.now()))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_an_official_reads_decides_and_exports_the_month(
    market: Market, database: Database, seal: Seal, folder: Path, *, scripts: bool
) -> None:
    async with launch_chromium() as browser:
        context = await browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        await sign_in(page, market, database, seal)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("等我办的")
        await expect(page.get_by_text("2月20日，还有 6 天").first).to_be_visible()

        # Drill down from the county to the line.
        for name in ("展开城南庄镇", "展开马兰村", "展开样例周* H05，3 人", "展开DX-03"):
            await page.get_by_role("link", name=name).click()
            await expect(page.locator("tr:target")).to_be_in_viewport()
        await expect(page.get_by_role("heading", name="DX-03 怎么算的")).to_be_in_viewport()
        await expect(page.get_by_text("农户每月最多支付套餐费的百分之五十")).to_be_in_viewport()

        # The importer is refused, and sees who may approve.
        gan = await open_signed_in_context(
            browser, market.address, market.people.tokens["gan"], java_script_enabled=scripts
        )
        other = await gan.new_page()
        await other.goto(f"{market.address}/desk/months/2019-01")
        await expect(other.get_by_text("这个月的文件是您导入的，导入人不能审批。")).to_be_visible()
        await other.get_by_role("button", name="县级审定").click()
        await expect(other.get_by_role("alert")).to_contain_text("导入人不能审批")
        await expect(other.get_by_role("alert")).to_contain_text("样例县二、样例县某")
        result = await other.locator(".hash", has_text="结果号").text_content()
        await other.goto(f"{market.address}/desk/months/2019-01")
        await other.get_by_role("button", name="再算一遍").click()
        await expect(other.get_by_role("alert")).to_contain_text("又算了一遍，结果号没有变")
        assert await other.locator(".hash", has_text="结果号").text_content() == result
        await gan.close()

        # Another official approves, and opens the form to stamp.
        await page.goto(f"{market.address}/desk")
        await page.get_by_role("link", name="1 月账期，等县级审定").click()
        await page.get_by_role("button", name="县级审定").click()
        await expect(page.get_by_role("alert")).to_contain_text("已审定")
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="审批表 XLSX").click()
        await (await waiting.value).save_as(folder / "approval.xlsx")
        content = BytesIO((folder / "approval.xlsx").read_bytes())
        rows = python_calamine.CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()
        assert rows[0][0] == "阜平县手机和宽带资费减免审批表"
        assert next(row for row in rows if row[0] == "合计")[7:10] == [289.34, 169.14, 120.2]
        await press(browser, market, "cai", "结算")
        await press(browser, market, "dui", "对账")
        await press(browser, market, "dui", "关账")
        await page.goto(f"{market.address}/desk/months")
        await expect(page.get_by_role("row", name="2019年1月")).to_contain_text("已关账")
        await context.close()


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_a_bad_file_is_shown_cell_by_cell(market: Market, *, scripts: bool) -> None:
    trap = INPUT / "traps" / "malformed"
    async with launch_chromium() as browser:
        context = await open_signed_in_context(
            browser, market.address, market.people.tokens["gan"], java_script_enabled=scripts
        )
        page = await context.new_page()
        await page.goto(f"{market.address}/desk/imports")
        await page.get_by_role("link", name="账单").click()
        await page.get_by_label("账单文件").set_input_files(trap / "telecom-2019-02.csv")
        await page.get_by_label("清单").set_input_files(trap / "telecom-2019-02.manifest.json")
        await page.get_by_role("button", name="试一遍，不导入").click()
        await expect(page.get_by_role("heading", name="要改的地方，7 处")).to_be_visible()
        assert await page.get_by_role("table", name="要改的地方").locator("tbody tr").count() == 7
        await context.close()

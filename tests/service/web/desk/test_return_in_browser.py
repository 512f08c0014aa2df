"""An operator sends its return file in Chromium on a phone, without JavaScript; the page is accessible."""

from pathlib import Path

from market.kernel import Database
from market.service.app import create_app
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from market.subsidies.reconciliation.settlement_files import read_settlement_file
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, play_january
from tests.service.web.desk.live import free_port, open_signed_in_context, serve_on_port
from tests.service.web.test_operators import make_sender
from tests.subsidies.reconciliation.returns import make_rows, write_return
from tests.support.accessibility import find_faults_async
from tests.support.app import build_settings
from tests.support.chromium import launch_chromium
from tests.support.make import SEAL

PAGE = "/operators/months/2019-01"
PHONE = {"width": 360, "height": 640}


async def test_an_operator_sends_its_return_file_from_a_phone_without_scripts(
    dsn: str, folder: Path, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    token = await make_sender(database)
    async with database.transaction(scope=COUNTY) as conn:
        sent = await read_settlement_file(conn, SEAL, await find_cycle(conn, COUNTY, JANUARY), Operator.MOBILE)
    content, _ = write_return(make_rows(sent), operator=Operator.MOBILE, name="m1.csv", sent=sent)
    port = free_port()
    settings = build_settings(dsn, folder, now=NOW, public_url=f"http://127.0.0.1:{port}")
    async with serve_on_port(create_app(settings), port) as address, launch_chromium() as browser:
        context = await open_signed_in_context(
            browser, address, token, viewport=PHONE, java_script_enabled=False, locale="zh-CN"
        )
        page = await context.new_page()
        await page.goto(address + PAGE)
        await page.locator("#file").set_input_files({"name": "m1.csv", "mimeType": "text/csv", "buffer": content})
        await page.locator("#rows").fill("11")
        await page.locator("#total").fill("50.93")
        await page.get_by_role("button", name="交", exact=True).click()
        await page.get_by_text("回单收下了").wait_for()
        assert "没有要改的" in await page.locator("main").inner_text()
        await context.close()
        context = await open_signed_in_context(browser, address, token, viewport=PHONE, locale="zh-CN")
        page = await context.new_page()
        await page.goto(address + PAGE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert await find_faults_async(page) == []
        await context.close()

"""A demo started in a folder of its own, or the running one that `AT=http://…` names."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, BrowserContext

from market.kernel.postgres.embedded import find_free_port
from tests.pages.budgets import DataPages

STOP_SECONDS = 30
_GOODS = re.compile(r'href="(/goods/\d+)"')
_STAYS = re.compile(r'href="(/stays/\d+)"')
_MONTHS = re.compile(r'href="/desk/months/(\d{4}-\d\d)"')
type Who = Literal["", "farmer", "buyer", "official"]


@contextmanager
def run_demo() -> Generator[str]:
    """Yield the address of a running demo with all sample data; the first start takes a minute or two."""
    running = os.environ.get("AT", "").rstrip("/")
    if running:
        yield running
        return
    with tempfile.TemporaryDirectory(prefix="xiangji-pages-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "market.service.commands", "demo"],
            env={**os.environ, "MARKET_DATA": str(Path(folder) / "data"), "MARKET_PORT": str(find_free_port())},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            assert line.startswith("ready "), "the demo did not start; see the output above"
            yield line.removeprefix("ready ")
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


async def open_context(browser: Browser, url: str, who: str, *, width: int = 360, height: int = 740) -> BrowserContext:
    """Return a new browser context, signed in by the demo's link if a role is given."""
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    if who:
        page = await context.new_page()
        await page.goto(f"{url}/demo/{who}")
        await page.close()
    return context


async def find_pages(browser: Browser, url: str) -> DataPages:
    """Find a product, a stay and the last month; add the product to the buyer's cart."""

    async def first(who: str, path: str, pattern: re.Pattern[str]) -> str:
        context = await open_context(browser, url, who)
        page = await context.new_page()
        await page.goto(url + path)
        found = pattern.search(await page.content())
        await context.close()
        assert found is not None, path
        return found.group(1)

    found = DataPages(
        await first("", "/search?q=小米", _GOODS),
        await first("", "/kinds/stay", _STAYS),
        await first("official", "/desk", _MONTHS),
    )
    context = await open_context(browser, url, "buyer")
    page = await context.new_page()
    await page.goto(url + found.goods)
    await page.get_by_role("button", name="放进购物车").click()
    await page.wait_for_load_state()
    await context.close()
    return found

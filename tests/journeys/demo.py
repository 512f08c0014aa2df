"""The demo with its sample on a port, and who walks through it in a browser."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
from litestar import Litestar
from msgspec import Struct
from playwright.async_api import Browser, Page, expect

from market.kernel import Connection
from market.kernel.seal import derive_seal
from market.people.identity.sign_in import sign_in_without_code
from market.people.storage.files import open_file_store
from market.service.app import create_app
from market.service.demo.sample.load import load_sample
from payments.sql import prepare_connection
from tests.service.demo.sample.conftest import NOW, SCALE, ignore_progress
from tests.service.web.desk.live import free_port, serve_on_port
from tests.support.accessibility import find_new_faults_async
from tests.support.app import SECRET, build_settings

LATER = timedelta(days=27)
"""The visitor comes when the next month's bills are there."""
PATIENCE_MS = 60_000


class Demo(Struct, frozen=True):
    """A running demo with a small sample."""

    address: str
    app: Litestar
    dsn: str

    async def sign_in(self, phone: str, *, second_factor: bool = False) -> str:
        """Return the token of a session of a sample person."""
        async with open_owner(self.dsn) as conn:
            account = await conn.fetchval(
                "SELECT id FROM accounts WHERE phone_index = $1", derive_seal(SECRET).index(phone)
            )
            return (await sign_in_without_code(conn, account, now=NOW + LATER, second_factor=second_factor)).token


@asynccontextmanager
async def open_owner(dsn: str) -> AsyncGenerator[Connection]:
    """Give a connection of the owner of the tables."""
    conn = await asyncpg.connect(dsn)
    await prepare_connection(conn)
    yield conn
    await conn.close()


@asynccontextmanager
async def run_demo(dsn: str, folder: Path) -> AsyncGenerator[Demo]:
    """Load the sample and serve the demo until the block ends."""
    port = free_port()
    settings = build_settings(dsn, folder, public_url=f"http://127.0.0.1:{port}", demo=True, now=NOW + LATER)
    files = open_file_store(settings.storage_url)
    loaded = await load_sample(
        dsn, settings, derive_seal(SECRET), files, now=NOW, progress=ignore_progress, scale=SCALE
    )
    (folder / "demo.json").write_bytes(msgspec.json.encode({"accounts": loaded.accounts}))
    app = create_app(settings)
    async with serve_on_port(app, port) as address:
        yield Demo(address, app, dsn)


class Visitor:
    """A visitor with one browser tab, who becomes another person by a click."""

    def __init__(self, page: Page, address: str, *, scripts: bool) -> None:
        self.page = page
        self._address = address
        self._scripts = scripts

    async def become(self, role: str) -> None:
        """Choose a person on the list."""
        await self.page.goto(self._address + "/demo/people")
        await self.page.locator(f'button[name=who][value="{role}"]').click()
        await self.check_page()

    async def be(self, demo: Demo, phone: str) -> None:
        """Sign in as a sample person whom the list does not show."""
        token = await demo.sign_in(phone)
        await self.page.context.add_cookies([{"name": "session", "value": token, "url": self._address}])

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
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{self.page.url} is {wide} wide"
        if self._scripts:
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


async def choose(page: Page, field: str, name: str, content: bytes) -> None:
    """Choose a file in a field."""
    await page.set_input_files(f"#{field}", {"name": name, "mimeType": "text/csv", "buffer": content})


async def follow(visitor: Visitor, words: str) -> None:
    """Follow a link that begins with words, and check the page."""
    link = visitor.page.locator("main").get_by_role("link", name=re.compile(f"^{words}")).first
    await visitor.open(str(await link.get_attribute("href")))

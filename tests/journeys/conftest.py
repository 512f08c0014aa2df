"""The whole service as an operator starts it (service, worker, provider), and Chromium to browse it."""

import asyncio
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import asyncpg
import pytest
from msgspec import Struct
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from market.kernel import open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, find_free_port
from market.kernel.settings import Settings
from tests.conftest import clone_database, drop_database
from tests.journeys.demo import Demo, run_demo
from tests.service.web.conftest import Village, a_village
from tests.support.accessibility import find_new_faults
from tests.support.app import SECRET
from tests.support.chromium import start_chromium

TRIES = 600
WAIT_SECONDS = 0.1
PATIENCE_MS = 30_000


class Town(Struct, frozen=True):
    """A running market: its URL, its database, and the file of its messages."""

    url: str
    dsn: str
    folder: Path
    village: Village

    def texts(self, phone: str) -> list[str]:
        """Return the messages to a phone, oldest first."""
        path = self.folder / "sms.jsonl"
        if not path.exists():
            return []
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [line["text"] for line in lines if line["phone"] == phone]

    def texts_with_codes(self, phone: str) -> list[str]:
        """Return the messages with one-time codes; others warn of who asks for one."""
        return [text for text in self.texts(phone) if re.search("验证码 [0-9]", text)]

    def let_a_minute_pass(self) -> None:
        """Age the one-time codes, so that a phone may request the next one."""

        async def age() -> None:
            conn = await asyncpg.connect(self.dsn)
            await conn.execute("UPDATE sign_in_codes SET sent_at = sent_at - interval '1 minute'")
            await conn.close()

        in_thread(lambda: asyncio.run(age()))

    def code(self, phone: str, *, after: int = 0) -> str:
        """Wait for the next one-time code of a phone, beyond the first `after` messages with codes."""
        found = wait_for(lambda: self.texts_with_codes(phone)[after:])
        return "".join(letter for letter in found[0].partition("，")[0] if letter.isdigit())


def wait_for[T](look: Callable[[], T]) -> T:
    """Poll until a value is truthy, for at most a minute, because other tests may run in parallel."""
    pause = Event()
    for _ in range(TRIES):
        found = look()
        if found:
            return found
        pause.wait(WAIT_SECONDS)
    raise AssertionError("timed out waiting")


def answers(url: str) -> bool:
    """Return whether a service responds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def in_thread(work: Callable[[], Any]) -> Any:
    """Run work in another thread, because Playwright runs its event loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()


@pytest.fixture(scope="session")
async def filled(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[str, Village, Path]]:
    """A database with a small market, and a folder for its files."""
    name = await clone_database(server, template)
    folder = tmp_path_factory.mktemp("town")
    database = await open_database(server.dsn(name), role=APP_ROLE, max_size=2)
    village = await a_village(database, None, Settings(database_url=server.dsn(name), data=folder, secret=SECRET))
    await database.close()
    yield server.dsn(name), village, folder
    await drop_database(server, name)


@pytest.fixture(scope="package")
async def demo(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Demo]:
    """The demo with a small sample; the files that use it go to one worker."""
    name = await clone_database(server, template)
    async with run_demo(server.dsn(name), tmp_path_factory.mktemp("demo")) as running:
        yield running
    await drop_database(server, name)


@pytest.fixture(scope="session")
def town(filled: tuple[str, Village, Path]) -> Generator[Town]:
    """The service, its worker and the provider, each in its own process."""
    dsn, village, folder = filled
    port = find_free_port()
    provider = find_free_port(port)
    url = f"http://127.0.0.1:{port}"
    environ = dict(
        os.environ,
        MARKET_DATABASE_URL=dsn,
        MARKET_DATA=str(folder),
        MARKET_SECRET=SECRET,
        MARKET_PORT=str(port),
        MARKET_PUBLIC_URL=url,
        MARKET_STRIPE_KEY="sk_test_journeys",
        MARKET_STRIPE_BASE=f"http://127.0.0.1:{provider}",
        MARKET_STRIPE_WEBHOOK_SECRET="whsec_sandbox",
        MARKET_SMS_PATH=str(folder / "sms.jsonl"),
        MARKET_STORAGE_URL=(folder / "files").as_uri(),
        MARKET_POOL_SIZE="8",
    )
    commands = (
        ["sandbox", "--port", str(provider), "--webhook", f"{url}/payments/webhook"],
        ["serve"],
        ["worker"],
    )
    with ExitStack() as stack:
        for command in commands:
            log = stack.enter_context((folder / f"{command[0]}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "market.service.commands", *command], env=environ, stdout=log, stderr=log
            )
            stack.callback(stop, process)
        wait_for(lambda: answers(f"{url}/readyz") and answers(f"http://127.0.0.1:{provider}/healthz"))
        yield Town(url, dsn, folder, village)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Terminate a process, or kill it if it does not exit."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def playwright() -> Generator[Playwright]:
    """The browser driver; it runs an event loop in this thread, so it must end before asynchronous tests continue."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Generator[Browser]:
    """Chromium."""
    browser = start_chromium(playwright)
    yield browser
    browser.close()


class Phone(Struct, frozen=True):
    """A person's browser; it checks every page it shows."""

    context: BrowserContext
    tab: Page
    scripts: bool
    faults: list[str]

    def look(self) -> None:
        """Check that the page is accessible, fits the screen, and logs no errors."""
        wide = self.tab.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{self.tab.url} is {wide} wide"
        if self.scripts:
            assert find_new_faults(self.tab) == [], self.tab.url
        assert self.faults == [], self.tab.url

    def open(self, address: str) -> None:
        """Open a path and check its page."""
        self.tab.goto(address)
        self.look()

    def press(self, words: str) -> None:
        """Press the button or link with this text, and check the next page."""
        self.tab.locator(f'main button:has-text("{words}"), main a:has-text("{words}")').first.click()
        self.tab.wait_for_load_state()
        self.look()


@pytest.fixture
def phone(chromium: Browser) -> Generator[Callable[[bool], Phone]]:
    """Return a factory of browsers, with or without scripts."""
    given: list[BrowserContext] = []

    def give(scripts: bool) -> Phone:
        context = chromium.new_context(
            viewport={"width": 360, "height": 740}, java_script_enabled=scripts, locale="zh-CN"
        )
        context.set_default_timeout(PATIENCE_MS)
        given.append(context)
        tab = context.new_page()
        faults: list[str] = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        return Phone(context, tab, scripts, faults)

    yield give
    for context in given:
        context.close()

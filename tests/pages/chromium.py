"""Chromium as a cheap phone on a slow network, spoken to by the DevTools protocol, and what a page cost it."""

import gzip
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SLOWER = 4
"""How much slower than this machine the phone's processor is. Source: web.md, Budgets."""
SLOWER_TO_PRESS = 6
PATIENCE_MS = 60_000
PHONE = {"width": 360, "height": 740}

TIMES = """
() => new Promise((done) => {
  const found = {lcp: 0, cls: 0, text: 0};
  for (const entry of performance.getEntriesByName('first-contentful-paint')) found.text = entry.startTime;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) found.lcp = e.startTime; })
    .observe({type: 'largest-contentful-paint', buffered: true});
  new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) found.cls += e.value; })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(found), 200);
})
"""
WATCH = """
() => {
  window.slowest = 0;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) slowest = Math.max(slowest, e.duration); })
    .observe({type: 'event', durationThreshold: 16});
}
"""
SLOWEST = "() => new Promise((done) => setTimeout(() => done(slowest), 300))"
BELOW = """
() => Array.from(document.images)
  .filter((image) => image.getBoundingClientRect().top >= innerHeight).map((image) => image.currentSrc)
"""


class Network(Struct, frozen=True):
    """A network: its delay, and how much it carries."""

    name: str
    delay_ms: int
    kbit_s: int


SLOW_4G = Network("4g", 150, 1_600)
THREE_G = Network("3g", 300, 700)
TWO_G = Network("2g", 800, 280)
"""Source of the three: web.md, Budgets."""


class Cost(Struct, frozen=True):
    """What a page cost: bytes compressed, seconds, shift of its layout, and requests to others."""

    html_css: int
    script: int
    above_fold: int
    whole: int
    others: int
    lcp: float
    first_text: float
    shift: float


class _Request(Struct):
    url: str
    kind: str
    size: int = 0
    packed: bool = False


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Lend a browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, "Chromium is missing: apt-get install chromium fonts-wqy-microhei"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def _tell(session: CDPSession, command: str, **given: object) -> dict[str, Any]:
    """Send one command of the protocol and return its answer."""
    return await session.send(command, given)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


async def _slow(page: Page, network: Network) -> CDPSession:
    """Make a tab a slow phone on that network, with nothing in its cache."""
    session = await page.context.new_cdp_session(page)
    await _tell(session, "Network.enable")
    await _tell(session, "Network.setCacheDisabled", cacheDisabled=True)
    carried = network.kbit_s * 1000 / 8
    await _tell(
        session,
        "Network.emulateNetworkConditions",
        offline=False,
        latency=network.delay_ms,
        downloadThroughput=carried,
        uploadThroughput=carried,
    )
    await _tell(session, "Emulation.setCPUThrottlingRate", rate=SLOWER)
    return session


def _count(session: CDPSession) -> dict[str, _Request]:
    """Note every request of a tab from now on, with the bytes that came."""
    requests: dict[str, _Request] = {}

    def sent(event: dict[str, Any]) -> None:
        requests[event["requestId"]] = _Request(event["request"]["url"], event.get("type", ""))

    def answered(event: dict[str, Any]) -> None:
        if event["requestId"] in requests:
            heads = {name.lower() for name in event["response"]["headers"]}
            requests[event["requestId"]].packed = "content-encoding" in heads

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in requests:
            requests[event["requestId"]].size = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    return requests


async def cost_of(context: BrowserContext, url: str, network: Network) -> Cost:
    """Open a page in a new tab of a slow phone and return what it cost.

    What the service sends uncompressed is counted compressed, as the proxy before it sends it; the seconds are those of
    what came, so a service without its proxy is measured a little worse than it is.
    """
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    session = await _slow(page, network)
    requests = _count(session)
    response = await page.goto(url, wait_until="load")
    assert response is not None
    assert response.ok, f"{url}: {response.status}"
    times = await page.evaluate(TIMES)
    below = set(await page.evaluate(BELOW))
    html_css = script = above = whole = 0
    for key, request in requests.items():
        if request.url.startswith("data:"):
            continue
        size = request.size
        if not request.packed and request.kind in {"Document", "Stylesheet", "Script"}:
            body = await _tell(session, "Network.getResponseBody", requestId=key)
            size = len(gzip.compress(body["body"].encode()))
        whole += size
        html_css += size if request.kind in {"Document", "Stylesheet"} else 0
        script += size if request.kind == "Script" else 0
        above += 0 if request.url in below else size
    home = urlsplit(url).netloc
    others = sum(urlsplit(each.url).netloc not in {home, ""} for each in requests.values())
    await page.close()
    return Cost(
        html_css, script, above, whole, others, times["lcp"] / 1000, times["text"] / 1000, round(times["cls"], 4)
    )


async def seconds_to_answer(context: BrowserContext, url: str, field: str) -> float:
    """Type into a field on a phone six times slower and return the seconds of the slowest answer to a key (INP)."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(url)
    session = await context.new_cdp_session(page)
    await _tell(session, "Emulation.setCPUThrottlingRate", rate=SLOWER_TO_PRESS)
    place = page.locator(field).first
    await place.click()
    await page.evaluate(WATCH)
    await place.press_sequentially("123", delay=50)
    longest = await page.evaluate(SLOWEST)
    await page.close()
    return longest / 1000

"""Chromium as a cheap phone on a slow network, driven by the DevTools protocol, and the cost of a page."""

import gzip
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.async_api import BrowserContext, CDPSession, Page

CPU_SLOWDOWN = 4
"""Slowdown of the phone's processor against this machine. Source: web.md, Budgets."""
INPUT_SLOWDOWN = 6
TIMEOUT_MS = 60_000
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
    """A network: its latency and its throughput."""

    name: str
    delay_ms: int
    kbit_s: int


SLOW_4G = Network("4g", 150, 1_600)
THREE_G = Network("3g", 300, 700)
TWO_G = Network("2g", 800, 280)
"""Source of the three: web.md, Budgets."""


class Cost(Struct, frozen=True):
    """The cost of a page: compressed bytes, seconds, layout shift, and requests to other hosts."""

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


async def _send(session: CDPSession, command: str, **given: object) -> dict[str, Any]:
    """Send one command of the protocol and return its result."""
    return await session.send(command, given)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


async def _throttle(page: Page, network: Network) -> CDPSession:
    """Throttle a tab to a slow phone on the network, with an empty cache."""
    session = await page.context.new_cdp_session(page)
    await _send(session, "Network.enable")
    await _send(session, "Network.setCacheDisabled", cacheDisabled=True)
    throughput = network.kbit_s * 1000 / 8
    await _send(
        session,
        "Network.emulateNetworkConditions",
        offline=False,
        latency=network.delay_ms,
        downloadThroughput=throughput,
        uploadThroughput=throughput,
    )
    await _send(session, "Emulation.setCPUThrottlingRate", rate=CPU_SLOWDOWN)
    return session


def _record_requests(session: CDPSession) -> dict[str, _Request]:
    """Record every request of a tab from now on, with its transferred bytes."""
    requests: dict[str, _Request] = {}

    def sent(event: dict[str, Any]) -> None:
        requests[event["requestId"]] = _Request(event["request"]["url"], event.get("type", ""))

    def responded(event: dict[str, Any]) -> None:
        if event["requestId"] in requests:
            heads = {name.lower() for name in event["response"]["headers"]}
            requests[event["requestId"]].packed = "content-encoding" in heads

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in requests:
            requests[event["requestId"]].size = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.responseReceived", responded)
    session.on("Network.loadingFinished", finished)
    return requests


async def measure_cost(context: BrowserContext, url: str, network: Network) -> Cost:
    """Open a page in a new tab of a slow phone and return its cost.

    Uncompressed responses are counted compressed, because the proxy compresses them. The times are those of the
    uncompressed transfer, so they are slightly worse than behind the proxy.
    """
    page = await context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    session = await _throttle(page, network)
    requests = _record_requests(session)
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
            body = await _send(session, "Network.getResponseBody", requestId=key)
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


async def measure_input_delay(context: BrowserContext, url: str, field: str) -> float:
    """Type into a field on a phone six times slower and return the slowest response to a key in seconds (INP)."""
    page = await context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(url)
    session = await context.new_cdp_session(page)
    await _send(session, "Emulation.setCPUThrottlingRate", rate=INPUT_SLOWDOWN)
    target = page.locator(field).first
    await target.click()
    await page.evaluate(WATCH)
    await target.press_sequentially("123", delay=50)
    longest = await page.evaluate(SLOWEST)
    await page.close()
    return longest / 1000

"""`make pages`: measure the size and speed of the pages of the three audiences on a cheap phone.

Writes a table to standard error and one JSON object per page to standard output; the exit code is 1 if a page exceeds
its budget. `QUICK=1` opens each page once instead of three times, `AT=http://…` uses a running demo, and `PICTURES=1`
also takes the screenshots of the documentation.
"""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable

from msgspec import Struct, structs
from playwright.async_api import Browser
from rich.console import Console
from rich.table import Table

from tests.pages import budgets
from tests.pages.budgets import MeasuredPage
from tests.pages.chromium import SLOW_4G, THREE_G, TWO_G, Cost, measure_cost, measure_input_delay
from tests.pages.demo import find_pages, open_context, run_demo
from tests.pages.pictures import VIEWS, save_screenshot, take_screenshot
from tests.support.chromium import launch_chromium

KB = 1024
HEADS = ("page", "HTML+CSS", "JS", "first screen", "whole", "LCP 4G", "LCP 3G", "text 2G", "CLS", "INP", "over")


class Row(Struct, frozen=True):
    """A page's figures: bytes after gzip, times as medians in seconds."""

    page: str
    path: str
    html_css: int
    script: int
    above_fold: int
    whole: int
    others: int
    lcp_4g: float
    lcp_3g: float
    text_2g: float
    shift: float
    answer: float | None
    over: list[str]


def list_exceeded(page: MeasuredPage, row: Row) -> list[str]:
    """Return the names of the figures that exceed their budget."""
    limits = {
        "html_css": budgets.HTML_CSS,
        "script": budgets.SCRIPT,
        "above_fold": page.above_kb * KB,
        "others": 0,
        "lcp_4g": budgets.LCP_4G,
        "lcp_3g": budgets.LCP_3G,
        "text_2g": budgets.TEXT_2G,
        "shift": budgets.SHIFT,
        "answer": budgets.ANSWER,
    }
    return [name for name, limit in limits.items() if (getattr(row, name) or 0) > limit]


async def measure(browser: Browser, url: str, page: MeasuredPage, *, repeats: int) -> Row:
    """Open a page on three networks, each time with an empty cache."""
    costs: dict[str, list[Cost]] = {}
    for network in (SLOW_4G, THREE_G, TWO_G):
        for _ in range(repeats):
            context = await open_context(browser, url, page.who)
            costs.setdefault(network.name, []).append(await measure_cost(context, url + page.path, network))
            await context.close()
    answer = None
    if page.typed:
        context = await open_context(browser, url, page.who)
        answer = round(await measure_input_delay(context, url + page.path, page.typed), 3)
        await context.close()

    def median(network: str, figure: Callable[[Cost], float]) -> float:
        return round(statistics.median(figure(cost) for cost in costs[network]), 2)

    every = [cost for each in costs.values() for cost in each]
    row = Row(
        page=page.name,
        path=page.path,
        html_css=max(cost.html_css for cost in every),
        script=max(cost.script for cost in every),
        above_fold=max(cost.above_fold for cost in every),
        whole=max(cost.whole for cost in every),
        others=max(cost.others for cost in every),
        lcp_4g=median("4g", lambda cost: cost.lcp),
        lcp_3g=median("3g", lambda cost: cost.lcp),
        text_2g=median("2g", lambda cost: cost.first_text),
        shift=max(cost.shift for cost in every),
        answer=answer,
        over=[],
    )
    return structs.replace(row, over=list_exceeded(page, row))


def build_table(rows: list[Row]) -> Table:
    """Return the figures as a table."""
    made = Table(title="4× slower processor, cold cache; bytes compressed")
    for head in (
        "page",
        "HTML+CSS",
        "JS",
        "first screen",
        "whole",
        "LCP 4G",
        "LCP 3G",
        "text 2G",
        "CLS",
        "INP",
        "over",
    ):
        made.add_column(head, justify="left" if head in {"page", "over"} else "right")
    for row in rows:
        sizes = (row.html_css, row.script, row.above_fold, row.whole)
        made.add_row(
            row.page,
            *(f"{size / KB:.1f} KB" for size in sizes),
            *(f"{seconds:.2f} s" for seconds in (row.lcp_4g, row.lcp_3g, row.text_2g)),
            f"{row.shift:.3f}",
            "" if row.answer is None else f"{row.answer * 1000:.0f} ms",
            " ".join(row.over),
        )
    return made


async def main(*, repeats: int, pictures: bool) -> int:
    """Measure every page; return the exit code."""
    console = Console(stderr=True, width=140)
    rows: list[Row] = []
    with run_demo() as url:
        async with launch_chromium() as browser:
            for page in budgets.list_pages(await find_pages(browser, url)):
                console.print(page.name, style="dim")
                row = await measure(browser, url, page, repeats=repeats)
                rows.append(row)
                sys.stdout.write(
                    json.dumps({name: getattr(row, name) for name in Row.__struct_fields__}, ensure_ascii=False)
                )
                sys.stdout.write("\n")
                sys.stdout.flush()
            for view in VIEWS if pictures else ():
                save_screenshot(view, await take_screenshot(browser, url, view))
    console.print(build_table(rows))
    return 1 if any(row.over for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(
        asyncio.run(
            main(repeats=1 if os.environ.get("QUICK") else 3, pictures=bool(os.environ.get("PICTURES"))),
        )
    )

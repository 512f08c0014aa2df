"""The accessibility faults that axe finds on a page, each kind of page once in a run.

Source: axe-core's rules for WCAG 2.2 A and AA, and its best practices.
"""

import re
from typing import Any

from axe_playwright_python import async_playwright, sync_playwright
from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page

LOOKS = ("color-contrast", "target-size")
"""The rules whose result depends on the colours and the size of type; all others see the same markup in each mode."""
_ELEMENT = re.compile(r'<\w+(?: class="[^"]*")?')
_ONE_OF_MANY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
_checked: set[tuple[str, frozenset[str]]] = set()

type Fault = tuple[str, list[str]]
"""The rule and the elements that break it."""


def find_faults(tab: Page, *, looks: bool = False) -> list[Fault]:
    """Return the faults of a page; with `looks` only those of its colours and sizes."""
    axe: Any = sync_playwright.Axe()
    return _list_faults(axe.run(tab, options=_choose_rules(looks=looks)))


async def find_faults_async(page: AsyncPage, *, looks: bool = False) -> list[Fault]:
    """Return the faults of a page of Playwright's other API."""
    axe: Any = async_playwright.Axe()
    return _list_faults(await axe.run(page, options=_choose_rules(looks=looks)))


def find_new_faults(tab: Page) -> list[Fault]:
    """Return the faults of a page unless one like it was checked before."""
    return find_faults(tab) if _is_new(tab.url, tab.content()) else []


async def find_new_faults_async(page: AsyncPage) -> list[Fault]:
    """Return the faults of a page of Playwright's other API unless one like it was checked before."""
    return await find_faults_async(page) if _is_new(page.url, await page.content()) else []


def _is_new(url: str, html: str) -> bool:
    """Return whether no page of this path with the same kinds of elements was checked, and note it."""
    path = url.partition("//")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    like = (_ONE_OF_MANY.sub("", path), frozenset(_ELEMENT.findall(html)))
    is_new = like not in _checked
    _checked.add(like)
    return is_new


def _choose_rules(*, looks: bool) -> dict[str, Any]:
    return {"resultTypes": ["violations"], **({"runOnly": list(LOOKS)} if looks else {})}


def _list_faults(results: Any) -> list[Fault]:
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in results.response["violations"]]

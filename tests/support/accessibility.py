"""The accessibility faults that axe finds on a page; a journey checks each kind of element once a path.

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
_checked: dict[str, set[str]] = {}
"""The kinds of elements that were checked, by path."""

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
    """Return the faults of a page unless pages of its path had all its kinds of elements before."""
    return find_faults(tab) if _is_new(tab.url, tab.content()) else []


async def find_new_faults_async(page: AsyncPage) -> list[Fault]:
    """The same of a page of Playwright's other API."""
    return await find_faults_async(page) if _is_new(page.url, await page.content()) else []


def _is_new(url: str, html: str) -> bool:
    """Return whether a page has kinds of elements that no page of its path had before, and note them.

    Axe takes most of the processor time of a journey.
    """
    path = url.partition("//")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    known = _checked.setdefault(_ONE_OF_MANY.sub("", path), set())
    found = set(_ELEMENT.findall(html)) - known
    known |= found
    return bool(found)


def _choose_rules(*, looks: bool) -> dict[str, Any]:
    return {"resultTypes": ["violations"], **({"runOnly": list(LOOKS)} if looks else {})}


def _list_faults(results: Any) -> list[Fault]:
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in results.response["violations"]]

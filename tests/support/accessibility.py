"""The accessibility faults that axe finds on a page; a journey checks each kind of element once a path.

The contrast of a text follows from what it stands in, whatever the path is, and takes most of the time of axe: of texts
whose elements and those around them have the same names, classes and states a journey checks those of the first page.

Source: axe-core's rules for WCAG 2.2 A and AA, and its best practices.
"""

import re
from typing import Any

from axe_playwright_python import async_playwright, sync_playwright
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page

LOOKS = ("color-contrast", "target-size")
"""The rules whose result depends on the colours and the size of type; all others see the same markup in each mode."""
_ELEMENT = re.compile(r'<\w+(?: class="[^"]*")?')
_ONE_OF_MANY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
_checked: dict[str, set[str]] = {}
"""The kinds of elements that were checked, by path."""

_TEXTS = """
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const mark = (element) => element === null ? `${dark}` : `${mark(element.parentElement)}>${
  [element.localName, ...[...element.attributes].map(({ name, value }) =>
    /^(class|type|aria-.*)$/.test(name) ? `${name}=${value}` : name)].join(' ')}`;
const texts = [...document.querySelectorAll('body *')].filter((element) =>
  (element.matches('input, select, textarea')
    || [...element.childNodes].some((each) => each.nodeType === 3 && each.data.trim()))
  && element.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
"""
_LIST_TEXTS = f"() => {{ {_TEXTS} return [...new Set(texts.map(mark))]; }}"
_RUN = f"""
async (marks) => {{
  {_TEXTS}
  const rest = await axe.run({{ resultTypes: ['violations'], rules: {{ 'color-contrast': {{ enabled: false }} }} }});
  const wanted = texts.filter((element) => marks.includes(mark(element)));
  const looks = wanted.length
    ? await axe.run(wanted, {{ resultTypes: ['violations'], runOnly: ['color-contrast'] }}) : {{ violations: [] }};
  return [...rest.violations, ...looks.violations].map(({{ id, nodes }}) => [id, nodes.map(({{ html }}) => html)]);
}}
"""
_checked_texts: set[str] = set()
"""What texts stood in whose contrast was checked."""

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
    if not _is_new(tab.url, tab.content()):
        return []
    marks = _take_new(tab.evaluate(_LIST_TEXTS))
    tab.evaluate(AXE_SCRIPT)
    return _read_faults(tab.evaluate(_RUN, marks))


async def find_new_faults_async(page: AsyncPage) -> list[Fault]:
    """The same of a page of Playwright's other API."""
    if not _is_new(page.url, await page.content()):
        return []
    marks = _take_new(await page.evaluate(_LIST_TEXTS))
    await page.evaluate(AXE_SCRIPT)
    return _read_faults(await page.evaluate(_RUN, marks))


def _take_new(marks: list[str]) -> list[str]:
    """Return those that are new, and note them."""
    new = [each for each in marks if each not in _checked_texts]
    _checked_texts.update(new)
    return new


def _read_faults(found: list[list[Any]]) -> list[Fault]:
    return [(rule, elements) for rule, elements in found]


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

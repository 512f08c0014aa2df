"""A person on a phone, who opens pages, presses links, and fills in forms; every page is checked on the way."""

import gzip
from collections.abc import Mapping

from playwright.async_api import FilePayload, Locator, Page, Response

from tests.support.accessibility import find_new_faults_async
from tests.support.browser import FORBIDDEN, MAX_PAGE_BYTES

PATIENCE_MS = 15_000


class Person:
    """One person in one tab."""

    def __init__(self, page: Page, address: str, *, scripts: bool) -> None:
        self.page = page
        self._address = address
        self._scripts = scripts
        self._faults: list[str] = []
        page.on("pageerror", lambda error: self._faults.append(str(error)))
        page.on("console", lambda said: self._faults.append(said.text) if said.type == "error" else None)

    @property
    def path(self) -> str:
        """The path of the page, without its query."""
        return self.page.url.removeprefix(self._address).partition("?")[0].partition("#")[0]

    async def read(self) -> str:
        """Return the text of the page on one line."""
        return " ".join((await self.page.inner_text("main")).split())

    async def open(self, path: str) -> str:
        """Open a path; return the page's text."""
        return await self._check(await self.page.goto(self._address + path))

    async def press(self, words: str) -> str:
        """Press the first link or button of the page with these words; return the next page's text."""
        found = self.page.locator(f'main a:has-text("{words}"), main button:has-text("{words}")').first
        return await self._follow(found)

    async def submit(
        self,
        action: str,
        *,
        press: tuple[str, str] | None = None,
        files: Mapping[str, FilePayload] | None = None,
        typed: Mapping[str, str] | None = None,
        holds: str = "",
        **values: str,
    ) -> str:
        """Fill in the form to `action` and press its button, or that with this name and value.

        `holds`: of several forms to it, the one with a hidden field of this name.
        """
        typed = {**(typed or {}), **values}
        names = [*typed, *(files or {}), *([holds] if holds else [])]
        fields = "".join(f':has([name="{name}"])' for name in names)
        button = f'button[name="{press[0]}"][value="{press[1]}"]' if press else "button:not([type=button]):not([name])"
        form = self.page.locator(
            ", ".join(
                f'form[action{mark}="{action}{rest}"]{fields}' for mark, rest in (("", ""), ("^", "?"), ("^", "#"))
            )
        ).first
        for name, value in typed.items():
            await self._fill(form, name, value)
        for name, file in (files or {}).items():
            await form.locator(f'[name="{name}"]').set_input_files(file)
        return await self._follow(form.locator(button).first)

    async def _fill(self, form: Locator, name: str, value: str) -> None:
        field = form.locator(f'[name="{name}"]').first
        await self._unfold(field)
        kind = await field.evaluate("field => field.type")
        if kind in {"radio", "checkbox"}:
            await form.locator(f'[name="{name}"][value="{value}"]').check(force=True)
        elif kind.startswith("select"):
            await field.select_option(value)
        else:
            await field.fill(value)

    async def _unfold(self, found: Locator) -> None:
        """Press the summary of the closed part of the page that holds an element, if there is one."""
        folded = found.locator("xpath=ancestor::details[not(@open)]/summary")
        if await folded.count():
            await folded.first.click()

    async def _follow(self, found: Locator) -> str:
        await self._unfold(found)
        async with self.page.expect_navigation() as navigation:
            await found.click()
        return await self._check(await navigation.value)

    async def _check(self, response: Response | None) -> str:
        """Check that the page fits screen and budget, logs no errors, and, once for each kind, accessibility."""
        await self.page.wait_for_load_state()
        assert response is not None
        assert response.ok, f"{self.page.url}: {response.status} {await self.read()}"
        weight = len(gzip.compress(await response.body()))
        assert weight <= MAX_PAGE_BYTES, f"{self.page.url} weighs {weight} bytes"
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{self.page.url} is {wide} wide"
        assert self._faults == [], self.page.url
        if self._scripts:
            assert await find_new_faults_async(self.page) == [], self.page.url
        text = await self.read()
        if not self.path.startswith("/desk"):
            assert [word for word in FORBIDDEN if word in text] == [], self.page.url
        return text

"""Chromium, found and started in one way by all tests."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playwright.async_api import Browser as AsyncBrowser
from playwright.async_api import async_playwright
from playwright.sync_api import Browser, Playwright

_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there is used; the shell, which has no window to draw, takes half the processor time for a page."""
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--in-process-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def start_chromium(playwright: Playwright) -> Browser:
    """Start a browser; the caller closes it."""
    return playwright.chromium.launch(executable_path=_find_program(), args=_FLAGS)


@asynccontextmanager
async def launch_chromium() -> AsyncGenerator[AsyncBrowser]:
    """Yield a browser of Playwright's other API."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_find_program(), args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


def _find_program() -> str:
    found = [path for name in _PROGRAMS if (path := shutil.which(name)) is not None]
    assert found, "Chromium is missing: apt-get install chromium-headless-shell fonts-wqy-microhei"
    return found[0]

"""Walk through the desk's pages as an official, without scripts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.service.web.desk.county import Officials, read_story_file
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient


@asynccontextmanager
async def open_desk_walker(service: Service, token: str | None) -> AsyncGenerator[PageClient]:
    """Yield a walker with a session's cookie."""
    async with PageClient(service.app) as browser:
        if token is not None:
            browser.client.cookies.set("session", token)
        yield browser


async def press_step(
    service: Service, people: Officials, handle: str, month: str, step: str, *, status: int = 200
) -> LoadedPage:
    """Open the month as an official and press the button of a step."""
    async with open_desk_walker(service, people.tokens[handle]) as browser:
        await browser.open(f"/desk/months/{month}")
        return await browser.submit(f"/desk/months/{month}/{step}", status=status)


def story_upload(name: str) -> tuple[str, bytes, str]:
    """Return a file of the story as a browser uploads it."""
    return (Path(name).name, read_story_file(name), "text/csv")


def read_table(seen: LoadedPage, at: int = 0) -> list[list[str]]:
    """Return the cells of a table of the page, with its head and foot."""
    rows = seen.root.all("table")[at].all("tr")
    return [[cell.text for cell in row.walk() if cell.name in {"th", "td"}] for row in rows]

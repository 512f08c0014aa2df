"""Someone at a desk: walks through the officials' pages as one of them, without scripts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.service import Service
from tests.web.desk.county import People, the_file
from tests.web.pages.walker import Seen, Walker


@asynccontextmanager
async def at_the_desk(service: Service, token: str | None) -> AsyncGenerator[Walker]:
    """Lend a visitor that carries a session's cookie."""
    async with Walker(service.app) as walker:
        if token is not None:
            walker.client.cookies.set("session", token)
        yield walker


async def press(service: Service, people: People, handle: str, month: str, step: str, *, status: int = 200) -> Seen:
    """Open the month as an official and press the button of a step."""
    async with at_the_desk(service, people.tokens[handle]) as walker:
        await walker.open(f"/desk/months/{month}")
        return await walker.submit(f"/desk/months/{month}/{step}", status=status)


def sheet(name: str) -> tuple[str, bytes, str]:
    """A file of the story as a browser sends it."""
    return (Path(name).name, the_file(name), "text/csv")


def table(seen: Seen, at: int = 0) -> list[list[str]]:
    """The cells of a page's table, its head and foot included."""
    rows = seen.root.all("table")[at].all("tr")
    return [[cell.text for cell in row.walk() if cell.name in {"th", "td"}] for row in rows]

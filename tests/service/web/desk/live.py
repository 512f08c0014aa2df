"""Serve the application on its own port, and drive it with Chromium."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext

from tests.support.app import work_on_tasks

_TRIES = 200


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serve_on_port(app: Litestar, port: int, *, works: bool = True) -> AsyncGenerator[str]:
    """Serve an application until the block ends; yield its address. Unless `works` is false, its tasks are done."""
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    address, ended = f"http://127.0.0.1:{port}", asyncio.Event()
    working: asyncio.Task[None] | None = None
    try:
        async with httpx.AsyncClient(base_url=address) as http:
            for _ in range(_TRIES):
                with suppress(httpx.TransportError):
                    if (await http.get("/healthz")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        working = asyncio.create_task(work_on_tasks(app, ended)) if works else None
        yield address
    finally:
        ended.set()
        if working is not None:
            await working
        server.stop()
        await serving


async def open_signed_in_context(browser: Browser, address: str, token: str, **options: Any) -> BrowserContext:
    """Open a browser context with a session's cookie."""
    context = await browser.new_context(**options)
    await context.add_cookies([{"name": "session", "value": token, "url": address}])
    return context

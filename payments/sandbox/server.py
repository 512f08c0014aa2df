"""Running the sandbox as a service, or in a test's event loop."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp
from msgspec import Struct

from payments.sandbox.app import create_app
from payments.sandbox.wire import JsonObject

START_SECONDS = 30.0
SECRET = "whsec_sandbox"


class Sandbox(Struct, frozen=True):
    """A running sandbox and its controls."""

    url: str
    secret: str
    client: httpx.AsyncClient

    async def _post(self, path: str, body: object = None) -> JsonObject:
        answer = await self.client.post(self.url + path, json=body)
        answer.raise_for_status()
        return answer.json()

    async def state(self) -> JsonObject:
        """Return every object that the provider knows."""
        return (await self.client.get(f"{self.url}/_state")).raise_for_status().json()

    async def fault(self, on: str, do: str, **more: object) -> None:
        """Add a fault; see `payments.sandbox.faults`."""
        await self._post("/_faults", [{"on": on, "do": do, **more}])

    async def clear_faults(self) -> None:
        """Clear all faults."""
        await self._post("/_faults", [])

    async def set_webhook_url(self, url: str | None) -> None:
        """Set the webhook's address."""
        await self._post("/_webhooks", {"url": url, "secret": self.secret})

    async def pay(self, ref: str) -> JsonObject:
        """Pay an intent, as its payer does."""
        return await self._post(f"/_pay/{ref}")

    async def abandon(self, ref: str) -> JsonObject:
        """Abandon an intent, as its payer does."""
        return await self._post(f"/_abandon/{ref}")

    async def set_intent(self, ref: str, status: str) -> JsonObject:
        """Set an unpaid intent to processing or requires_action."""
        return await self._post(f"/_intents/{ref}", {"status": status})

    async def set_refund(self, ref: str, status: str) -> JsonObject:
        """Set a refund to pending, succeeded or failed."""
        return await self._post(f"/_refunds/{ref}", {"status": status})

    async def set_payout(self, ref: str, status: str, reason: str | None = None) -> JsonObject:
        """Set a payout to in_transit, paid or failed."""
        return await self._post(f"/_payouts/{ref}", {"status": status, "reason": reason})

    async def open_dispute(self, ref: str, amount: int | None = None, *, inquiry: bool = False) -> JsonObject:
        """Open a dispute of the payer over an intent, or an inquiry, which takes no money."""
        return await self._post("/_disputes", {"payment_intent": ref, "amount": amount, "inquiry": inquiry})

    async def close_dispute(self, ref: str, status: str) -> JsonObject:
        """Close a dispute as won, lost or, for an inquiry, warning_closed."""
        return await self._post(f"/_disputes/{ref}", {"status": status})


def free_port() -> int:
    """Return a free port on the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def serve(
    port: int, *, folder: Path | None = None, webhook_url: str | None = None, webhook_secret: str | None = None
) -> None:
    """Serve the sandbox on the loopback address until cancelled.

    Raises:
        OSError: the port is taken; two servers on one port would both start silently.
    """
    await serve_app(create_app(folder, webhook_url=webhook_url, webhook_secret=webhook_secret), port)


async def serve_app(app: ASGIApp, port: int) -> None:
    """Serve an application on the loopback address until cancelled.

    Raises:
        OSError: the port is taken; two servers on one port would both start silently.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    server = Server(
        app, port=port, interface=Interfaces.ASGI, http=HTTPModes.http1, log_enabled=False, websockets=False
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        # Stop in order, so that the application's shutdown runs and writes undelivered events.
        server.stop()
        await serving


@asynccontextmanager
async def running(
    port: int | None = None, *, folder: Path | None = None, webhook_url: str | None = None, secret: str = SECRET
) -> AsyncGenerator[Sandbox]:
    """Yield a sandbox that runs in this event loop, for tests."""
    app = create_app(folder, webhook_url=webhook_url, webhook_secret=secret)
    async with running_app(app, port) as url, httpx.AsyncClient(timeout=10.0) as client:
        yield Sandbox(url, secret, client)


@asynccontextmanager
async def running_app(app: ASGIApp, port: int | None = None) -> AsyncGenerator[str]:
    """Yield the address of an application with `/healthz` that runs in this event loop, for tests."""
    chosen = port or free_port()
    url = f"http://127.0.0.1:{chosen}"
    task = asyncio.create_task(serve_app(app, chosen))
    try:
        async with httpx.AsyncClient(timeout=10.0) as client, asyncio.timeout(START_SECONDS):
            await _wait_until_ready(client, url)
        yield url
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _wait_until_ready(client: httpx.AsyncClient, url: str) -> None:
    while True:
        with suppress(httpx.TransportError):
            if (await client.get(f"{url}/healthz")).is_success:
                return
        await asyncio.sleep(0.02)

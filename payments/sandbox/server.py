"""Running the sandbox: alone as a service, or inside a test's event loop."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from msgspec import Struct

from payments.sandbox.app import create_app
from payments.sandbox.wire import Thing

START_SECONDS = 10.0
SECRET = "whsec_sandbox"  # noqa: S105 - a sample, for a server that moves no money


class Sandbox(Struct, frozen=True):
    """A running sandbox, and its controls."""

    url: str
    secret: str
    client: httpx.AsyncClient

    async def _post(self, path: str, body: object = None) -> Thing:
        answer = await self.client.post(self.url + path, json=body)
        answer.raise_for_status()
        return answer.json()

    async def state(self) -> Thing:
        """Return everything that the provider knows."""
        return (await self.client.get(f"{self.url}/_state")).raise_for_status().json()

    async def fault(self, on: str, do: str, **more: object) -> None:
        """Set a fault; see `payments.sandbox.faults`."""
        await self._post("/_faults", [{"on": on, "do": do, **more}])

    async def heal(self) -> None:
        """Forget all faults."""
        await self._post("/_faults", [])

    async def send_to(self, url: str | None) -> None:
        """Set where messages go."""
        await self._post("/_webhooks", {"url": url, "secret": self.secret})

    async def pay(self, ref: str) -> Thing:
        """Pay an intent, as its payer would."""
        return await self._post(f"/_pay/{ref}")

    async def abandon(self, ref: str) -> Thing:
        """Give an intent up, as its payer would."""
        return await self._post(f"/_abandon/{ref}")

    async def set_intent(self, ref: str, status: str) -> Thing:
        """Let an unpaid intent be processing, or wait for its payer again (requires_action)."""
        return await self._post(f"/_intents/{ref}", {"status": status})

    async def set_refund(self, ref: str, status: str) -> Thing:
        """Let a refund become pending, succeeded or failed."""
        return await self._post(f"/_refunds/{ref}", {"status": status})

    async def dispute(self, ref: str) -> Thing:
        """Let the payer of an intent dispute it."""
        return await self._post("/_disputes", {"payment_intent": ref})

    async def decide_dispute(self, ref: str, status: str) -> Thing:
        """Let a dispute be won or lost."""
        return await self._post(f"/_disputes/{ref}", {"status": status})


def free_port() -> int:
    """Return a port on the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def serve(
    port: int, *, folder: Path | None = None, hook_url: str | None = None, hook_secret: str | None = None
) -> None:
    """Serve the sandbox on the loopback address until cancelled.

    Raises:
        OSError: the port is taken; two servers on one port would both start silently.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    app = create_app(folder, hook_url=hook_url, hook_secret=hook_secret)
    server = Server(
        app, port=port, interface=Interfaces.ASGI, http=HTTPModes.http1, log_enabled=False, websockets=False
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        # A cancelled server would not end its application: what is undelivered has to be written down.
        server.stop()
        await serving


@asynccontextmanager
async def running(
    port: int | None = None, *, folder: Path | None = None, hook_url: str | None = None, secret: str = SECRET
) -> AsyncGenerator[Sandbox]:
    """Lend a sandbox that runs in this event loop, for tests."""
    chosen = port or free_port()
    url = f"http://127.0.0.1:{chosen}"
    task = asyncio.create_task(serve(chosen, folder=folder, hook_url=hook_url, hook_secret=secret))
    try:
        async with httpx.AsyncClient(timeout=10.0) as client:
            async with asyncio.timeout(START_SECONDS):
                await _until_it_answers(client, url)
            yield Sandbox(url, secret, client)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _until_it_answers(client: httpx.AsyncClient, url: str) -> None:
    while True:
        with suppress(httpx.TransportError):
            if (await client.get(f"{url}/healthz")).is_success:
                return
        await asyncio.sleep(0.02)

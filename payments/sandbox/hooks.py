"""Signed messages to the shop, with retries and, where asked for, everything that goes wrong with messages."""

import asyncio
import json
import time
from collections.abc import Sequence

import httpx
import stripe

from payments.sandbox.faults import Faults
from payments.sandbox.wire import Thing
from payments.sandbox.world import World

RETRIES = (0.05, 0.2, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds between tries; after the last one the event stays undelivered until the next start."""
AT_ONCE = 16


def sign(body: bytes, secret: str, at: int | None = None) -> str:
    """Return the `Stripe-Signature` header for a body."""
    return stripe.WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]
        body.decode(), secret, at
    )


class Hooks:
    """Delivers the events of a world to its configured address."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Thing] = []
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._client: httpx.AsyncClient | None = None
        self.delivered = 0

    async def open(self) -> None:
        """Begin to deliver, starting with what an earlier run left undelivered."""
        self._client = httpx.AsyncClient(timeout=10.0)
        self._world.tell = self.send
        for event in list(self._world.things["events"].values()):
            if event["pending_webhooks"]:
                self.send(event)

    async def close(self) -> None:
        """Stop; what is undelivered is kept."""
        self._world.flush()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def send(self, event: Thing) -> None:
        """Deliver an event, subject to the faults of `webhook` that are set."""
        if self._world.hook["url"] is None:
            return
        fault = self._faults.take("webhook")
        match None if fault is None else fault.do:
            case "drop":
                return
            case "duplicate" if fault is not None:
                self._spawn([event] * (fault.copies + 1))
            case "delay" if fault is not None:
                self._spawn([event], wait=fault.seconds)
            case "reorder" if fault is not None:
                self._held.append(event)
                if not self._faults.left("webhook", "reorder"):
                    self._spawn(self._held[::-1])
                    self._held = []
            case _:
                self._spawn([event])

    def _spawn(self, events: Sequence[Thing], wait: float = 0) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(events, wait))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, events: Sequence[Thing], wait: float) -> None:
        await asyncio.sleep(wait)
        for event in events:
            for pause in (*RETRIES, None):
                if await self._try(event):
                    break
                if pause is None:
                    return
                await asyncio.sleep(pause)

    async def _try(self, event: Thing) -> bool:
        url, secret = self._world.hook["url"], self._world.hook["secret"]
        if self._client is None or url is None:
            return False
        body = json.dumps({**event, "pending_webhooks": 1}).encode()
        headers = {"Stripe-Signature": sign(body, secret, int(time.time())), "Content-Type": "application/json"}
        async with self._gate:
            try:
                answer = await self._client.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                return False
        if not answer.is_success:
            return False
        self.delivered += 1
        event["pending_webhooks"] = 0
        self._world.keep()
        return True

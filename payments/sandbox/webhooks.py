"""Delivery of signed webhooks, with retries and scripted faults."""

import asyncio
import json
import time
from collections.abc import Sequence

import httpx
import stripe

from payments.sandbox.faults import FaultPlan
from payments.sandbox.state import SandboxState
from payments.sandbox.wire import JsonObject

RETRIES = (0.05, 0.2, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds between attempts; after the last one the event stays undelivered until the next start."""
MAX_CONCURRENT = 16


def sign(body: bytes, secret: str, at: int | None = None) -> str:
    """Return the `Stripe-Signature` header for a body."""
    return stripe.WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]
        body.decode(), secret, at
    )


class WebhookSender:
    """Delivers events to the configured address."""

    def __init__(self, state: SandboxState, faults: FaultPlan) -> None:
        self._state = state
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._reordered: list[JsonObject] = []
        self._semaphore = asyncio.Semaphore(MAX_CONCURRENT)
        self._client: httpx.AsyncClient | None = None
        self.delivered = 0

    async def open(self) -> None:
        """Start delivering, beginning with the undelivered events of an earlier run."""
        self._client = httpx.AsyncClient(timeout=10.0)
        self._state.notify = self.send
        for event in list(self._state.objects["events"].values()):
            if event["pending_webhooks"]:
                self.send(event)

    async def close(self) -> None:
        """Stop delivering; undelivered events are kept."""
        self._state.write()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def send(self, event: JsonObject) -> None:
        """Deliver an event, with the next fault that is set for `webhook`."""
        if self._state.webhook["url"] is None:
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
                self._reordered.append(event)
                if not self._faults.count_remaining("webhook", "reorder"):
                    self._spawn(self._reordered[::-1])
                    self._reordered = []
            case _:
                self._spawn([event])

    def _spawn(self, events: Sequence[JsonObject], wait: float = 0) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(events, wait))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, events: Sequence[JsonObject], wait: float) -> None:
        await asyncio.sleep(wait)
        for event in events:
            for pause in (*RETRIES, None):
                if await self._try(event):
                    break
                if pause is None:
                    return
                await asyncio.sleep(pause)

    async def _try(self, event: JsonObject) -> bool:
        url, secret = self._state.webhook["url"], self._state.webhook["secret"]
        if self._client is None or url is None:
            return False
        body = json.dumps({**event, "pending_webhooks": 1}).encode()
        headers = {"Stripe-Signature": sign(body, secret, int(time.time())), "Content-Type": "application/json"}
        async with self._semaphore:
            try:
                answer = await self._client.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                return False
        if not answer.is_success:
            return False
        self.delivered += 1
        event["pending_webhooks"] = 0
        self._state.schedule_write()
        return True

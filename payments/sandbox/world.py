"""What the sandbox knows: intents, charges, refunds, disputes, transfers, and the events that tell of them.

Objects have Stripe's shape and deterministic ids by counter. Kept in memory; in a folder too where one is given, so
that a restarted sandbox still knows its intents.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from payments.sandbox.wire import Refused, Thing, missing

KINDS = ("intents", "charges", "refunds", "disputes", "transfers", "events", "moved")
LEAST_PAUSE = 0.05
"""Seconds from a change to its writing."""


def now() -> int:
    """Return the provider's own clock, in whole seconds."""
    return int(time.time())


class World:
    """The provider's books. `tell` is called with every event that happens."""

    def __init__(self, folder: Path | None = None) -> None:
        self.things: dict[str, dict[str, Thing]] = {kind: {} for kind in KINDS}
        self.keys: dict[str, Thing] = {}
        self.hook: Thing = {"url": None, "secret": "whsec_sandbox"}
        self.tell: Callable[[Thing], None] = lambda _event: None
        self._file = None if folder is None else folder / "sandbox.json"
        self._next = 1
        self._timer: asyncio.TimerHandle | None = None
        self._pause = LEAST_PAUSE
        self._load()

    def _load(self) -> None:
        if self._file is None or not self._file.exists():
            return
        kept = json.loads(self._file.read_bytes())
        self.things = {kind: kept["things"].get(kind, {}) for kind in KINDS}
        self.keys, self.hook, self._next = kept["keys"], kept["hook"], kept["next"]

    def keep(self) -> None:
        """Have everything written to the folder soon; many changes in a row are one write."""
        if self._file is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self.flush)

    def flush(self) -> None:
        """Write everything to the folder now, whole or not at all; without a folder do nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._file is None:
            return
        began = time.monotonic()
        kept = {"things": self.things, "keys": self.keys, "hook": self.hook, "next": self._next}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        staging = self._file.with_suffix(".new")
        staging.write_text(json.dumps(kept))
        staging.replace(self._file)
        # A long history takes long to write: it is written more seldom, so that writing never fills the time.
        self._pause = max(LEAST_PAUSE, 10 * (time.monotonic() - began))

    def id(self, prefix: str) -> str:
        """Return the next id."""
        self._next += 1
        return f"{prefix}_{self._next - 1:014d}"

    def get(self, kind: str, ref: str) -> Thing:
        """Return an object.

        Raises:
            Refused: there is none such.
        """
        found = self.things[kind].get(ref)
        if found is None:
            raise missing({"intents": "payment_intent"}.get(kind, kind.removesuffix("s")), ref)
        return found

    def once(self, key: str | None, request: str, make: Callable[[], Thing]) -> tuple[int, Thing]:
        """Carry out a request once per idempotency key and answer the same ever after.

        Raises:
            Refused: the key came with other parameters before, or the request is refused; a decline is remembered.
        """
        fingerprint = hashlib.sha256(request.encode()).hexdigest()
        known = None if key is None else self.keys.get(key)
        if known is not None:
            if known["request"] != fingerprint:
                message = "Keys for idempotent requests can only be used with the same parameters."
                raise Refused(400, "idempotency_key_reused", message, kind="idempotency_error")
            return known["status"], known["answer"]
        try:
            status, answer = 200, make()
        except Refused as refused:
            if refused.status != 402:  # noqa: PLR2004 - a request that was never begun is not remembered
                raise
            status, answer = refused.status, {"error": refused.error}
        if key is not None:
            # As it was then: what happens to the object later does not change the answer.
            self.keys[key] = {"request": fingerprint, "status": status, "answer": json.loads(json.dumps(answer))}
        self.keep()
        return status, answer

    def emit(self, topic: str, thing: Thing) -> None:
        """Record an event with the object as it is now, and tell of it."""
        event: Thing = {
            "id": self.id("evt"),
            "object": "event",
            "type": topic,
            "created": now(),
            "livemode": False,
            "api_version": "2026-10-28.endive",
            "pending_webhooks": 1,
            "data": {"object": json.loads(json.dumps(thing))},
        }
        self.things["events"][event["id"]] = event
        self.keep()
        self.tell(event)

    def newest(self, kind: str, keep: Callable[[Thing], bool] = lambda _thing: True) -> list[Thing]:
        """Return the objects of a kind, newest first."""
        return [thing for thing in reversed(self.things[kind].values()) if keep(thing)]

    def move(self, kind: str, thing: Thing, amount: int, *, fee: int = 0) -> None:
        """Note that money came in (positive) or went out, and what was kept of it."""
        moved_id = self.id("txn")
        self.things["moved"][moved_id] = {
            "id": moved_id,
            "object": "balance_transaction",
            "type": kind,
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": thing["currency"],
            "created": now(),
            "source": thing["id"],
            "status": "available",
        }
        thing["balance_transaction"] = moved_id

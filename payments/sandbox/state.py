"""The sandbox's objects: intents, charges, refunds, disputes, payouts, events, balance transactions and others.

They have Stripe's shape and sequential ids. They are kept in memory and, if a folder is given, in a file there, so that
they survive a restart.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from payments.sandbox.wire import ApiError, JsonObject, build_not_found

KINDS = (
    *("intents", "charges", "refunds", "disputes", "accounts", "transfers", "reversals", "payouts", "events"),
    "balance_transactions",
)
MIN_WRITE_DELAY = 0.05
"""Seconds between a change and its write."""


def current_time() -> int:
    """Return the provider's clock, in whole seconds."""
    return int(time.time())


class SandboxState:
    """Everything that the provider knows. `notify` is called with each new event."""

    def __init__(self, folder: Path | None = None) -> None:
        self.objects: dict[str, dict[str, JsonObject]] = {kind: {} for kind in KINDS}
        self.keys: dict[str, JsonObject] = {}
        self.webhook: JsonObject = {"url": None, "secret": "whsec_sandbox"}
        self.notify: Callable[[JsonObject], None] = lambda _event: None
        self._file = None if folder is None else folder / "sandbox.json"
        self._next = 1
        self._timer: asyncio.TimerHandle | None = None
        self._write_delay = MIN_WRITE_DELAY
        self._load()

    def _load(self) -> None:
        if self._file is None or not self._file.exists():
            return
        saved = json.loads(self._file.read_bytes())
        self.objects = {kind: saved["objects"].get(kind, {}) for kind in KINDS}
        self.keys, self.webhook, self._next = saved["keys"], saved["webhook"], saved["next"]

    def schedule_write(self) -> None:
        """Schedule a write of everything; changes in quick succession share one write."""
        if self._file is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._write_delay, self.write)

    def write(self) -> None:
        """Write everything atomically; do nothing without a folder."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._file is None:
            return
        began = time.monotonic()
        saved = {"objects": self.objects, "keys": self.keys, "webhook": self.webhook, "next": self._next}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        staging = self._file.with_suffix(".new")
        staging.write_text(json.dumps(saved))
        staging.replace(self._file)
        # A long history takes longer to write, so it is written less often.
        self._write_delay = max(MIN_WRITE_DELAY, 10 * (time.monotonic() - began))

    def next_id(self, prefix: str) -> str:
        """Return the next id."""
        self._next += 1
        return f"{prefix}_{self._next - 1:014d}"

    def get(self, kind: str, ref: str) -> JsonObject:
        """Return an object.

        Raises:
            ApiError: it does not exist.
        """
        obj = self.objects[kind].get(ref)
        if obj is None:
            raise build_not_found({"intents": "payment_intent"}.get(kind, kind.removesuffix("s")), ref)
        return obj

    def run_once(self, key: str | None, request: str, make: Callable[[], JsonObject]) -> tuple[int, JsonObject]:
        """Run a request once per idempotency key; later requests get the same answer.

        Raises:
            ApiError: the key was used with other parameters, or the request fails; a decline is stored.
        """
        fingerprint = hashlib.sha256(request.encode()).hexdigest()
        known = None if key is None else self.keys.get(key)
        if known is not None:
            if known["request"] != fingerprint:
                message = "Keys for idempotent requests can only be used with the same parameters."
                raise ApiError(400, "idempotency_key_reused", message, kind="idempotency_error")
            return known["status"], known["answer"]
        try:
            status, answer = 200, make()
        except ApiError as error:
            if error.status != 402:
                raise
            status, answer = error.status, {"error": error.error}
        if key is not None:
            # A copy: later changes of the object must not change the stored answer.
            self.keys[key] = {"request": fingerprint, "status": status, "answer": json.loads(json.dumps(answer))}
        self.schedule_write()
        return status, answer

    def add_event(self, topic: str, obj: JsonObject) -> None:
        """Record an event with a copy of the object, and notify."""
        event: JsonObject = {
            "id": self.next_id("evt"),
            "object": "event",
            "type": topic,
            "created": current_time(),
            "livemode": False,
            "api_version": "2026-10-28.endive",
            "pending_webhooks": 1,
            "data": {"object": json.loads(json.dumps(obj))},
        }
        self.objects["events"][event["id"]] = event
        self.schedule_write()
        self.notify(event)

    def list_newest(self, kind: str, where: Callable[[JsonObject], bool] = lambda _obj: True) -> list[JsonObject]:
        """Return the objects of a kind, newest first."""
        return [obj for obj in reversed(self.objects[kind].values()) if where(obj)]

    def add_balance_transaction(
        self, kind: str, obj: JsonObject, amount: int, *, fee: int = 0, created: int | None = None
    ) -> None:
        """Record money that came in (positive) or went out, and the fee; `created` is now by default."""
        transaction_id = self.next_id("txn")
        self.objects["balance_transactions"][transaction_id] = {
            "id": transaction_id,
            "object": "balance_transaction",
            "type": kind,
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": obj["currency"],
            "created": current_time() if created is None else created,
            "source": obj["id"],
            "status": "available",
        }
        obj["balance_transaction"] = transaction_id

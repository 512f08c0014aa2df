"""The market of the story: its data, its clock, its worker and its provider; people act through a `Driver`.

Officials are created as `market accounts official` creates them. The worker's own jobs apply what the provider sends.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct, field

from market.kernel.clock import SHANGHAI, make_clock_at
from market.kernel.seal import Seal
from market.people.identity.models import Role
from market.people.identity.officials import create_official
from market.people.notify.ports import FilePort
from market.service.web.services import Services
from market.service.worker.context import WorkerContext
from market.service.worker.polls import apply_outbox, apply_webhooks, send_codes
from payments.sandbox import Sandbox
from tests.support.app import Service, build_settings, run_service
from tests.support.browser import ORIGIN
from tests.support.carriers import NO_CARRIERS
from tests.support.make import make_phone
from tests.support.sandbox_payments import list_messages

FOLDER = Path(__file__).parent
STORY: dict[str, Any] = json.loads((FOLDER / "shop.json").read_text("utf-8"))
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected" / "shop.json").read_text("utf-8"))


def at(text: str) -> datetime:
    """An instant of the story."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def find_event(do: str, order: str) -> dict[str, Any]:
    """Find what is done with an order."""
    return next(each for each in STORY["events"] if each["do"] == do and each.get("order") == order)


def find_row(table: str, name: str) -> dict[str, Any]:
    """Find a row of the story by its id."""
    return next(each for each in STORY[table] if each["id"] == name)


class Order(Struct, frozen=True):
    """A placed order."""

    buyer: str
    number: int
    id: UUID


class Attempt(Struct, frozen=True):
    """The answer to an attempt that is refused: its status, and the code with the fields or the words of the page."""

    status: int
    words: str


class Driver(Protocol):
    """How people act, by the API or on pages; people, listings and orders go by their names in the story."""

    async def sign_in(self, name: str, phone: str, secret: str | None = None) -> None:
        """Sign in with the code that the phone receives, and with the second factor of an official."""
        ...

    async def adopt(self, name: str, token: str) -> None:
        """Take over a session that was created without signing in."""
        ...

    async def open_producer(self, producer: dict[str, Any], officials: Sequence[str]) -> None:
        """Apply as a producer, be admitted by a village, a recommending and an approving official."""
        ...

    async def set_freight(self, producer: str, terms: dict[str, Any]) -> None:
        """Set the freight terms of a producer."""
        ...

    async def publish_stay(self, listing: dict[str, Any]) -> None:
        """Publish rooms with their cancellation tiers and seasons."""
        ...

    async def publish_activity(self, listing: dict[str, Any]) -> None:
        """Publish an activity with its slots."""
        ...

    async def publish_product(self, listing: dict[str, Any], *, stock: int) -> None:
        """Publish goods with their weight, and the terms of a pre-sale or of catch-weight."""
        ...

    async def publish_eggs(self, piece: dict[str, Any], box: dict[str, Any], *, stock: int) -> None:
        """Publish one lot that is sold by the piece and by the box."""
        ...

    async def create_coupon(self, coupon: dict[str, Any]) -> None:
        """Create a coupon of the platform."""
        ...

    async def claim_coupon(self, buyer: str, coupon: str) -> None:
        """Claim a voucher of a coupon."""
        ...

    async def place(self, wish: dict[str, Any], *, method: str) -> int:
        """Place an order and return its number; `method` is how it will be paid."""
        ...

    async def start_payment(self, order: str, method: str) -> None:
        """Start to pay an order, its deposit or its balance."""
        ...

    async def weigh(self, order: str, *, grams: int) -> None:
        """Let the seller weigh the only line of an order."""
        ...

    async def ship(self, order: str) -> None:
        """Let every seller of an order ship its parcel."""
        ...

    async def check_in(self, order: str) -> None:
        """Let the host check in the guests of an order by their code."""
        ...

    async def receive(self, order: str) -> None:
        """Confirm the receipt of every parcel of an order."""
        ...

    async def claim_bad_fruit(self, order: str, *, bad: int, total: int) -> None:
        """Claim the bad share of an order's first line with a photo; its seller agrees."""
        ...

    async def cancel(self, order: str) -> None:
        """Cancel an order."""
        ...

    async def place_at_once(self, names: Sequence[str], wish: dict[str, Any]) -> dict[str, int]:
        """Let people order the same at the same instant; count the answers by `placed` or the code of the refusal."""
        ...

    async def read_units(self, listing: str) -> int:
        """Return how many a buyer is told are left."""
        ...

    async def read_nights(self, listing: str, first: date, until: date) -> list[tuple[str, int]]:
        """Return the free rooms of each night."""
        ...

    async def read_slots(self, listing: str) -> list[tuple[str, int]]:
        """Return the free places of each coming slot."""
        ...

    async def read_owed(self, producer: str) -> int:
        """Return what a seller is told is owed, in fen."""
        ...

    async def try_again(self, step: str, order: str) -> Attempt:
        """Do what comes too early or twice: `pay`, `pay balance`, `ship` or `check in`."""
        ...

    async def try_order(self, wish: dict[str, Any]) -> Attempt:
        """Try to place an order that is refused."""
        ...


class Person(Struct, frozen=True):
    """Somebody with a session, as the API knows them."""

    service: Service
    token: str

    async def send(self, operation: str, body: Any = None, **more: Any) -> httpx.Response:
        """Call an operation and return whatever comes back."""
        return await self.service.call(operation, body, token=self.token, **more)

    async def call(self, operation: str, body: Any = None, **more: Any) -> Any:
        """Call an operation that succeeds, and return its result."""
        answer = await self.send(operation, body, **more)
        assert answer.is_success, f"{operation}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class MarketDay(Struct):
    """The running market, and what was made in it by the names of the story."""

    service: Service
    sandbox: Sandbox
    seal: Seal
    messages: Path
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    producers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    orders: dict[str, Order] = field(default_factory=dict[str, Order])

    @property
    def services(self) -> Services:
        """The services of the running application."""
        return self.service.app.state["market"]

    @property
    def worker(self) -> WorkerContext:
        """The dependencies of the worker's jobs at the story's clock."""
        port, s = FilePort(self.messages), self.services
        return WorkerContext(s.settings, s.db, s.clock, s.seal, s.gateway, port, s.files, NO_CARRIERS)

    def set_clock(self, moment: datetime) -> None:
        """Set the business clock of the service and of the worker."""
        self.service.app.state["market"] = msgspec.structs.replace(self.services, clock=make_clock_at(moment))

    async def receive_code(self, phone: str) -> str:
        """Return the one-time code that a phone receives."""
        await send_codes(self.worker)
        sent = [json.loads(line) for line in self.messages.read_text("utf-8").splitlines()]
        text = next(each["text"] for each in reversed(sent) if each["phone"] == phone)
        return "".join(each for each in text.partition("，")[0] if each.isdigit())

    async def make_official(self, handle: str, role: Role, place: str) -> tuple[str, str]:
        """Create an official; return the phone and the secret of the second factor."""
        phone = make_phone()
        async with self.services.db.transaction(scope="13") as conn:
            made = await create_official(
                conn, self.seal, handle=handle, name=f"样例{handle}", phone=phone, roles=[role], division=place,
                now=self.services.clock.now(),
            )  # fmt: skip
        return phone, made.totp_secret

    async def remember_order(self, name: str, buyer: str, number: int) -> None:
        """Remember a placed order by its name in the story."""
        async with self.services.db.connection() as conn:
            order_id = await conn.fetchval("SELECT id FROM orders WHERE number = $1", number)
        self.orders[name] = Order(buyer, number, order_id)

    async def pay(self, order: str) -> None:
        """Pay the open payment of an order at the provider, whose webhooks the worker applies."""
        intents = (await self.sandbox.state())["intents"]
        [ref] = [
            each["id"]
            for each in intents
            if each["metadata"]["order"] == str(self.orders[order].number) and each["status"] == "requires_action"
        ]
        await self.sandbox.pay(ref)
        for headers, body in await list_messages(self.sandbox, ref):
            headers["Content-Type"] = "application/json"
            answer = await self.service.http.post("/payments/webhook", content=body, headers=headers)
            assert answer.is_success, answer.text
        await apply_webhooks(self.worker)
        await apply_outbox(self.worker)

    async def see(self, order: str) -> dict[str, Any]:
        """Return the order as its buyer sees it."""
        placed = self.orders[order]
        return await self.people[placed.buyer].call("GetOrder", path={"order_id": placed.id})

    def find_seller(self, producer_id: str) -> str:
        """Find the name of a producer, which is also that of who works for it."""
        return next(name for name, each in self.producers.items() if each["id"] == producer_id)


@asynccontextmanager
async def open_market_day(dsn: str, folder: Path, seal: Seal, sandbox: Sandbox) -> AsyncGenerator[MarketDay]:
    """Yield the market of the story on an empty database."""
    settings = build_settings(
        dsn, folder, public_url=ORIGIN, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret,
        rate_sign_ins=10_000, codes_a_network=1000, codes_a_day=1000,
    )  # fmt: skip
    async with run_service(settings, works=False) as service:
        yield MarketDay(service, sandbox, seal, folder / "sms.jsonl")

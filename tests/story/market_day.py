"""The market day played over HTTP by its people, with their own sessions; every figure comes from shop.json.

Officials are created as `market accounts official` creates them. The worker's own jobs apply what the provider sends.
"""

import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec import Struct, field
from PIL import Image

from market.identity.models import Role
from market.identity.officials import create_official
from market.jobs.context import WorkerContext
from market.jobs.polls import apply_outbox, apply_webhooks, send_codes
from market.kernel.clock import SHANGHAI, make_clock_at
from market.kernel.seal import Seal
from market.notify.ports import FilePort
from market.web.services import Services
from payments.sandbox import Sandbox
from tests.support.app import Service, build_settings, run_service
from tests.support.carriers import NO_CARRIERS
from tests.support.make import compute_totp_code, make_phone
from tests.support.sandbox_payments import list_messages

FOLDER = Path(__file__).parent
STORY: dict[str, Any] = json.loads((FOLDER / "shop.json").read_text("utf-8"))
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected" / "shop.json").read_text("utf-8"))
KINDS = {"co-operative": "cooperative", "village station": "village_station"}
CATEGORIES = {"斤": "fruit", "箱": "fruit", "袋": "coarse_grain", "枚": "livestock"}
COUNTY = "130624000000"
SUPPLY_DAYS = "2019-09-15"
"""The people come some days before the market, and publish what they sell."""


def at(text: str) -> datetime:
    """An instant of the story."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def find_event(do: str, order: str) -> dict[str, Any]:
    """Find what is done with an order."""
    return next(each for each in STORY["events"] if each["do"] == do and each.get("order") == order)


class Person(Struct, frozen=True):
    """Somebody with a session."""

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

    async def upload(self, purpose: str) -> str:
        """Upload a small photo."""
        content = io.BytesIO()
        Image.new("RGB", (64, 48), (200, 60, 40)).save(content, "JPEG")
        parts = {"photo": ("photo.jpg", content.getvalue(), "image/jpeg"), "purpose": (None, purpose)}
        return (await self.call("UploadPhoto", files=parts))["id"]


class MarketDay(Struct):
    """The running market, its clock, and everybody's session; ids by their names in the story."""

    service: Service
    sandbox: Sandbox
    seal: Seal
    messages: Path
    buyers: dict[str, Person] = field(default_factory=dict[str, Person])
    sellers: dict[str, Person] = field(default_factory=dict[str, Person])
    producers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    listings: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    slots: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    vouchers: dict[str, str] = field(default_factory=dict[str, str])
    orders: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

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

    async def sign_in(self, phone: str, secret: str | None = None) -> Person:
        """Sign in with the code that the phone receives, and with the second factor of an official."""
        await Person(self.service, "").call("RequestCode", {"phone": phone})
        await send_codes(self.worker)
        sent = [json.loads(line) for line in self.messages.read_text("utf-8").splitlines()]
        text = next(each["text"] for each in reversed(sent) if each["phone"] == phone)
        body = {"phone": phone, "code": "".join(each for each in text.partition("，")[0] if each.isdigit())}
        factor = {"second_factor": compute_totp_code(secret, self.services.clock.now())} if secret else {}
        return Person(self.service, (await Person(self.service, "").call("SignIn", body | factor))["token"])

    async def official(self, handle: str, role: Role, place: str) -> Person:
        """Create an official, who signs in."""
        phone = make_phone()
        async with self.services.db.transaction(scope="13") as conn:
            made = await create_official(
                conn, self.seal, handle=handle, name=f"样例{handle}", phone=phone, roles=[role], division=place,
                now=self.services.clock.now(),
            )  # fmt: skip
        return await self.sign_in(phone, made.totp_secret)

    # Before the market day.

    async def build(self) -> None:
        """Let the sellers apply and publish, the officials admit them, and the buyers sign in."""
        self.set_clock(at(f"{SUPPLY_DAYS}T08:00"))
        officials = [await self.official(handle, Role.COUNTY, COUNTY) for handle in ("recommends", "approves")]
        for number, each in enumerate(STORY["producers"]):
            village = await self.official(f"village-{number}", Role.VILLAGE, each["village"])
            await self._open(each, [village, *officials])
        for listing in STORY["listings"]:
            await self._publish(listing)
        self.set_clock(at(f"{SUPPLY_DAYS}T09:00"))
        staff = await self.official("platform", Role.PLATFORM, "130000000000")
        for coupon in STORY["coupons"]:
            assert coupon["bearer"] == "platform"
            made = await staff.call(
                "CreateCoupon",
                {
                    "name": coupon["title"], "amount_fen": coupon["off_fen"], "min_goods_fen": coupon["from_fen"],
                    "quota": coupon["quota"], "per_person": coupon["per_buyer"], "starts_on": "2019-09-15",
                    "ends_on": "2019-10-31",
                },
            )  # fmt: skip
            self.vouchers[coupon["id"]] = str(made["number"])
        for buyer in STORY["buyers"]:
            self.buyers[buyer["id"]] = await self.sign_in(buyer["phone"].partition("（")[0])

    async def _open(self, each: dict[str, Any], officials: list[Person]) -> None:
        seller = self.sellers[each["id"]] = await self.sign_in(make_phone())
        kind = KINDS.get(each["kind"], each["kind"])
        permit = {"kind": "homestay_permit", "number": "样例-1", "issuer": "样例公安局"}
        applied = await seller.call(
            "ApplyProducer",
            {
                "kind": kind, "name": each["name"], "village_code": each["village"], "produce": "样例农产品",
                "applicant": "样例" + each["id"],
                "certificates": [permit] if kind == "homestay" else [],
            },
        )  # fmt: skip
        for official, step in zip(officials, ("confirm", "recommend", "approve"), strict=True):
            admitted = await official.call("DecideProducer", {"step": step}, path={"producer_id": applied["id"]})
            assert admitted["id"] == applied["id"]
        self.producers[each["id"]] = (await seller.call("ListOwnProducers"))[0]
        if each["freight"]:
            terms = next(one for one in STORY["freight_templates"] if one["id"] == each["freight"])
            names = ("first_g", "first_fen", "next_g", "next_fen", "free_above_fen", "no_ship")
            await seller.call("SetFreight", {name: terms[name] for name in names}, path={"producer_id": applied["id"]})

    async def _publish(self, listing: dict[str, Any]) -> None:
        seller = self.sellers[listing["producer"]]
        text = {"title": listing["title"], "price_fen": listing["price_fen"]}
        if "units" in listing:
            tiers = {
                name: listing[story]
                for name, story in (("tiers", "cancel_tiers"), ("holiday_tiers", "holiday_cancel_tiers"))
                if story in listing
            }
            stay = {**text, "unit": listing["unit"], "rooms": listing["units"], **tiers}
            made = await seller.call("PublishStay", stay)
            for season in listing.get("seasons", []):
                terms = {"first": season["from"], "until": season["until"], "price_fen": season["price_fen"]}
                await seller.call("SetSeason", terms, path={"listing_id": made["listing_id"]})
        elif "slots" in listing:
            made = await seller.call("PublishActivity", {**text, "category": "picking"})
            for slot in listing["slots"]:
                day = {"first": slot["date"], "last": slot["date"], "starts": "08:00:00", "ends": "12:00:00"}
                path = {"listing_id": made["listing_id"]}
                [added] = await seller.call("AddSlots", {**day, "places": slot["places"]}, path=path)
                self.slots[listing["id"], slot["date"]] = added
        elif listing["lot"] == "D" and listing["takes"] > 1:
            return  # A pack of the eggs that are sold by the piece, which are published below.
        else:
            made = await self._publish_product(seller, listing, text)
        self.listings[listing["id"]] = made

    async def _publish_product(self, seller: Person, listing: dict[str, Any], text: dict[str, Any]) -> Any:
        lot = next(each for each in STORY["lots"] if each["id"] == listing["lot"])
        boxes = next(each for each in STORY["listings"] if each["id"] == "L4")
        pieces = listing["id"] == "L10"
        made = await seller.call(
            "PublishProduct",
            {
                **text, "category": CATEGORIES[listing["unit"]], "quantity": lot["stock"],
                "gross_g": listing["gross_g"],
                "unit": "1枚装" if pieces else listing["unit"],
                "ceiling_bp": listing.get("catch_weight", {}).get("ceiling_bp"),
            },
        )  # fmt: skip
        if pieces:
            pack = {"unit": "30枚箱", "price_fen": boxes["price_fen"], "gross_g": boxes["gross_g"]}
            self.listings["L4"] = await seller.call("AddPack", pack, path={"listing_id": made["listing_id"]})
        if "presale" in listing:
            first = date.fromisoformat(listing["presale"]["balance_from"])
            days = {"balance_from": 0, "balance_until": 6, "send_from": 0, "send_until": 13}
            terms = {name: (first + timedelta(days=ahead)).isoformat() for name, ahead in days.items()}
            deposit = {"deposit_fen": listing["presale"]["deposit_fen"]}
            await seller.call("SetPresale", {**deposit, **terms}, path={"listing_id": made["listing_id"]})
        return made

    # On the market day and after it.

    def build_order(self, event: dict[str, Any]) -> dict[str, Any]:
        """Build the body of an order of the story."""
        buyer = next(each for each in STORY["buyers"] if each["id"] == event.get("buyer", "B1"))
        region = event.get("buyer_region", buyer["region"])
        address = {"name": buyer["name"], "phone": "17000009001", "region_code": region, "street": "样例路 1 号"}
        if "nights" in event:
            arrive, leave = event["nights"]
            nights = [
                {
                    "listing_id": self.listings[name]["listing_id"], "arrive_on": arrive, "leave_on": leave,
                    "rooms": rooms,
                }
                for name, rooms in event["lines"]
            ]  # fmt: skip
            return {"address": address, "lines": [], "nights": nights}
        lines = [
            {"variant_id": self.listings[name]["variant_id"], "quantity": quantity}
            | ({"slot_id": self.slots[name, event["slot"]]} if "slot" in event else {})
            for name, quantity in event["lines"]
        ]
        voucher = {"voucher_id": self.vouchers[f"{buyer['id']} {event['coupon']}"]} if "coupon" in event else {}
        return {"address": address, "lines": lines, **voucher}

    async def place(self, order: str) -> None:
        """Place an order of the story."""
        event = find_event("place", order)
        buyer = self.buyers[event["buyer"]]
        self.set_clock(at(event["at"]))
        if "coupon" in event:
            claimed = await buyer.call("ClaimCoupon", {"number": int(self.vouchers[event["coupon"]])})
            self.vouchers[f"{event['buyer']} {event['coupon']}"] = claimed["id"]
        self.orders[order] = await buyer.call("PlaceOrder", self.build_order(event)) | {"buyer": event["buyer"]}

    async def pay(self, order: str, do: str = "pay") -> None:
        """Pay an order of the story, its deposit or its balance, at the provider, whose webhooks arrive."""
        event = find_event(do, order)
        self.set_clock(at(event["at"]))
        placed = self.orders[order]
        buyer = self.buyers[placed["buyer"]]
        await buyer.call("PayOrder", {"method": event["rail"]}, path={"order_id": placed["id"]})
        intents = (await self.sandbox.state())["intents"]
        [ref] = [
            each["id"]
            for each in intents
            if each["metadata"]["order"] == str(placed["number"]) and each["status"] == "requires_action"
        ]
        await self.sandbox.pay(ref)
        await self.deliver(ref)

    async def deliver(self, ref: str) -> None:
        """Deliver every webhook about a charge, which the worker applies."""
        for headers, body in await list_messages(self.sandbox, ref):
            headers["Content-Type"] = "application/json"
            answer = await self.service.http.post("/payments/webhook", content=body, headers=headers)
            assert answer.is_success, answer.text
        await apply_webhooks(self.worker)
        await apply_outbox(self.worker)

    async def see(self, order: str) -> dict[str, Any]:
        """Return the order as its buyer sees it."""
        placed = self.orders[order]
        return await self.buyers[placed["buyer"]].call("GetOrder", path={"order_id": placed["id"]})

    async def ship(self, order: str, moment: str) -> None:
        """Let every seller of an order ship its parcel."""
        self.set_clock(at(moment))
        for suborder in (await self.see(order))["suborders"]:
            seller = self.find_seller(suborder["producer_id"])
            parcel = {"carrier": "邮政", "tracking": f"XA{suborder['code']}"}
            await seller.call("ShipSuborder", parcel, path={"suborder_id": suborder["id"]})

    def find_seller(self, producer_id: str) -> Person:
        """Find who works for a producer."""
        name = next(name for name, each in self.producers.items() if each["id"] == producer_id)
        return self.sellers[name]

    async def receive(self, order: str) -> None:
        """Confirm the receipt of an order."""
        event = find_event("confirm receipt", order)
        self.set_clock(at(event["at"]))
        placed = self.orders[order]
        await self.buyers[placed["buyer"]].call("ConfirmReceipt", {}, path={"order_id": placed["id"]})

    async def claim_bad_fruit(self, order: str, *, bad: int, total: int) -> None:
        """Claim the bad share of an order's first line with a photo; its seller agrees at once."""
        self.set_clock(at(find_event("bad fruit", order)["at"]))
        buyer = self.buyers[self.orders[order]["buyer"]]
        suborder = (await self.see(order))["suborders"][0]
        claim = {"bad": bad, "total": total, "photo_ids": [await buyer.upload("claim")], "text": "样例：坏了"}
        opened = await buyer.call("ClaimBadFruit", claim, path={"line_id": suborder["lines"][0]["id"]})
        seller = self.find_seller(suborder["producer_id"])
        await seller.call("AnswerClaim", {"agree": True}, path={"case_id": opened["case_id"]})


@asynccontextmanager
async def open_market_day(dsn: str, folder: Path, seal: Seal, sandbox: Sandbox) -> AsyncGenerator[MarketDay]:
    """Yield the market of the story on an empty database, with everybody in it."""
    settings = build_settings(
        dsn, folder, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret, rate_sign_ins=10_000,
        codes_a_network=1000, codes_a_day=1000,
    )  # fmt: skip
    async with run_service(settings, works=False) as service:
        day = MarketDay(service, sandbox, seal, folder / "sms.jsonl")
        await day.build()
        yield day

"""The market day's world, and its events carried out by the library; figures come from shop.json alone."""

import asyncio
import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from market.catalogue.presale import PresaleTerms, set_presale
from market.catalogue.units import parse_unit
from market.coupons.claim import claim_voucher
from market.coupons.manage import NewCoupon, create_coupon
from market.coupons.models import VoucherId
from market.identity.models import AccountId, Actor, Role
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.orders.address import Address, Destination, seal_address
from market.orders.checkout.batcher import Batcher
from market.orders.checkout.place import place
from market.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from market.orders.pay import pay_order
from payments import AccountBalance, JournalEntry, Method, list_balances, list_order_entries
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_activity,
    make_freight_template,
    make_lot,
    make_official,
    make_producer,
    make_product,
    make_slot,
    make_stay,
)
from tests.support.payment import pay_and_apply

FOLDER = Path(__file__).parent
STORY: dict[str, Any] = json.loads((FOLDER / "shop.json").read_text("utf-8"))
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected" / "shop.json").read_text("utf-8"))
KINDS = {"household": "household", "co-operative": "cooperative", "village station": "village_station"}
METHODS = {"alipay": Method.ALIPAY, "wechat": Method.WECHAT}
SHANGHAI = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    """An instant of the story."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class World(Struct):
    """The ids of the story's people and listings, by their names in the story."""

    db: Database
    seal: Seal
    gateway: Stripe
    sandbox: Sandbox
    batcher: Batcher
    buyers: dict[str, Actor] = field(default_factory=dict[str, Actor])
    owners: dict[str, Actor] = field(default_factory=dict[str, Actor])
    producers: dict[str, int] = field(default_factory=dict[str, int])
    lots: dict[str, Any] = field(default_factory=dict[str, Any])
    variants: dict[str, Any] = field(default_factory=dict[str, Any])
    listings: dict[str, Any] = field(default_factory=dict[str, Any])
    slots: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    orders: dict[str, PlacedOrder] = field(default_factory=dict[str, PlacedOrder])
    coupons: dict[str, int] = field(default_factory=dict[str, int])
    vouchers: dict[tuple[str, str], VoucherId] = field(default_factory=dict[tuple[str, str], VoucherId])

    def address(self, buyer: str) -> Destination:
        """The address of a buyer of the story."""
        found = next(each for each in STORY["buyers"] if each["id"] == buyer)
        return self.address_in(found["region"], found["name"])

    def address_in(self, region: str, name: str = "样例买家") -> Destination:
        """An address in a region."""
        return seal_address(self.seal, Address(name, "17000009001", region, "样例路 1 号"))

    async def place(self, event: dict[str, Any]) -> PlacedOrder:
        """Place an order of the story."""
        lines = [
            Line(VariantId(self.variants[name]), quantity, self.slots.get((name, event.get("slot", ""))))
            for name, quantity in event["lines"]
            if "nights" not in event
        ]
        nights: list[Nights] = []
        if "nights" in event:
            arrive, leave = (date.fromisoformat(each) for each in event["nights"])
            nights = [Nights(ListingId(self.listings[n]), arrive, leave, rooms) for n, rooms in event["lines"]]
        buyer = event.get("buyer", "B1")
        address = self.address(buyer) if "buyer" in event else self.address_in(event["buyer_region"])
        return await place(
            self.batcher,
            self.buyers[buyer].account_id,
            lines,
            nights=nights,
            address=address,
            key=event.get("order"),
            now=at(event["at"]),
            voucher_id=await self.get_voucher(buyer, event["coupon"]) if "coupon" in event else None,
        )

    async def get_voucher(self, buyer: str, coupon: str) -> VoucherId:
        """The voucher that a buyer claimed of a coupon; it is claimed the first time."""
        if (buyer, coupon) not in self.vouchers:
            async with self.db.transaction() as conn:
                claimed = await claim_voucher(
                    conn, self.buyers[buyer], number=self.coupons[coupon], now=at("2019-09-20T09:05")
                )
            self.vouchers[buyer, coupon] = claimed.id
        return self.vouchers[buyer, coupon]

    async def place_and_pay(self, order: str) -> None:
        """Place and pay an order of the story."""
        await self.place_order(order)
        await self.pay(order, "pay")

    async def place_order(self, order: str) -> None:
        """Place an order of the story."""
        event = next(each for each in STORY["events"] if each["do"] == "place" and each["order"] == order)
        self.orders[order] = await self.place(event)

    async def pay(self, order: str, do: str) -> None:
        """Pay an order of the story, or its deposit or its balance."""
        event = next(each for each in STORY["events"] if each["do"] == "place" and each["order"] == order)
        paid = next(each for each in STORY["events"] if each["do"] == do and each["order"] == order)
        buyer = self.buyers[event["buyer"]]
        paying = await pay_order(
            self.db,
            self.gateway,
            buyer,
            self.orders[order].id,
            method=METHODS[paid["rail"]],
            return_url="http://localhost/back",
            now=at(paid["at"]),
        )
        await pay_and_apply(self.db, self.gateway, self.sandbox, self.seal, paying, now=at(paid["at"]))

    def role(self, account: str) -> str:
        """Convert an account's code to the story's, which has its own names of orders and producers."""
        kind, _, rest = account.partition(":")
        if kind == "escrow":
            return next(
                f"escrow:{name}-{rest.partition('-')[2]}"
                for name, order in self.orders.items()
                if rest.partition("-")[0] == str(order.number)
            )
        if kind == "refund":
            return next(f"refund:{name}" for name, order in self.orders.items() if rest == str(order.number))
        if kind in {"payable", "freight"}:
            return next(f"{kind}:{name}" for name, number in self.producers.items() if rest == str(number))
        return account

    async def ledger(self, order: str) -> list[tuple[str, str, list[list[Any]]]]:
        """The order's transactions as the story writes them: time, kind, legs."""
        async with self.db.connection() as conn:
            found: list[JournalEntry] = await list_order_entries(conn, order=str(self.orders[order].number))
        return [
            (
                entry.at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
                entry.kind,
                [[self.role(code), minor] for code, minor in entry.legs],
            )
            for entry in found
        ]

    async def balances(self) -> dict[str, int]:
        """Every account by the story's name."""
        async with self.db.connection() as conn:
            found: list[AccountBalance] = await list_balances(conn)
        return {self.role(each.code): each.minor for each in found}


def expected_ledger(order: str) -> list[tuple[str, str, list[list[Any]]]]:
    """The order's transactions in the story."""
    return [(each["at"], each["kind"], each["legs"]) for each in EXPECTED["ledger"] if each["order"] == order]


async def build(world: World) -> None:
    """Write the story's world into an empty market."""
    async with world.db.transaction() as conn:
        for each in STORY["buyers"]:
            account = await make_account(conn, name=each["name"])
            world.buyers[each["id"]] = await load_actor(conn, account)
        ids: dict[str, Any] = {}
        for each in STORY["producers"]:
            kind = KINDS.get(each["kind"], "homestay")
            ids[each["id"]] = await make_producer(conn, name=each["name"], kind=kind, village=each["village"])
            world.owners[each["id"]] = await load_owner(conn, ids[each["id"]])
            world.producers[each["id"]] = await conn.fetchval(
                "SELECT number FROM producers WHERE id = $1", ids[each["id"]]
            )
            await _freight(conn, ids[each["id"]], each["freight"])
        owner_of_lot = {each["lot"]: each["producer"] for each in STORY["listings"] if "lot" in each}
        for lot in STORY["lots"]:
            world.lots[lot["id"]] = await make_lot(
                conn, ids[owner_of_lot[lot["id"]]], left=lot["stock"], unit=lot["unit"], label=lot["what"]
            )
        staff = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
        for coupon in STORY["coupons"]:
            await _coupon(conn, world, staff, coupon)
        for listing in STORY["listings"]:
            await _listing(conn, world, listing, ids[listing["producer"]])


async def _coupon(conn: Connection, world: World, staff: Actor, coupon: dict[str, Any]) -> None:
    assert coupon["bearer"] == "platform"
    new = NewCoupon(
        name=coupon["title"], amount_fen=coupon["off_fen"], min_goods_fen=coupon["from_fen"], quota=coupon["quota"],
        per_person=coupon["per_buyer"], starts_on=date(2019, 9, 1), ends_on=date(2019, 9, 30),
    )  # fmt: skip
    world.coupons[coupon["id"]] = (await create_coupon(conn, staff, new, now=at("2019-09-01T08:00"))).number


async def _freight(conn: Connection, producer_id: UUID, name: str | None) -> None:
    if name is None:
        return
    template = next(each for each in STORY["freight_templates"] if each["id"] == name)
    await make_freight_template(
        conn, producer_id,
        **{key: template[key] for key in ("first_g", "first_fen", "next_g", "next_fen", "free_above_fen", "no_ship")},
    )  # fmt: skip


async def _listing(conn: Connection, world: World, listing: dict[str, Any], producer_id: UUID) -> None:
    bp = STORY["commission_bp"]
    if "units" in listing:
        seasons = [
            (date.fromisoformat(each["from"]), date.fromisoformat(each["until"]), each["price_fen"])
            for each in listing.get("seasons", [])
        ]
        tiers = [
            (holiday, tier["days_before"], tier["refund_bp"])
            for holiday, name in ((False, "cancel_tiers"), (True, "holiday_cancel_tiers"))
            for tier in listing.get(name, [])
        ]
        stay = await make_stay(
            conn, producer_id, title=listing["title"], price_fen=listing["price_fen"], rooms=listing["units"],
            seasons=seasons, tiers=tiers, commission_bp=bp["tourism"],
        )  # fmt: skip
        world.variants[listing["id"]], world.listings[listing["id"]] = stay.variant_id, stay.listing_id
        return
    if "slots" in listing:
        activity = await make_activity(
            conn, producer_id, title=listing["title"], price_fen=listing["price_fen"], days=(),
            commission_bp=bp["tourism"],
        )  # fmt: skip
        world.variants[listing["id"]], world.listings[listing["id"]] = activity.variant_id, activity.listing_id
        for slot in listing["slots"]:
            slot_id = await make_slot(
                conn, activity.listing_id, date.fromisoformat(slot["date"]), places=slot["places"]
            )
            world.slots[listing["id"], slot["date"]] = slot_id
        return
    if "lot" not in listing:
        return
    product = await make_product(
        conn, producer_id, title=listing["title"], unit=listing["unit"], price_fen=listing["price_fen"],
        gross_g=listing["gross_g"], net_g=parse_unit(listing["unit"]).net_g or listing.get("net_g"),
        lot_units_per_item=listing["takes"], lot_id=world.lots[listing["lot"]], commission_bp=bp["goods"],
        ceiling_bp=listing.get("catch_weight", {}).get("ceiling_bp"),
    )  # fmt: skip
    world.variants[listing["id"]], world.listings[listing["id"]] = product.variant_id, product.listing_id
    if "presale" in listing:
        first = date.fromisoformat(listing["presale"]["balance_from"])
        terms = PresaleTerms(
            deposit_fen=listing["presale"]["deposit_fen"], balance_from=first, balance_until=first + timedelta(days=6),
            send_from=first, send_until=first + timedelta(days=13),
        )  # fmt: skip
        await set_presale(
            conn, world.owners[listing["producer"]], product.listing_id, terms, now=at("2019-09-01T08:00")
        )


async def rush(world: World) -> tuple[list[PlacedOrder], list[BaseException]]:
    """Run the story's race, each buyer with their own account."""
    event = next(each for each in STORY["events"] if each["do"] == "race")
    async with world.db.transaction() as conn:
        buyers = [AccountId(await make_account(conn)) for _ in range(event["buyers"])]
    line = Line(VariantId(world.variants[event["listing"]]), event["each"])
    answers = await asyncio.gather(
        *(place(world.batcher, buyer, [line], address=world.address("B1"), now=at(event["at"])) for buyer in buyers),
        return_exceptions=True,
    )
    return (
        [each for each in answers if isinstance(each, PlacedOrder)],
        [each for each in answers if isinstance(each, BaseException)],
    )

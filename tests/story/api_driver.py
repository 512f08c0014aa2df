"""The people of the story act by the API."""

import asyncio
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from PIL import Image

from market.kernel.clock import SHANGHAI
from tests.story.market_day import Attempt, MarketDay, Person, find_row
from tests.support.make import compute_totp_code

KINDS = {"co-operative": "cooperative", "village station": "village_station"}
CATEGORIES = {"斤": "fruit", "箱": "fruit", "袋": "coarse_grain", "枚": "livestock"}


def make_photo() -> bytes:
    """Return a small photo."""
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 60, 40)).save(content, "JPEG")
    return content.getvalue()


def get_presale_days(first: str) -> dict[str, str]:
    """Return the days of a pre-sale whose balance is due from a day on."""
    days = {"balance_from": 0, "balance_until": 6, "send_from": 0, "send_until": 13}
    return {name: (date.fromisoformat(first) + timedelta(days=ahead)).isoformat() for name, ahead in days.items()}


class ApiDriver:
    """Acts by the API, each person with a session of their own."""

    def __init__(self, day: MarketDay) -> None:
        self._day = day
        self._listings: dict[str, dict[str, Any]] = {}
        self._slots: dict[tuple[str, str], str] = {}
        self._vouchers: dict[str, str] = {}
        self._codes: dict[str, str] = {}

    async def sign_in(self, name: str, phone: str, secret: str | None = None) -> None:
        visitor = Person(self._day.service, "")
        await visitor.call("RequestCode", {"phone": phone})
        body = {"phone": phone, "code": await self._day.receive_code(phone)}
        factor = {"second_factor": compute_totp_code(secret, self._day.services.clock.now())} if secret else {}
        await self.adopt(name, (await visitor.call("SignIn", body | factor))["token"])

    async def adopt(self, name: str, token: str) -> None:
        self._day.people[name] = Person(self._day.service, token)

    async def open_producer(self, producer: dict[str, Any], officials: Sequence[str]) -> None:
        seller = self._day.people[producer["id"]]
        kind = KINDS.get(producer["kind"], producer["kind"])
        permit = {"kind": "homestay_permit", "number": "样例-1", "issuer": "样例公安局"}
        applied = await seller.call(
            "ApplyProducer",
            {
                "kind": kind, "name": producer["name"], "applicant": producer["name"], "produce": "样例农产品",
                "village_code": producer["village"],
                "certificates": [permit] if kind == "homestay" else [],
            },
        )  # fmt: skip
        for official, step in zip(officials, ("confirm", "recommend", "approve"), strict=True):
            path = {"producer_id": applied["id"]}
            await self._day.people[official].call("DecideProducer", {"step": step}, path=path)
        self._day.producers[producer["id"]] = (await seller.call("ListOwnProducers"))[0]

    async def set_freight(self, producer: str, terms: dict[str, Any]) -> None:
        names = ("first_g", "first_fen", "next_g", "next_fen", "free_above_fen", "no_ship")
        path = {"producer_id": self._day.producers[producer]["id"]}
        await self._day.people[producer].call("SetFreight", {name: terms[name] for name in names}, path=path)

    async def publish_stay(self, listing: dict[str, Any]) -> None:
        seller = self._day.people[listing["producer"]]
        tiers = {
            name: listing[story]
            for name, story in (("tiers", "cancel_tiers"), ("holiday_tiers", "holiday_cancel_tiers"))
            if story in listing
        }
        text = {"title": listing["title"], "price_fen": listing["price_fen"]}
        stay = {**text, "unit": listing["unit"], "rooms": listing["units"], **tiers}
        made = self._listings[listing["id"]] = await seller.call("PublishStay", stay)
        for season in listing.get("seasons", []):
            terms = {"first": season["from"], "until": season["until"], "price_fen": season["price_fen"]}
            await seller.call("SetSeason", terms, path={"listing_id": made["listing_id"]})

    async def publish_activity(self, listing: dict[str, Any]) -> None:
        seller = self._day.people[listing["producer"]]
        text = {"title": listing["title"], "price_fen": listing["price_fen"]}
        made = self._listings[listing["id"]] = await seller.call("PublishActivity", {**text, "category": "picking"})
        for slot in listing["slots"]:
            hours = {"first": slot["date"], "last": slot["date"], "starts": "08:00:00", "ends": "12:00:00"}
            path = {"listing_id": made["listing_id"]}
            [added] = await seller.call("AddSlots", {**hours, "places": slot["places"]}, path=path)
            self._slots[listing["id"], slot["date"]] = added

    async def publish_product(self, listing: dict[str, Any], *, stock: int, unit: str | None = None) -> None:
        seller = self._day.people[listing["producer"]]
        made = self._listings[listing["id"]] = await seller.call(
            "PublishProduct",
            {
                "title": listing["title"], "price_fen": listing["price_fen"], "category": CATEGORIES[listing["unit"]],
                "quantity": stock, "gross_g": listing["gross_g"], "unit": unit or listing["unit"],
                "ceiling_bp": listing.get("catch_weight", {}).get("ceiling_bp"),
            },
        )  # fmt: skip
        if "presale" in listing:
            terms = {"deposit_fen": listing["presale"]["deposit_fen"]}
            terms |= get_presale_days(listing["presale"]["balance_from"])
            await seller.call("SetPresale", terms, path={"listing_id": made["listing_id"]})

    async def publish_eggs(self, piece: dict[str, Any], box: dict[str, Any], *, stock: int) -> None:
        await self.publish_product(piece, stock=stock, unit="1枚装")
        pack = {"unit": "30枚箱", "price_fen": box["price_fen"], "gross_g": box["gross_g"]}
        path = {"listing_id": self._listings[piece["id"]]["listing_id"]}
        self._listings[box["id"]] = await self._day.people[piece["producer"]].call("AddPack", pack, path=path)

    async def create_coupon(self, coupon: dict[str, Any]) -> None:
        made = await self._day.people["platform"].call(
            "CreateCoupon",
            {
                "name": coupon["title"], "amount_fen": coupon["off_fen"], "min_goods_fen": coupon["from_fen"],
                "quota": coupon["quota"], "per_person": coupon["per_buyer"], "starts_on": "2019-09-15",
                "ends_on": "2019-10-31",
            },
        )  # fmt: skip
        self._vouchers[coupon["id"]] = str(made["number"])

    async def claim_coupon(self, buyer: str, coupon: str) -> None:
        claimed = await self._day.people[buyer].call("ClaimCoupon", {"number": int(self._vouchers[coupon])})
        self._vouchers[f"{buyer} {coupon}"] = claimed["id"]

    def _build_order(self, wish: dict[str, Any]) -> dict[str, Any]:
        buyer = find_row("buyers", wish.get("buyer", "B1"))
        region = wish.get("buyer_region", buyer["region"])
        address = {"name": buyer["name"], "phone": "17000009001", "region_code": region, "street": "样例路 1 号"}
        if "nights" in wish:
            arrive, leave = wish["nights"]
            nights = [
                {
                    "listing_id": self._listings[name]["listing_id"], "arrive_on": arrive, "leave_on": leave,
                    "rooms": rooms,
                }
                for name, rooms in wish["lines"]
            ]  # fmt: skip
            return {"address": address, "lines": [], "nights": nights}
        lines = [
            {"variant_id": self._listings[name]["variant_id"], "quantity": quantity}
            | ({"slot_id": self._slots[name, wish["slot"]]} if "slot" in wish else {})
            for name, quantity in wish["lines"]
        ]
        voucher = {"voucher_id": self._vouchers[f"{buyer['id']} {wish['coupon']}"]} if "coupon" in wish else {}
        return {"address": address, "lines": lines, **voucher}

    async def place(self, wish: dict[str, Any], *, method: str) -> int:
        del method  # It is chosen when the payment starts.
        return (await self._day.people[wish["buyer"]].call("PlaceOrder", self._build_order(wish)))["number"]

    async def start_payment(self, order: str, method: str) -> None:
        placed = self._day.orders[order]
        await self._day.people[placed.buyer].call("PayOrder", {"method": method}, path={"order_id": placed.id})

    async def weigh(self, order: str, *, grams: int) -> None:
        [parcel] = (await self._day.see(order))["suborders"]
        weights = [{"line_id": parcel["lines"][0]["id"], "weighed_g": grams}]
        seller = self._day.people[self._day.find_seller(parcel["producer_id"])]
        await seller.call("WeighParcel", {"weights": weights}, path={"suborder_id": parcel["id"]})

    async def ship(self, order: str) -> None:
        for suborder in (await self._day.see(order))["suborders"]:
            answer = await self._ship(suborder)
            assert answer.is_success, answer.text

    async def _ship(self, suborder: dict[str, Any]) -> httpx.Response:
        seller = self._day.people[self._day.find_seller(suborder["producer_id"])]
        parcel = {"carrier": "邮政", "tracking": f"XA{suborder['code']}"}
        return await seller.send("ShipSuborder", parcel, path={"suborder_id": suborder["id"]})

    async def check_in(self, order: str) -> None:
        self._codes[order] = (await self._day.see(order))["suborders"][0]["places"]["code"]
        answer = await self._check_in(order)
        [party] = [each["quantity"] for each in (await self._day.see(order))["suborders"][0]["lines"]]
        assert answer.json()["party"] == party

    async def _check_in(self, order: str) -> httpx.Response:
        [visit] = (await self._day.see(order))["suborders"]
        host = self._day.people[self._day.find_seller(visit["producer_id"])]
        return await host.send("CheckInGuest", {"code": self._codes[order]})

    async def receive(self, order: str) -> None:
        placed = self._day.orders[order]
        await self._day.people[placed.buyer].call("ConfirmReceipt", {}, path={"order_id": placed.id})

    async def claim_bad_fruit(self, order: str, *, bad: int, total: int) -> None:
        buyer = self._day.people[self._day.orders[order].buyer]
        suborder = (await self._day.see(order))["suborders"][0]
        parts = {"photo": ("photo.jpg", make_photo(), "image/jpeg"), "purpose": (None, "claim")}
        photo = (await buyer.call("UploadPhoto", files=parts))["id"]
        claim = {"bad": bad, "total": total, "photo_ids": [photo], "text": "样例：坏了"}
        opened = await buyer.call("ClaimBadFruit", claim, path={"line_id": suborder["lines"][0]["id"]})
        seller = self._day.people[self._day.find_seller(suborder["producer_id"])]
        await seller.call("AnswerClaim", {"agree": True}, path={"case_id": opened["case_id"]})

    async def cancel(self, order: str) -> None:
        placed = self._day.orders[order]
        await self._day.people[placed.buyer].call("CancelOrder", {}, path={"order_id": placed.id})

    async def place_at_once(self, names: Sequence[str], wish: dict[str, Any]) -> dict[str, int]:
        body = self._build_order(wish)
        answers = await asyncio.gather(*(self._day.people[name].send("PlaceOrder", body) for name in names))
        return Counter("placed" if each.is_success else each.json()["code"] for each in answers)

    async def read_units(self, listing: str) -> int:
        path = {"listing_id": self._listings[listing]["listing_id"]}
        return (await self._day.people["B1"].call("GetProduct", path=path))["variants"][0]["left"]

    async def read_nights(self, listing: str, first: date, until: date) -> list[tuple[str, int]]:
        path = {"listing_id": self._listings[listing]["listing_id"]}
        window = {"arrive": str(first), "leave": str(until)}
        nights = await self._day.people["B1"].call("GetStayNights", path=path, query=window)
        return [(each["night"], each["free"]) for each in nights]

    async def read_slots(self, listing: str) -> list[tuple[str, int]]:
        path = {"listing_id": self._listings[listing]["listing_id"]}
        return [
            (datetime.fromisoformat(each["starts_at"]).astimezone(SHANGHAI).date().isoformat(), each["free"])
            for each in await self._day.people["B1"].call("ListSlots", path=path)
        ]

    async def read_owed(self, producer: str) -> int:
        path = {"producer_id": self._day.producers[producer]["id"]}
        return (await self._day.people[producer].call("GetStatement", path=path))["owed_fen"]

    async def try_again(self, step: str, order: str) -> Attempt:
        placed = self._day.orders[order]
        if step == "ship":
            [parcel] = (await self._day.see(order))["suborders"]
            return _read_refusal(await self._ship(parcel))
        if step == "check in":
            return _read_refusal(await self._check_in(order))
        buyer = self._day.people[placed.buyer]
        return _read_refusal(await buyer.send("PayOrder", {"method": "alipay"}, path={"order_id": placed.id}))

    async def try_order(self, wish: dict[str, Any]) -> Attempt:
        buyer = self._day.people[wish.get("buyer", "B1")]
        return _read_refusal(await buyer.send("PlaceOrder", self._build_order(wish)))


def _read_refusal(answer: httpx.Response) -> Attempt:
    problem = answer.json()
    words = [problem["code"], *(each["field"] for each in problem.get("errors", []))]
    return Attempt(answer.status_code, " ".join(words))

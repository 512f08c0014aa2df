"""The sellers and officials of the story on the pages, and what both drivers of pages read from one."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from market.kernel.division_codes import COUNTY, TOWNSHIP, truncate_code
from tests.story.api_driver import KINDS, get_presale_days, make_photo
from tests.story.market_day import MarketDay, Person
from tests.support.browser import LoadedPage, PageClient
from tests.support.make import compute_totp_code
from tests.support.markup import Node

_PACKS = {
    "L1": ("fruit", "斤"), "L2": ("fruit", "5斤箱"), "L3": ("coarse_grain", "2.5kg袋"), "L5": ("nut", "1kg袋"),
    "L9": ("fruit", "6斤箱"),
}  # fmt: skip
"""Category and pack of each product, as its seller types them."""
ONE_DAY = timedelta(days=1)


def format_yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def format_kilograms(grams: int) -> str:
    return f"{grams // 1000}.{grams % 1000:03d}"


def find_link(page: LoadedPage, pattern: str, *, words: str = "") -> str:
    """Return the first link of a page whose path fits and whose row or text has these words."""
    found = [
        href
        for node in page.root.walk()
        if node.name == "a" and words in node.text and re.fullmatch(pattern, href := node.attrs.get("href", ""))
    ]
    assert found, f"no link {pattern} {words!r} on {page.path}: {page.text[:600]}"
    return found[0]


def list_offered(page: LoadedPage, name: str) -> list[str]:
    """Return the values that a page offers for a field."""
    values: list[str] = []
    for node in page.root.walk():
        if node.attrs.get("name") == name:
            options: list[Node] = node.all("option") if node.name == "select" else [node]
            values += [each.attrs.get("value", "") for each in options]
    return values


class SellerPages:
    """Signs people in, each with a browser of their own, and acts as the sellers and the officials."""

    def __init__(self, day: MarketDay) -> None:
        self._day = day
        self._browsers: dict[str, PageClient] = {}
        self._numbers: dict[str, int] = {}
        self._variants: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        self._unpaid: dict[str, LoadedPage] = {}

    # Sessions.

    async def sign_in(self, name: str, phone: str, secret: str | None = None) -> None:
        browser = PageClient(self._day.service.app)
        await browser.open("/sign-in")
        await browser.submit("/sign-in", phone=phone)
        seen = await browser.submit("/sign-in/code", code=await self._day.receive_code(phone))
        if secret:
            assert seen.path.startswith("/sign-in/factor"), seen.path
            code = compute_totp_code(secret, self._day.services.clock.now())
            await browser.submit("/sign-in/factor", code=code)
        self._remember(name, browser)

    async def adopt(self, name: str, token: str) -> None:
        browser = PageClient(self._day.service.app)
        browser.client.cookies.set("session", token, domain="market.test")
        self._remember(name, browser)

    def _remember(self, name: str, browser: PageClient) -> None:
        self._browsers[name] = browser
        self._day.people[name] = Person(self._day.service, browser.client.cookies["session"])

    # Selling.

    async def open_producer(self, producer: dict[str, Any], officials: Sequence[str]) -> None:
        seller, village = self._browsers[producer["id"]], producer["village"]
        await seller.open("/farm/apply")
        for level in (COUNTY, TOWNSHIP):
            await seller.open(find_link(seller.current, f"/farm/apply.at={truncate_code(village, level)}"))
        await seller.open(find_link(seller.current, f"/farm/apply.at={village}"))
        kind: str = KINDS.get(producer["kind"]) or producer["kind"]
        paper = "homestay_permit" if kind == "homestay" else "identity"
        await seller.submit(
            "/farm/apply", applicant=producer["name"], name=producer["name"], kind=kind, produce="样例农产品",
            paper=paper, files={"photo": ("photo.jpg", make_photo(), "image/jpeg")},
        )  # fmt: skip
        for official, step in zip(officials, ("confirm", "recommend", "approve"), strict=True):
            desk = self._browsers[official]
            await desk.open("/desk/producers")
            await desk.open(find_link(desk.current, "/desk/producers/.*", words=producer["name"]))
            await desk.submit(desk.current.path.partition("?")[0], press=("step", step))
            assert "已记下" in desk.current.text
        assert "开好了，可以卖东西了。" in (await seller.open("/farm/apply")).text
        own = await self._day.people[producer["id"]].call("ListOwnProducers")
        self._day.producers[producer["id"]] = own[0]

    async def set_freight(self, producer: str, terms: dict[str, Any]) -> None:
        seller = self._browsers[producer]
        await seller.open("/farm/freight")
        free_above = terms["free_above_fen"]
        seen = await seller.submit(
            "/farm/freight", way="charged", first=format_kilograms(terms["first_g"]),
            first_price=format_yuan(terms["first_fen"]), more=format_kilograms(terms["next_g"]),
            more_price=format_yuan(terms["next_fen"]), free_above=format_yuan(free_above) if free_above else "",
            ticked={"no_ship": terms["no_ship"]},
        )  # fmt: skip
        assert "买家付快递费" in seen.text

    async def _publish(self, listing: dict[str, Any], slug: str, **typed: str) -> PageClient:
        seller = self._browsers[listing["producer"]]
        await seller.open("/farm/sell")
        await seller.open(find_link(seller.current, f"/farm/sell/{slug}"))
        named = {"title": listing["title"], "price": format_yuan(listing["price_fen"])}
        seen = await seller.submit(f"/farm/sell/{slug}", typed=named | typed)
        found = re.match(r"/farm/listings/(\d+)(/slots)?\?said=listed", seen.path)
        assert found, seen.text
        self._numbers[listing["id"]] = int(found[1])
        return seller

    async def publish_stay(self, listing: dict[str, Any]) -> None:
        seller = await self._publish(listing, "stay", rooms=str(listing["units"]))
        if "cancel_tiers" in listing:
            await seller.open(find_link(seller.current, "/farm/listings/[0-9]+/terms"))
            assert "不变" not in seller.current.text
            await seller.submit(seller.current.path, cancel="strict")
        for season in listing.get("seasons", []):
            await seller.open(f"/farm/listings/{self._numbers[listing['id']]}/prices")
            last = date.fromisoformat(season["until"]) - ONE_DAY
            await seller.submit(
                seller.current.path + "/seasons",
                typed={"first": season["from"], "last": str(last), "season-price": format_yuan(season["price_fen"])},
            )

    async def publish_activity(self, listing: dict[str, Any]) -> None:
        seller = await self._publish(listing, "activity", category="picking", cancel="easy")
        path = seller.current.path.partition("?")[0]
        for slot in listing["slots"]:
            seen = await seller.submit(
                path, first=slot["date"], last=slot["date"], starts="8:00", ends="12:00", places=str(slot["places"]),
                minimum="1",
            )  # fmt: skip
            assert "加好了" in seen.text

    async def publish_product(self, listing: dict[str, Any], *, stock: int) -> None:
        slug, pack = _PACKS[listing["id"]]
        ceiling = str(listing.get("catch_weight", {}).get("ceiling_bp", ""))
        seller = self._browsers[listing["producer"]]
        await seller.open("/farm/sell")
        offered = list_offered(await seller.open(f"/farm/sell/{slug}"), "pack")
        first = pack if pack in offered else offered[0]
        gross = format_kilograms(listing["gross_g"])
        await self._publish(listing, slug, pack=first, left=str(stock), ceiling=ceiling, gross=gross)
        number = self._numbers[listing["id"]]
        if first != pack:
            await self._replace_pack(seller, number, pack, listing, stock=stock)
        if "presale" in listing:
            await seller.open(f"/farm/listings/{number}")
            await seller.open(find_link(seller.current, "/farm/listings/[0-9]+/presale"))
            days = get_presale_days(listing["presale"]["balance_from"])
            deposit = format_yuan(listing["presale"]["deposit_fen"])
            seen = await seller.submit(seller.current.path, deposit=deposit, typed=days)
            assert "现在是预售。" in seen.text

    async def _replace_pack(
        self, seller: PageClient, number: int, pack: str, listing: dict[str, Any], *, stock: int
    ) -> None:
        await seller.open(f"/farm/listings/{number}/edit")
        await seller.submit(
            f"/farm/listings/{number}/packs", pack=pack, price=format_yuan(listing["price_fen"]), left=str(stock),
            gross=format_kilograms(listing["gross_g"]),
        )  # fmt: skip

    async def publish_eggs(self, piece: dict[str, Any], box: dict[str, Any], *, stock: int) -> None:
        seller = await self._publish(
            piece, "livestock", pack="30枚箱", left=str(stock), gross=format_kilograms(piece["gross_g"])
        )
        number = self._numbers[box["id"]] = self._numbers[piece["id"]]
        await self._replace_pack(seller, number, "1枚装", piece, stock=stock)
        await seller.open(f"/farm/listings/{number}/edit")
        await seller.submit(
            f"/farm/listings/{number}/packs/new",
            typed={
                "more-pack": "30枚箱", "more-price": format_yuan(box["price_fen"]), "more-left": "",
                "more-gross": format_kilograms(box["gross_g"]),
            },
        )  # fmt: skip
        page = await self._browsers["P1"].open(f"/goods/{number}")
        self._variants[piece["id"]], self._variants[box["id"]] = list_offered(page, "variant")

    async def create_coupon(self, coupon: dict[str, Any]) -> None:
        desk = self._browsers["platform"]
        await desk.open("/desk/coupons")
        seen = await desk.submit(
            "/desk/coupons", name=coupon["title"], amount=format_yuan(coupon["off_fen"]),
            minimum=format_yuan(coupon["from_fen"]), starts_on="2019-09-15", ends_on="2019-10-31",
            quota=str(coupon["quota"]), per_person=str(coupon["per_buyer"]),
        )  # fmt: skip
        assert "办好了" in seen.text

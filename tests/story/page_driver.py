"""The people of the story act on the pages, in browsers without scripts, with nothing but links and served forms."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import httpx

from tests.story.api_driver import make_photo
from tests.story.market_day import Attempt, find_row
from tests.story.seller_pages import ONE_DAY, SellerPages, find_link, format_kilograms, list_offered
from tests.support.browser import LeftSiteError, LoadedPage, PageClient

_WAITING = "其余在别人的待付款订单里"
_MAX_BUSY_SECONDS = 60


async def _press(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Ask again while the service says that too many people do, as its page asks people to."""
    async with asyncio.timeout(_MAX_BUSY_SECONDS):
        while (answer := await ask()).status_code == 503:
            await asyncio.sleep(0.5)
    return answer


class PageDriver(SellerPages):
    """Acts on the pages, each person with a browser of their own."""

    async def claim_coupon(self, buyer: str, coupon: str) -> None:
        browser = self._browsers[buyer]
        await browser.open("/coupons")
        assert find_row("coupons", coupon)["title"] in browser.current.text
        [number] = list_offered(browser.current, "number")
        assert "领到了" in (await browser.submit("/coupons", number=number)).text

    async def _empty_cart(self, browser: PageClient) -> None:
        """Remove what cannot be bought, then the rest one by one."""
        while forms := (await browser.open("/cart")).root.all("form"):
            buttons = [
                node for form in forms for node in form.all("button") if node.attrs.get("name") in {"drop", "less"}
            ]
            if not buttons:
                return
            chosen = next((each for each in buttons if each.attrs["name"] == "drop"), buttons[0])
            await browser.submit("/cart/change", press=(chosen.attrs["name"], chosen.attrs["value"]))

    async def _fill_cart(self, browser: PageClient, wish: dict[str, Any]) -> LoadedPage:
        """Put what is wished into the cart, up to the first quantity that is refused at its field."""
        for name, quantity in wish["lines"]:
            number = self._numbers[name]
            if "nights" in wish:
                arrive, leave = wish["nights"]
                await browser.open(f"/stays/{number}?from={arrive}&to={leave}")
                rooms = {"rooms": str(quantity)} if quantity > 1 else {}
                await browser.submit("/cart/nights", typed=rooms)
            elif "slot" in wish:
                page = await browser.open(f"/goods/{number}")
                await browser.submit(f"/goods/{number}", n=str(quantity), slot=_choose_slot(page, wish["slot"]))
            else:
                await browser.open(f"/goods/{number}")
                chosen = {"variant": self._variants[name]} if name in self._variants else {}
                page = await browser.submit("/cart/goods", n=str(quantity), typed=chosen, status=None)
                if page.status != 200:
                    return page
        return browser.current

    async def _check_out(self, browser: PageClient, wish: dict[str, Any], method: str) -> LoadedPage:
        """Check out the cart; return the page that follows, or the cart if it cannot be ordered."""
        buyer = find_row("buyers", wish.get("buyer", "B1"))
        region = wish.get("buyer_region", buyer["region"])[:2] + "0000"
        await browser.open("/cart")
        if "region" in dict(_list_fields(browser.current, "select")):
            await browser.submit("/cart", region=region)
        checkout = [each for each in browser.current.links() if each.startswith("/checkout")]
        if not checkout:
            return browser.current
        page = await browser.open(checkout[0])
        typed = {"who": buyer["name"], "tel": "17000009001"}
        if list_offered(page, "region")[1:]:
            typed |= {"region": region, "address": "样例路 1 号"}
        try:
            return await browser.submit("/checkout", method=method, typed=typed)
        except LeftSiteError:
            return await browser.open("/me/orders")

    async def place(self, wish: dict[str, Any], *, method: str) -> int:
        browser = self._browsers[wish["buyer"]]
        await self._fill_cart(browser, wish)
        await self._check_out(browser, wish, method)
        page = await browser.open("/me/orders")
        number = int(find_link(page, "/orders/[0-9]+").rpartition("/")[2])
        self._unpaid[wish["order"]] = await browser.open(f"/orders/{number}/pay")
        return number

    async def start_payment(self, order: str, method: str) -> None:
        placed = self._day.orders[order]
        browser = self._browsers[placed.buyer]
        page = await browser.open(f"/orders/{placed.number}/pay")
        if not any(form.attrs.get("action", "").endswith("/asked") for form in page.root.all("form")):
            await _submit_abroad(browser, f"/orders/{placed.number}/pay", method=method)

    async def receive(self, order: str) -> None:
        placed = self._day.orders[order]
        browser = self._browsers[placed.buyer]
        page = await browser.open(f"/orders/{placed.number}")
        actions = [
            action
            for form in page.root.all("form")
            if (action := form.attrs.get("action", "")).startswith(f"/orders/{placed.number}/receive/")
        ]
        assert actions, page.text
        for action in actions:
            await browser.open(f"/orders/{placed.number}")
            await browser.submit(action)

    async def claim_bad_fruit(self, order: str, *, bad: int, total: int) -> None:
        placed = self._day.orders[order]
        browser = self._browsers[placed.buyer]
        await browser.open(f"/orders/{placed.number}")
        form = await browser.open(find_link(browser.current, rf"/orders/{placed.number}/claim/1"))
        lines = list_offered(form, "line")
        await browser.submit(
            form.path, bad=str(bad), total=str(total), text="样例：坏了", line=lines[0],
            files={"photo": ("photo.jpg", make_photo(), "image/jpeg")},
        )  # fmt: skip
        seller = self._browsers[self._day.find_seller((await self._day.see(order))["suborders"][0]["producer_id"])]
        await seller.open("/farm/claims")
        page = await seller.open(find_link(seller.current, "/farm/claims/.*"))
        await seller.submit(page.path, press=("decision", "agree"))

    async def cancel(self, order: str) -> None:
        placed = self._day.orders[order]
        browser = self._browsers[placed.buyer]
        await browser.open(f"/orders/{placed.number}")
        page = await browser.open(find_link(browser.current, rf"/orders/{placed.number}/cancel.*"))
        await browser.submit(page.path.partition("?")[0])

    # Sending and receiving guests.

    async def _open_parcel(self, order: str, suborder: dict[str, Any]) -> PageClient:
        seller = self._browsers[self._day.find_seller(suborder["producer_id"])]
        await seller.open(f"/farm/sales?q={self._day.orders[order].number}")
        await seller.open(find_link(seller.current, "/farm/parcels/.*", words=suborder["code"]))
        return seller

    async def weigh(self, order: str, *, grams: int) -> None:
        [parcel] = (await self._day.see(order))["suborders"]
        seller = await self._open_parcel(order, parcel)
        path = seller.current.path + "/weight"
        await seller.submit(path, typed={"weight-1": format_kilograms(grams), "unit": "kg"})
        seen = await seller.submit(path, sure="1")
        assert "称好了，可以发了" in seen.text

    async def ship(self, order: str) -> None:
        for suborder in (await self._day.see(order))["suborders"]:
            seller = await self._open_parcel(order, suborder)
            seen = await seller.submit(seller.current.path, carrier="邮政", tracking=f"XA{suborder['code']}")
            assert "发出去了" in seen.text

    async def _find_code(self, order: str) -> str:
        placed = self._day.orders[order]
        text = (await self._browsers[placed.buyer].open(f"/orders/{placed.number}")).text
        found = re.search(r"入场码 (\d{4} \d{4})", text)
        assert found, text
        return found[1]

    async def check_in(self, order: str) -> None:
        [visit] = (await self._day.see(order))["suborders"]
        self._codes[order] = await self._find_code(order)
        host = self._browsers[self._day.find_seller(visit["producer_id"])]
        await host.open("/farm/guests")
        seen = await host.submit("/farm/guests", code=self._codes[order])
        assert f"{visit['lines'][0]['quantity']} 个" in seen.text

    async def place_at_once(self, names: Sequence[str], wish: dict[str, Any]) -> dict[str, int]:
        [(listing, quantity)] = wish["lines"]
        page = await self._browsers["B1"].open(f"/goods/{self._numbers[listing]}")
        [variant] = list_offered(page, "variant")
        buyer = find_row("buyers", "B1")
        typed = {
            "who": buyer["name"], "tel": "17000009001", "region": "130000", "address": "样例路 1 号",
            "method": "wechat",
        }  # fmt: skip

        async def fill(client: httpx.AsyncClient) -> dict[str, str]:
            # Two hundred pages are the same: only the fields of their forms are read, the pages are not checked.
            csrf = _find_hidden((await client.get("/cart")).text, "csrf")
            await client.post("/cart/goods", data={"csrf": csrf, "variant": variant, "n": str(quantity)})
            form = (await client.get("/checkout?region=130000")).text
            return {name: _find_hidden(form, name) for name in ("csrf", "key", "total")} | typed

        async def order(client: httpx.AsyncClient, filled: dict[str, str]) -> str:
            answer = await _press(lambda: client.post("/checkout", data=filled))
            if re.fullmatch(r"/orders/\d+/pay", answer.headers["location"]):
                return "placed"
            told = (await _press(lambda: client.get(answer.headers["location"]))).text
            return "waiting_for_payment" if _WAITING in told else "another answer"

        clients = [self._browsers[name].client for name in names]
        forms = [await fill(client) for client in clients]
        return Counter(await asyncio.gather(*map(order, clients, forms)))

    # What people see.

    async def read_units(self, listing: str) -> int:
        page = await self._browsers["B1"].open(f"/goods/{self._numbers[listing]}")
        found = re.search(r"还剩 ([\d,]+)", page.text)
        return int(found[1].replace(",", "")) if found else 0

    async def read_nights(self, listing: str, first: date, until: date) -> list[tuple[str, int]]:
        nights: list[tuple[str, int]] = []
        while first < until:
            path = f"/stays/{self._numbers[listing]}?from={first}&to={first + ONE_DAY}"
            page = await self._browsers["B1"].open(path)
            nights.append((str(first), len(list_offered(page, "rooms")) or 1))
            first += ONE_DAY
        return nights

    async def read_slots(self, listing: str) -> list[tuple[str, int]]:
        page = await self._browsers["B1"].open(f"/goods/{self._numbers[listing]}")
        return [
            (f"2019-{int(month):02d}-{int(day):02d}", int(free))
            for month, day, free in re.findall(r"(\d+)月(\d+)日[^，]*，还有 (\d+) 个名额", page.text)
        ]

    async def read_owed(self, producer: str) -> int:
        text = (await self._browsers[producer].open("/farm/money")).text
        found = re.search(r"该给您 ([\d,]+)\.(\d\d) 元", text)
        assert found, text
        return int(found[1].replace(",", "") + found[2])

    # What is refused.

    async def try_again(self, step: str, order: str) -> Attempt:
        placed = self._day.orders[order]
        buyer = self._browsers[placed.buyer]
        if step == "ship":
            [parcel] = (await self._day.see(order))["suborders"]
            seller = await self._open_parcel(order, parcel)
            assert not list_offered(seller.current, "tracking")
            return _read(seller.current)
        if step == "check in":
            [visit] = (await self._day.see(order))["suborders"]
            host = self._browsers[self._day.find_seller(visit["producer_id"])]
            await host.open("/farm/guests")
            return _read(await host.submit("/farm/guests", code=self._codes[order], status=409))
        buyer.page = self._unpaid[order]
        return _read(await buyer.submit(f"/orders/{placed.number}/pay", method="alipay"))

    async def try_order(self, wish: dict[str, Any]) -> Attempt:
        browser = self._browsers[wish.get("buyer", "B1")]
        if "coupon" in wish:
            # The checkout offers no used voucher, so the buyer tries to claim another one.
            await browser.open("/coupons")
            [number] = list_offered(browser.current, "number")
            return _read(await browser.submit("/coupons", number=number, status=409))
        if "slot" in wish:
            [(listing, _)] = wish["lines"]
            page = await browser.open(f"/goods/{self._numbers[listing]}")
            assert not list_offered(page, "slot")
            return _read(page)
        filled = await self._fill_cart(browser, wish)
        refused = _read(filled if filled.status != 200 else await self._check_out(browser, wish, "wechat"))
        await self._empty_cart(browser)
        return refused


def _list_fields(page: LoadedPage, kind: str = "input") -> list[tuple[str, str]]:
    """Return the names and the values of a page's fields of a kind."""
    return [(node.attrs.get("name", ""), node.attrs.get("value", "")) for node in page.root.all(kind)]


def _find_hidden(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, html
    return found[1]


def _choose_slot(page: LoadedPage, day: str) -> str:
    """Return the value of the slot on a day."""
    words = f"{int(day[5:7])}月{int(day[8:])}日"
    labels = [each for each in page.root.all("label") if words in each.text]
    [slot] = [node.attrs["value"] for each in labels for node in each.all("input")]
    return slot


def _read(page: LoadedPage) -> Attempt:
    return Attempt(page.status, page.text)


async def _submit_abroad(browser: PageClient, action: str, **typed: str) -> None:
    """Submit a form that may lead to the provider."""
    try:
        await browser.submit(action, typed=typed)
    except LeftSiteError:
        return

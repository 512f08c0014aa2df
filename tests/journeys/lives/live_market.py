"""A market in one browser: its people, its clock, its worker, its bank, and the ways in which money moves."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import asyncpg
from msgspec.structs import force_setattr
from playwright.async_api import Browser, BrowserContext

from market.people.identity.sessions import SESSION_LIFETIME
from market.service.web.account.demo_people import OFFICIALS
from market.service.worker.context import WorkerContext
from market.service.worker.polls import POLLS
from market.service.worker.schedules import SCHEDULES
from payments.sandbox import Sandbox
from tests.journeys.lives.person import PATIENCE_MS, Person
from tests.service.web.shop.checkout import ADDRESS

_DAILY = {
    "remind_of_unsent_parcels", "cancel_unsent_parcels", "remind_of_unpaid_balances", "lapse_unpaid_balances",
    "pay_out",
}  # fmt: skip
"""The schedules that act on sales."""
_NUMBER = re.compile(r"/orders/(\d+)")
_ARRIVED = re.compile(r"已到账 ([\d,.]+) 元")
_CODE = re.compile(r"验证码 (\d{6})，")
_BANK_PAGE = re.compile(r"/pay/(pi_\w+)")
_UNPAID = ("等您付款", "付款码", "正在确认")
"""What the page of an order says while a payment is open; the rest of a deposit may be due when it no longer is."""
_IS_CAPTURED = "SELECT captured_at IS NOT NULL FROM payments.payments WHERE provider_ref = $1"
_TRIES = 100
_FRESH = SESSION_LIFETIME / 2
"""For how long a session is used without signing in again; no test takes as long as the rest."""


class LiveMarket:
    """A running market, seen in one browser."""

    def __init__(
        self,
        address: str,
        context: WorkerContext,
        sandbox: Sandbox,
        browser: Browser,
        owner: "asyncpg.Connection[asyncpg.Record]",
        phones: dict[str, str],
        *,
        scripts: bool,
    ) -> None:
        self.address = address
        self.scripts = scripts
        self._context = context
        self._sandbox = sandbox
        self._browser = browser
        self._owner = owner
        self._phones = phones
        self._people: dict[str, Person] = {}
        self._signed_on: dict[str, date] = {}
        self._parcels = 0

    @property
    def today(self) -> date:
        """The business day of the market."""
        return self._context.clock.today()

    async def become(self, role: str) -> Person:
        """Return a person who is signed in: officials by a click on the demo's list each time, others by code."""
        person, official = self._people.get(role), role in OFFICIALS
        if person is not None and not official and self.today - self._signed_on[role] < _FRESH:
            return person
        self._signed_on[role] = self.today
        person = person or await self._give_phone(role)
        if official:
            await person.open("/demo/people")
            await person.submit("/demo/people", press=("who", role))
            return person
        await person.page.context.clear_cookies(name="session")
        await person.open("/sign-in")
        before = len(self._list_codes(role))
        await person.submit("/sign-in", phone=self._phones[role])
        for _ in range(_TRIES):
            await self.work()
            if codes := self._list_codes(role)[before:]:
                await person.submit("/sign-in/code", code=codes[0])
                return person
        raise AssertionError(f"{role} got no code")

    async def _give_phone(self, role: str) -> Person:
        context: BrowserContext = await self._browser.new_context(
            viewport={"width": 360, "height": 740}, java_script_enabled=self.scripts, locale="zh-CN"
        )
        context.set_default_timeout(PATIENCE_MS)
        self._people[role] = Person(await context.new_page(), self.address, scripts=self.scripts)
        return self._people[role]

    def list_texts(self, role: str) -> list[str]:
        """Return the messages to the phone of a person, oldest first."""
        path = Path(self._context.settings.sms_path)
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        return [line["text"] for line in lines if line["phone"] == self._phones[role]]

    def _list_codes(self, role: str) -> list[str]:
        """Return the one-time codes that were sent to a person, oldest first."""
        found = (_CODE.search(text) for text in self.list_texts(role))
        return [each[1] for each in found if each is not None]

    async def work(self) -> None:
        """Let the worker look once at everything that it polls."""
        for poll in POLLS:
            await poll.run(self._context)

    async def pass_time(self, *, days: int = 0, hours: int = 0) -> None:
        """Let time pass, a day at a time, and let the worker do what is due by then."""
        for step in [timedelta(days=1)] * days + [timedelta(hours=1)] * hours:
            clock = self._context.clock
            force_setattr(clock, "shift", clock.shift + step)
        # When to ask the carrier again is a time of the database server, which is not shifted.
        await self._owner.execute("UPDATE tracked_parcels SET next_at = clock_timestamp() WHERE next_at IS NOT NULL")
        await self.work()
        for schedule in SCHEDULES:
            if schedule.name in _DAILY:
                await schedule.run(self._context)
        await self.work()

    async def check_out(self, buyer: Person, **typed: str) -> str:
        """Order what is in the cart and pay at the bank; return the path of the order."""
        await buyer.open("/checkout?region=130000")
        visit = not await buyer.page.locator('form[action="/checkout"] [name="address"]').count()
        address = {name: value for name, value in ADDRESS.items() if name != "address"} if visit else dict(ADDRESS)
        if not await buyer.page.locator('form[action="/checkout"] select[name="region"]').count():
            del address["region"]
        await buyer.submit("/checkout", typed=address | {"method": "wechat"} | typed)
        return await self.pay(buyer)

    async def pay(self, buyer: Person) -> str:
        """Pay the open payment on the bank's page, and return the path of the order."""
        found = _NUMBER.search(buyer.page.url)
        assert found is not None, buyer.page.url
        order = found[0]
        await buyer.page.locator('main a:has-text("去微信付")').click()
        await buyer.page.wait_for_url("**/pay/pi_*")
        payment = _BANK_PAGE.search(buyer.page.url)
        assert payment is not None, buyer.page.url
        await buyer.page.locator('button:has-text("付款")').click()
        await buyer.page.locator('h1:has-text("付好了"), a:has-text("回到商家")').first.wait_for()
        text = ""
        for _ in range(_TRIES):
            await self.work()
            captured = await self._owner.fetchval(_IS_CAPTURED, payment[1])
            text = await buyer.open(order)
            if captured and not any(words in text for words in _UNPAID):
                return order
        raise AssertionError(f"{order} was not paid: {text}")

    async def ship(self, farmer: Person, words: str) -> str:
        """Send the waiting parcel with these words by post, and return its number."""
        await farmer.open("/farm/orders")
        await farmer.press(words)
        self._parcels += 1
        tracking = f"XA{200000000 + self._parcels}CN"
        text = await farmer.submit(farmer.path, carrier="邮政", tracking=tracking)
        assert "发出去了" in text
        return tracking

    async def arrive_payout(self, seller: Person) -> str:
        """Wait until what is owed may be paid out, and let the bank pay it; return the page of the seller's money."""
        before = _read_arrived(await seller.open("/farm/money"))
        await self.pass_time(days=9)
        text = ""
        for _ in range(_TRIES):
            for payout in (await self._sandbox.state())["payouts"]:
                if payout["status"] in {"pending", "in_transit"}:
                    await self._sandbox.set_payout(payout["id"], "paid")
            await self.work()
            text = await seller.open("/farm/money")
            if "正在打给您 0.00 元" in text and _read_arrived(text) > before:
                return text
        raise AssertionError(f"the payout did not arrive: {text}")


def _read_arrived(text: str) -> int:
    """Return what has arrived, in fen."""
    found = _ARRIVED.search(text)
    assert found is not None, text
    return int(found[1].replace(",", "").replace(".", ""))

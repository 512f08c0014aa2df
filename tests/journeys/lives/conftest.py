"""A market for the journeys: service, worker, bank and carriers in this process, with a clock that a test moves."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import date, timedelta

import asyncpg
import pytest
from msgspec.structs import force_setattr
from playwright.async_api import Browser, BrowserContext

from market.app import create_app
from market.demo.carrier.app import CarrierSandbox
from market.demo.carrier.app import create_app as create_carrier_app
from market.identity.models import Role
from market.jobs.context import WorkerContext
from market.jobs.polls import POLLS
from market.jobs.schedules import SCHEDULES
from market.kernel import open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.kernel.embedded import EmbeddedServer
from market.notify.ports import FilePort
from market.web.account.demo_people import OFFICIALS
from market.web.services import Services
from payments.sandbox import Sandbox, running
from payments.sandbox.server import running_app
from tests.conftest import clone_database, drop_database
from tests.journeys.lives.person import PATIENCE_MS, Person
from tests.support.app import build_settings
from tests.support.make import make_official
from tests.web.conftest import BUYER_PHONE, FARMER_PHONE, HOST_PHONE, a_village
from tests.web.desk.live import free_port, launch_chromium, serve_on_port
from tests.web.shop.checkout import ADDRESS

_OFFICIAL_PHONES = {
    Role.COUNTY: "17010007001", Role.FINANCE: "17010007002", Role.PLATFORM: "17010007003",
}  # fmt: skip
_DAILY = {
    "remind_of_unsent_parcels", "cancel_unsent_parcels", "remind_of_unpaid_balances", "lapse_unpaid_balances",
    "pay_out",
}  # fmt: skip
"""The schedules that act on sales."""
_CARRIER_KEY, _CARRIER_SECRET = "carrier-key", "carrier secret of the journeys"
_NUMBER = re.compile(r"/orders/(\d+)")
_ARRIVED = re.compile(r"已到账 ([\d,.]+) 元")
_TRIES = 100
_FRESH = timedelta(days=7)
"""For how long a session is used without signing in again."""


class LiveMarket:
    """A running market, seen in one browser."""

    def __init__(
        self,
        address: str,
        context: WorkerContext,
        sandbox: Sandbox,
        browser: Browser,
        owner: "asyncpg.Connection[asyncpg.Record]",
        *,
        scripts: bool,
    ) -> None:
        self.address = address
        self.scripts = scripts
        self._context = context
        self._sandbox = sandbox
        self._browser = browser
        self._owner = owner
        self._people: dict[str, Person] = {}
        self._signed_on: dict[str, date] = {}
        self._parcels = 0

    @property
    def today(self) -> date:
        """The business day of the market."""
        return self._context.clock.today()

    async def become(self, role: str) -> Person:
        """Return a person, who signs in by a click on the demo's list; officials do so each time, as they idle out."""
        person = self._people.get(role)
        if person is None:
            context: BrowserContext = await self._browser.new_context(
                viewport={"width": 360, "height": 740}, java_script_enabled=self.scripts, locale="zh-CN"
            )
            context.set_default_timeout(PATIENCE_MS)
            person = Person(await context.new_page(), self.address, scripts=self.scripts)
            self._people[role] = person
        elif role not in OFFICIALS and self.today - self._signed_on[role] < _FRESH:
            return person
        self._signed_on[role] = self.today
        await person.open("/demo/people")
        await person.submit("/demo/people", press=("who", role))
        return person

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
        await buyer.page.locator('button:has-text("付款")').click()
        await buyer.page.locator('h1:has-text("付好了"), a:has-text("回到商家")').first.wait_for()
        text = ""
        for _ in range(_TRIES):
            await self.work()
            text = await buyer.open(order)
            if "等您付款" not in text and "付款码" not in text and "正在确认" not in text:
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
        if await seller.page.locator('main:has-text("还没有收款账户")').count():
            await seller.submit("/farm/money/account", number="6222000000123456")
        await self.pass_time(days=9)
        for payout in (await self._sandbox.state())["payouts"]:
            if payout["status"] in {"pending", "in_transit"}:
                await self._sandbox.set_payout(payout["id"], "paid")
        text = ""
        for _ in range(_TRIES):
            await self.work()
            text = await seller.open("/farm/money")
            if "正在打给您 0.00 元" in text:
                assert _read_arrived(text) > before
                return text
        raise AssertionError(f"the payout did not arrive: {text}")


def _read_arrived(text: str) -> int:
    """Return what has arrived, in fen."""
    found = _ARRIVED.search(text)
    assert found is not None, text
    return int(found[1].replace(",", "").replace(".", ""))


@pytest.fixture(scope="session", params=[True, False], ids=["scripts", "plain"])
async def market(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[LiveMarket]:
    """A market of two producers of goods and a homestay, with officials, for one way of browsing."""
    name, folder, port = await clone_database(server, template), tmp_path_factory.mktemp("lives"), free_port()
    address, clock = f"http://127.0.0.1:{port}", Clock()
    carriers = CarrierSandbox(clock.now, key_id=_CARRIER_KEY, secret=_CARRIER_SECRET)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sandbox = await enter(running(webhook_url=f"{address}/payments/webhook"))
        settings = build_settings(
            server.dsn(name), folder, public_url=address, demo=True, stripe_base=sandbox.url,
            stripe_webhook_secret=sandbox.secret, carrier_url=await enter(running_app(create_carrier_app(carriers))),
            carrier_key_id=_CARRIER_KEY, carrier_key_secret=_CARRIER_SECRET,
        )  # fmt: skip
        database = await open_database(server.dsn(name), role=APP_ROLE, max_size=2)
        await a_village(database, None, settings)
        async with database.transaction() as conn:
            for role, phone in _OFFICIAL_PHONES.items():
                scope = "13" if role is Role.PLATFORM else "130624"
                await make_official(conn, role, scope, name=f"样例{role}", phone=phone)
        await database.close()
        phones = {"buyer": BUYER_PHONE, "farmer": FARMER_PHONE, "host": HOST_PHONE} | {
            str(role): phone for role, phone in _OFFICIAL_PHONES.items()
        }
        people = [{"role": role, "phone": phone, "name": role} for role, phone in phones.items()]
        (folder / "demo.json").write_text(json.dumps({"accounts": people}))
        app = create_app(settings)
        await enter(serve_on_port(app, port, works=False))
        services: Services = app.state["market"]
        carriers.now = services.clock.now
        context = WorkerContext(
            settings, services.db, services.clock, services.seal, services.gateway, FilePort(folder / "sms.jsonl"),
            services.files, services.carriers,
        )  # fmt: skip
        owner = await asyncpg.connect(server.dsn(name))
        stack.push_async_callback(owner.close)
        browser = await enter(launch_chromium())
        yield LiveMarket(address, context, sandbox, browser, owner, scripts=request.param)
    await drop_database(server, name)

"""A market for the journeys: service, worker, bank and carriers in this process, with a clock that a test moves."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from market.kernel import open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer
from market.people.identity.models import Role
from market.people.notify.ports import FilePort
from market.service.app import create_app
from market.service.demo.carrier.app import CarrierSandbox
from market.service.demo.carrier.app import create_app as create_carrier_app
from market.service.web.services import Services
from market.service.worker.context import WorkerContext
from payments.sandbox import running
from payments.sandbox.server import running_app
from tests.conftest import clone_database, drop_database
from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.opening import open_shops
from tests.service.web.conftest import BUYER_PHONE, FARMER_PHONE, HOST_PHONE
from tests.service.web.desk.live import free_port, serve_on_port
from tests.support.app import build_settings
from tests.support.chromium import launch_chromium
from tests.support.make import make_official

_OFFICIAL_PHONES = {
    Role.COUNTY: "17010007001", Role.FINANCE: "17010007002", Role.PLATFORM: "17010007003", Role.VILLAGE: "17010007004",
}  # fmt: skip
_CARRIER_KEY, _CARRIER_SECRET = "carrier-key", "carrier secret of the journeys"


@pytest.fixture(scope="session", params=[True, False], ids=["scripts", "plain"])
async def market(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[LiveMarket]:
    """A market whose shops opened on its pages, for one way of browsing; its officials are made as by the command."""
    name, folder, port = await clone_database(server, template), tmp_path_factory.mktemp("lives"), free_port()
    address, clock = f"http://127.0.0.1:{port}", Clock()
    carriers = CarrierSandbox(clock.now, key_id=_CARRIER_KEY, secret=_CARRIER_SECRET)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sandbox = await enter(running(webhook_url=f"{address}/payments/webhook"))
        settings = build_settings(
            server.dsn(name), folder, public_url=address, demo=True, stripe_base=sandbox.url,
            stripe_webhook_secret=sandbox.secret, carrier_url=await enter(running_app(create_carrier_app(carriers))),
            carrier_key_id=_CARRIER_KEY, carrier_key_secret=_CARRIER_SECRET, sms_path=str(folder / "sms.jsonl"),
        )  # fmt: skip
        database = await open_database(server.dsn(name), role=APP_ROLE, max_size=2)
        async with database.transaction() as conn:
            # Not on the page 办事人员: its accounts are no samples, so an official would sign in by message and second
            # factor, which counts once in 30 s, at each turn of a journey. The tests of the desk's officials walk it.
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
            settings, services.db, services.clock, services.seal, services.gateway, FilePort(Path(settings.sms_path)),
            services.files, services.carriers,
        )  # fmt: skip
        owner = await asyncpg.connect(server.dsn(name))
        stack.push_async_callback(owner.close)
        browser = await enter(launch_chromium())
        market = LiveMarket(address, context, sandbox, browser, owner, phones, scripts=request.param)
        await open_shops(market)
        yield market
    await drop_database(server, name)

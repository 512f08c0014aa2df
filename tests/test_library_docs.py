"""The examples of docs/library.md, run as written."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar, Response, Router, get
from litestar.di import NamedDependency

from market import Market, Settings
from market.catalogue.listings.listing_sheet import make_template_rows, write_listing_file
from market.kernel import Database
from market.kernel.clock import get_business_day
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Role
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.address import seal_address
from market.sales.payouts.account import enter_payout_account
from market.service.demo.carrier.app import CarrierSandbox, create_app
from market.service.demo.carrier.routes import SandboxParcel
from payments import AccountKind, receive
from payments.sandbox import running
from payments.sandbox.server import running_app
from payments.stripe import Stripe
from payments.testing import GatewayHarness
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove, grove, make_photo
from tests.story.test_cases import CASES
from tests.support.app import SECRET
from tests.support.carriers import KEY_ID, MovedClock, carrier_clock, carrier_sandbox
from tests.support.carriers import SECRET as CARRIER_SECRET
from tests.support.examples import EXAMPLES, PAGE, Sold, received, run_example, sold
from tests.support.make import (
    add_member,
    load_actor,
    load_owner,
    make_account,
    make_activity,
    make_freight_template,
    make_official,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.sandbox_payments import list_messages
from tests.support.shop import BUYER_ADDRESS, Shopping, make_october_nights, shopping

__all__ = [
    "carrier_clock", "carrier_sandbox", "gateway", "grove", "provider", "received", "sandbox", "shopping", "sold",
]  # fmt: skip


async def test_the_subsidy_engine(capsys: pytest.CaptureFixture[str]) -> None:
    await run_example("Subsidy engine", path=CASES / "2019-01.json")
    assert capsys.readouterr().out.splitlines() == [
        "1384",
        "2019-01-01..2019-01-15: 15 of 31 days × 19.00",
        "2019-01-16..2019-01-31: 16 of 31 days × 9.00",
        "19.00: charge 38.00 less 19.00, 50% of it rounded down, which the household pays",
        "9.00: charge 18.00 less 9.00, 50% of it rounded down, which the household pays",
        "entitled 13.84: 1383 27/31 fen, rounded half up",
        "claimed 13.84: approved 13.84, over 0.00, under 0.00",
        "borne by operator 70% 9.69, county 30% 4.15",
    ]


async def test_the_shop_without_http(database: Database, dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
        await make_freight_template(conn, product.producer_id)
        buyer = await make_account(conn)
    await run_example("Shop without HTTP", dsn=dsn, secret=SECRET, buyer=buyer, variant=product.variant_id)
    async with database.connection() as conn:
        [placed] = await conn.fetch("SELECT number, total_fen FROM orders")
    assert capsys.readouterr().out.split() == [str(placed["number"]), str(placed["total_fen"])]


async def test_a_person_who_acts(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
        owner = await load_owner(conn, product.producer_id)
    names = await run_example("A person who acts", db=database, farmer_id=owner.account_id, today=NOW.date())
    assert names["producer"] == product.producer_id


async def test_the_catalogue(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn)
        farmer = await load_owner(conn, producer)
    content = write_listing_file(make_template_rows(), FileFormat.CSV)
    await run_example(
        "Catalogue", db=database, farmer=farmer, producer=producer, content=content, now=NOW, today=NOW.date()
    )
    assert capsys.readouterr().out == "1 1 [('样例大枣 礼箱', 4500)] None\n"


async def test_slots_and_stays(shopping: Shopping, capsys: pytest.CaptureFixture[str]) -> None:
    async with shopping.db.transaction() as conn:
        producer = await make_producer(conn, kind="homestay")
        activity = await make_activity(conn, producer, days=())
        stay = await make_stay(conn, producer)
        host = await load_owner(conn, producer)
    await run_example(
        "Slots and stays",
        db=shopping.db,
        host=host,
        activity=activity.listing_id,
        ticket=activity.variant_id,
        stay=stay.listing_id,
        buyer=shopping.buyer.account_id,
        day=NOW.date() + timedelta(days=20),
        address=seal_address(shopping.seal, BUYER_ADDRESS),
        now=NOW,
    )
    assert capsys.readouterr().out == "9000 56000\n"


async def test_coupons(shopping: Shopping, capsys: pytest.CaptureFixture[str]) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
        await make_freight_template(conn, product.producer_id)
        farmer = await load_owner(conn, product.producer_id)
    await run_example(
        "Coupons",
        db=shopping.db,
        farmer=farmer,
        producer=product.producer_id,
        variant=product.variant_id,
        buyer=shopping.buyer,
        address=seal_address(shopping.seal, BUYER_ADDRESS),
        today=get_business_day(NOW),
        now=NOW,
    )
    assert capsys.readouterr().out == "8500\n"


async def test_the_payment_of_an_order(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    async def buyer_pays(address: str) -> None:
        ref = address.rpartition("/")[2]
        await shopping.sandbox.pay(ref)
        for headers, body in await list_messages(shopping.sandbox, ref):
            await receive(shopping.db, shopping.gateway, headers, body)

    await run_example(
        "Payment of an order",
        db=shopping.db,
        gateway=shopping.gateway,
        seal=shopping.seal,
        buyer=shopping.buyer,
        order=sold.order,
        buyer_pays=buyer_pays,
        now=NOW,
    )
    assert capsys.readouterr().out == "paid [<SuborderState.PAID: 'paid'>]\n"


async def test_after_the_sale(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    async with shopping.db.transaction() as conn:
        photo = await make_photo(conn, shopping.buyer)
    await run_example(
        "After the sale",
        db=shopping.db,
        gateway=shopping.gateway,
        seal=shopping.seal,
        farmer=sold.farmer,
        buyer=shopping.buyer,
        paid=await shopping.see(sold.order),
        photo=photo,
        now=NOW,
    )
    assert capsys.readouterr().out == "900\n"


async def test_returns(shopping: Shopping, received: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await run_example(
        "Returns",
        db=shopping.db,
        gateway=shopping.gateway,
        seal=shopping.seal,
        farmer=received.farmer,
        buyer=shopping.buyer,
        received=await shopping.see(received.order),
        now=NOW,
    )
    assert capsys.readouterr().out == "3200 refunded\n"


async def test_complaints(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    [parcel] = (await shopping.see(sold.order)).suborders
    await run_example(
        "Complaints",
        db=shopping.db,
        seal=shopping.seal,
        farmer=sold.farmer,
        buyer=shopping.buyer,
        parcel=parcel,
        now=NOW,
    )
    assert capsys.readouterr().out == "4 days, 15:00:00 solved\n"


async def test_mediation(grove: Grove, capsys: pytest.CaptureFixture[str]) -> None:
    await grove.receive()
    claim = await grove.claim(20, 100)
    await grove.answer(claim.case_id, agree=False, reason="装箱时都是好的")
    await grove.decide(claim.case_id, bad=0, reason="看不出烂")
    async with grove.shopping.db.transaction() as conn:
        mediator = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    await run_example(
        "Mediation",
        db=grove.shopping.db,
        gateway=grove.shopping.gateway,
        seal=grove.shopping.seal,
        buyer=grove.shopping.buyer,
        farmer=grove.owner,
        mediator=mediator,
        refused_claim=claim.case_id,
        now=NOW + timedelta(days=1),
    )
    assert capsys.readouterr().out == "1920 960\n"


async def test_carriers(
    shopping: Shopping,
    sold: Sold,
    carrier_clock: MovedClock,
    carrier_sandbox: CarrierSandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await shopping.pay(sold.order)
    [parcel] = (await shopping.see(sold.order)).suborders
    sent_at, number = carrier_clock.set(hours=1), "ZT0000001"
    async with shopping.db.transaction() as conn:
        await ship_suborder(conn, shopping.seal, sold.farmer, parcel.id, carrier="中通", tracking=number, now=sent_at)
    carrier_sandbox.parcels["zto", number] = SandboxParcel("zto", number, sent_at, speed=1, push="")
    async with running_app(create_app(carrier_sandbox)) as url:
        await run_example(
            "Carriers",
            db=shopping.db,
            seal=shopping.seal,
            buyer=shopping.buyer,
            parcel=parcel,
            url=url,
            key_id=KEY_ID,
            secret=CARRIER_SECRET,
            now=carrier_clock.set(hours=11),
        )
    assert capsys.readouterr().out == (
        "1 moving [(<TrackingStep.ACCEPTED: 'accepted'>, '快递员在寄件的地方收了'),"
        " (<TrackingStep.MOVED: 'moved'>, '到了寄件地的分拣中心')]\n"
    )


async def test_visits(shopping: Shopping, capsys: pytest.CaptureFixture[str]) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    await run_example(
        "Visits",
        db=shopping.db,
        seal=shopping.seal,
        host=host,
        booking=(await shopping.see(order)).suborders[0].bookings[0],
        arrival=datetime.fromisoformat("2019-10-03T15:00:00+08:00"),
    )
    assert capsys.readouterr().out == (
        "1 [<ScanOutcome.ADMITTED: 'admitted'>, <ScanOutcome.AGAIN: 'again'>]"
        " [('Sample Guest', datetime.date(2019, 11, 4))]\n"
    )


async def test_payouts(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, sold.order.id, positions=[1], now=NOW)
    await run_example(
        "Payouts",
        db=shopping.db,
        gateway=shopping.gateway,
        seal=shopping.seal,
        farmer=sold.farmer,
        producer=sold.producer,
        now=NOW,
    )
    assert capsys.readouterr().out == "3456 11120 0 11120\n"


async def test_the_change_of_a_payout_account(
    shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]
) -> None:
    async with shopping.db.transaction() as conn:
        partner = await add_member(conn, sold.producer, "样例合伙人")
    await enter_payout_account(
        shopping.db, shopping.gateway, shopping.seal, sold.farmer, sold.producer,
        kind=AccountKind.BANK, number="6222000000123456", now=NOW,
    )  # fmt: skip
    await run_example(
        "Change of a payout account",
        db=shopping.db,
        gateway=shopping.gateway,
        seal=shopping.seal,
        farmer=sold.farmer,
        partner=partner,
        producer=sold.producer,
        now=NOW,
    )
    assert capsys.readouterr().out == "waiting 4321 [0, 1]\n"


async def test_the_ledger(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    await run_example("Ledger", db=shopping.db, paid=await shopping.see(sold.order))
    assert capsys.readouterr().out == f"{{'escrow:{sold.order.number}-1': 11300}} 0 []\n"


async def test_inside_a_litestar_application() -> None:
    @get("/hello", sync_to_thread=False)
    def my_routes() -> str:
        return "hello"

    names = await run_example("Inside a Litestar application", my_routes=my_routes)
    app = cast("Litestar", names["app"])
    assert {"/hello", "/", "/api/v1/orders"} <= {route.path for route in app.routes}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", app)), base_url="http://shop.test") as http:
        assert (await http.get("/hello")).text == "hello"


async def test_a_router_keeps_what_the_plugin_replaces_in_the_application() -> None:
    @get("/own")
    async def show(db: NamedDependency[str]) -> str:
        return db

    @get("/fails")
    async def fail() -> None:
        raise ValueError

    async def provide_own_db() -> str:
        return "own"

    def answer(_request: Any, _error: Exception) -> Response[str]:
        return Response("handled", status_code=418)

    own = Router(
        path="/",
        route_handlers=[show, fail],
        dependencies={"db": provide_own_db},
        exception_handlers={ValueError: answer},
    )
    app = Litestar(route_handlers=[own], plugins=[Market(Settings.from_env({}))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", app)), base_url="http://shop.test") as http:
        answers = [await http.get(path) for path in ("/own", "/fails")]
    assert [(each.status_code, each.text) for each in answers] == [(200, "own"), (418, "handled")]
    told = PAGE.partition("the dependencies ")[2].partition(", the handlers")[0]
    assert sorted(re.findall("`(.*?)`", told)) == sorted(app.dependencies)


async def test_tests_of_your_own_application() -> None:
    names = await run_example("Tests of your own application")
    outcomes = cast("list[str]", names["outcomes"])
    assert (outcomes.count("placed"), outcomes.count("waiting_for_payment"), len(outcomes)) == (50, 150, 200)


async def test_a_gateway_of_your_own() -> None:
    @asynccontextmanager
    async def make_harness() -> AsyncGenerator[GatewayHarness]:
        async with running() as sandbox, Stripe("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:

            async def message(ref: str) -> tuple[Mapping[str, str], bytes]:
                return (await list_messages(sandbox, ref))[-1]

            yield GatewayHarness(gateway, sandbox.pay, message)

    names = await run_example("A gateway of your own", make_harness=make_harness)
    assert names["checks"] == 8


def test_every_example_has_a_test() -> None:
    files = Path(__file__).parent.glob("test_library_docs*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert sorted(re.findall(r'run_example\(\s*"([^"]+)"', text)) == sorted(EXAMPLES)

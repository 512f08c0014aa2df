"""The library's public surface, and the examples of docs/library.md, run as written."""

import ast
import importlib
import re
import textwrap
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, get
from msgspec import Struct

from market.aftersales.receive import confirm_receipt
from market.catalogue.listing_sheet import make_template_rows, write_listing_file
from market.identity.models import Actor
from market.kernel import Database
from market.kernel.clock import get_business_day
from market.orders.address import seal_address
from market.orders.models import PlacedOrder
from market.sheets.write_spreadsheet import FileFormat
from payments import receive
from payments.sandbox import running
from payments.stripe import Stripe
from payments.testing import GatewayHarness
from tests.aftersales.test_bad_fruit import make_photo
from tests.conftest import NOW
from tests.story.test_cases import CASES
from tests.support.app import SECRET
from tests.support.make import (
    load_owner,
    make_account,
    make_activity,
    make_freight_template,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.sandbox_payments import list_messages
from tests.support.shop import BUYER_ADDRESS, Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/library.md").read_text(encoding="utf-8")
MODULES = re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)
EXAMPLES = {
    heading: example
    for section in PAGE.split("\n## ")[1:]
    for heading in [section.partition("\n")[0]]
    for example in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
}
INTERNAL = {"market.kernel"}
"""Packages that re-export names for the packages above them; not part of the surface."""


async def run_example(heading: str, **names: object) -> dict[str, object]:
    body = textwrap.indent(EXAMPLES[heading], "    ")
    exec(f"async def example(names):\n    globals().update(names)\n{body}\n    names.update(locals())", names)
    await cast("Callable[[dict[str, object]], Awaitable[None]]", names["example"])(names)
    return names


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


class Sold(Struct, frozen=True):
    """Two boxes of 45.00 that were ordered, and their seller."""

    farmer: Actor
    producer: UUID
    order: PlacedOrder


@pytest.fixture
async def sold(shopping: Shopping) -> Sold:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
        await make_freight_template(conn, product.producer_id)
        farmer = await load_owner(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 2)])
    return Sold(farmer, product.producer_id, order)


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


async def test_payouts(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, sold.order.id, now=NOW)
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
    assert re.findall(r'run_example\(\s*"([^"]+)"', Path(__file__).read_text(encoding="utf-8")) == list(EXAMPLES)


@pytest.mark.parametrize("module", MODULES)
def test_the_public_names_exist_and_are_sorted(module: str) -> None:
    loaded = importlib.import_module(module)
    names = list(loaded.__all__)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_no_other_package_re_exports_names() -> None:
    found: set[str] = set()
    for path in [*(ROOT / "market").rglob("__init__.py"), *(ROOT / "payments").rglob("__init__.py")]:
        tree = ast.parse(path.read_bytes())
        loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        imported = {
            alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        if imported - loaded:
            found.add(".".join(path.relative_to(ROOT).parent.parts))
    packages = {module for module in MODULES if (ROOT / module.replace(".", "/")).is_dir()}
    assert found - INTERNAL == packages - {"market"}


def test_the_packages_import_from_the_defining_modules() -> None:
    faces = {module for module in MODULES if module.startswith("market.")} - {"market.testing"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "market").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom)
        and node.module in faces
        and {alias.name for alias in node.names} & set(importlib.import_module(str(node.module)).__all__)
    ]
    assert found == []

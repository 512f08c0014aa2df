"""The examples of docs/library.md about packages, and about what follows a sale besides its money."""

from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from market.catalogue.trace.rules import write_payload
from market.kernel.clock import get_business_day
from market.people.identity.models import Role
from market.sales.orders.address import seal_address
from market.sales.orders.models import PlacedOrder
from market.sales.pickup_points.models import NewPickupPoint
from market.sales.pickup_points.register import add_point
from tests.catalogue.trace.test_rules import FACTS, KEYS, sign
from tests.conftest import NOW
from tests.support.examples import Sold, received, run_example, sold
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_freight_template,
    make_official,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import BUYER_ADDRESS, Shopping, shopping

__all__ = ["gateway", "provider", "received", "sandbox", "shopping", "sold"]


async def test_packages(shopping: Shopping, capsys: pytest.CaptureFixture[str]) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        await make_freight_template(conn, product.producer_id)
        stay = await make_stay(conn, await make_producer(conn, kind="homestay", name="样例农家院"))
        farmer, host = [await load_owner(conn, each.producer_id) for each in (product, stay)]
    await run_example(
        "Packages",
        db=shopping.db,
        seal=shopping.seal,
        farmer=farmer,
        producer=product.producer_id,
        box=product.variant_id,
        host=host,
        homestay=stay.producer_id,
        room=stay.variant_id,
        buyer=shopping.buyer,
        address=seal_address(shopping.seal, BUYER_ADDRESS),
        day=get_business_day(NOW) + timedelta(days=20),
        now=NOW,
    )
    assert capsys.readouterr().out == "30000 31400 [('样例农家院', 26000), ('样例枣园', 4000)]\n"


async def test_conversations(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    [parcel] = (await shopping.see(sold.order)).suborders
    await run_example(
        "Conversations",
        db=shopping.db,
        seal=shopping.seal,
        farmer=sold.farmer,
        buyer=shopping.buyer,
        parcel=parcel,
        now=NOW,
    )
    assert capsys.readouterr().out == "1 [('seller', '今天就发。'), ('buyer', '周末前能发吗？')]\n"


async def test_pickups(shopping: Shopping, capsys: pytest.CaptureFixture[str]) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        await make_freight_template(conn, product.producer_id)
        keeper = await load_actor(conn, await make_account(conn, name="样例点长", phone="17000007701"))
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        new = NewPickupPoint(
            division_code="130624107000", name="样例自提点", address="样例街 1 号", phone="0312-7000001",
            hours="早 8 点到晚 6 点", keeper_phone="17000007701",
        )  # fmt: skip
        await add_point(conn, shopping.seal, official, "130624", new, now=NOW)
    names = await run_example(
        "Pickups",
        db=shopping.db,
        seal=shopping.seal,
        buyer=shopping.buyer,
        keeper=keeper,
        box=product.variant_id,
        buyer_pays=shopping.pay,
        now=NOW,
    )
    order = cast("PlacedOrder", names["order"])
    assert capsys.readouterr().out == f"样例买家 2019-09-27 {order.number}-1\n"


async def test_reviews(shopping: Shopping, received: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    [parcel] = (await shopping.see(received.order)).suborders
    await run_example(
        "Reviews",
        db=shopping.db,
        seal=shopping.seal,
        farmer=received.farmer,
        buyer=shopping.buyer,
        parcel=parcel,
        now=NOW,
    )
    assert capsys.readouterr().out == "[(5, '小米很香', '谢谢，吃好再来。')]\n"


async def test_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(msgspec.json.encode(KEYS))
    await run_example("Labels", path=path, scanned="https://market.example" + sign(write_payload(FACTS)))
    assert capsys.readouterr().out == "香菇 2500 2019-09-20 28\n"


async def test_invoices(shopping: Shopping, sold: Sold, capsys: pytest.CaptureFixture[str]) -> None:
    await shopping.pay(sold.order)
    [parcel] = (await shopping.see(sold.order)).suborders
    await run_example(
        "Invoices",
        db=shopping.db,
        seal=shopping.seal,
        farmer=sold.farmer,
        buyer=shopping.buyer,
        parcel=parcel,
        today=get_business_day(NOW),
        now=NOW,
    )
    assert capsys.readouterr().out == "issue 11300 11300 none\n"

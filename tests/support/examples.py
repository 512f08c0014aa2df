"""The examples of docs/library.md, and sales for them."""

import re
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from msgspec import Struct

from market.people.identity.models import Actor
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.models import PlacedOrder
from tests.conftest import NOW
from tests.support.make import load_owner, make_freight_template, make_product
from tests.support.shop import Shopping

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/library.md").read_text(encoding="utf-8")
EXAMPLES = {
    heading: example
    for section in PAGE.split("\n## ")[1:]
    for heading in [section.partition("\n")[0]]
    for example in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
}


async def run_example(heading: str, **names: object) -> dict[str, object]:
    """Run the example under a heading as written, with these names; return them with those that it sets."""
    body = textwrap.indent(EXAMPLES[heading], "    ")
    exec(f"async def example(names):\n    globals().update(names)\n{body}\n    names.update(locals())", names)
    await cast("Callable[[dict[str, object]], Awaitable[None]]", names["example"])(names)
    return names


class Sold(Struct, frozen=True):
    """Two boxes of 45.00 that were ordered, and their seller."""

    farmer: Actor
    producer: UUID
    order: PlacedOrder


@pytest.fixture
async def sold(shopping: Shopping) -> Sold:
    """Order two boxes."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
        await make_freight_template(conn, product.producer_id)
        farmer = await load_owner(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 2)])
    return Sold(farmer, product.producer_id, order)


@pytest.fixture
async def received(shopping: Shopping) -> Sold:
    """Receive a parcel with two bags of 32.00 that may be sent back."""
    async with shopping.db.transaction() as conn:
        millet = await make_product(conn, price_fen=32_00, category="grain")
        await make_freight_template(conn, millet.producer_id)
        farmer = await load_owner(conn, millet.producer_id)
    order = await shopping.place([(millet.variant_id, 2)])
    await shopping.pay(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    return Sold(farmer, millet.producer_id, order)

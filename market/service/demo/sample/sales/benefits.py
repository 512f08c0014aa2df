"""Who gains from what two shops of the demo sell: rules by file before the sales, recorded as parcels were received."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Query
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import FARMER_PHONE
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.benefits.models import HouseholdLink
from market.villages.benefits.record import record_next_change
from market.villages.benefits.rules_file import import_benefit_rules
from market.villages.benefits.views import link_household


class _SampleListing(Struct, frozen=True):
    number: int
    title: str


LIST_SHOP_GOODS = Query(
    _SampleListing,
    "SELECT number, title FROM listings WHERE producer_id = :producer_id AND state = 'live' ORDER BY number LIMIT 20",
)
_HOUSEHOLDS = 12
_OWNERS = 10
"""Of the farmer's shop: as many households as a sum of a village takes to be shown."""


async def play_rules(sales: SaleSimulation) -> None:
    """Import the rules of the farmer's shop and of the host's, a month and more before the sales."""
    growers = [f"户{number:02d},卖货,5%" for number in range(1, _HOUSEHOLDS + 1)]
    owners = [f"户{number:02d},分红,4%" for number in range(1, _OWNERS + 1)]
    await _import(sales, sales.farmer, [*growers, *owners])
    parts = [100 // _HOUSEHOLDS + (number < 100 % _HOUSEHOLDS) for number in range(_HOUSEHOLDS)]
    share = [f"户{number:02d},分红,{part}%" for number, part in enumerate(parts, 1)]
    await _import(sales, sales.host, share)


async def play_benefits(sales: SaleSimulation) -> None:
    """Record what was received, and let the farmer see a household."""
    while await record_next_change(sales.conn, now=sales.ago(days=0)):
        pass
    shop: UUID = sales.farmer.producers[0]
    await link_household(sales.conn, sales.seal, sales.farmer, shop, HouseholdLink(code="户01", phone=FARMER_PHONE))


async def _import(sales: SaleSimulation, seller: Actor, rows: list[str]) -> None:
    shop = seller.producers[0]
    goods = await LIST_SHOP_GOODS.all(sales.conn, producer_id=shop)
    lines = ["商品,户编号,方式,比例", *(f"{each.number},{row}" for each in goods for row in rows)]
    await import_benefit_rules(
        sales.conn, seller, shop, name="受益.csv", content="\n".join(lines).encode(), dry_run=False,
        now=sales.ago(days=400),
    )  # fmt: skip

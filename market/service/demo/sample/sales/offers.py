"""Sample offers beyond a price and a stock: by weight, before the harvest, cheaper by number; a farm that is closed."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.presale import PresaleTerms, set_presale
from market.catalogue.listings.publish import NewProduct, publish_product
from market.catalogue.listings.tier_prices import PriceTerms, TierPrice, set_price_terms
from market.catalogue.producers.closures import ClosureReason, NewClosure
from market.kernel import Fen, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import AccountId
from market.sales.aftersales.close_farm import close_farm
from market.sales.aftersales.weigh import WeighedLine, weigh_parcel
from market.sales.coupons.claim import claim_voucher
from market.sales.orders.models import Line, VariantId
from market.service.demo.sample.sales.simulation import SaleSimulation, SampleOffer

_WEIGHED, _PRESOLD = "革新庄红薯（按重量算）", "革新庄新红枣（预售）"
_CLOSED_DAYS = timedelta(days=5)


class _RivalFarm(Struct, frozen=True):
    producer_id: UUID
    owner_id: AccountId


# Another household of the demo's county that sells what the demo's farmer sells.
FIND_RIVAL_FARM = Query(
    _RivalFarm,
    """
    SELECT p.id AS producer_id, member.account_id AS owner_id
      FROM producers p
      JOIN listings ON listings.producer_id = p.id
      JOIN producer_members member ON member.producer_id = p.id AND member.role = 'owner'
     WHERE title = :title AND listings.state = 'live' AND p.id <> ALL(:own::uuid[])
     ORDER BY p.number LIMIT 1
    """,
)
GET_PLATFORM_COUPON = Query(int, "SELECT number FROM coupons WHERE bearer = 'platform' ORDER BY number LIMIT 1")


async def play_offers(sales: SaleSimulation) -> None:
    """Add every kind of offer and what was ordered of it."""
    await _sell_by_weight(sales)
    await _sell_before_harvest(sales)
    await _lower_prices_by_number(sales)
    await _close_rival_farm(sales)
    number = await GET_PLATFORM_COUPON.one(sales.conn)
    await claim_voucher(sales.conn, sales.buyer, number=number, now=sales.now)


async def _publish(
    sales: SaleSimulation, title: str, *, category: str, unit: str, price_fen: int, ceiling_bp: int | None = None
) -> SampleOffer:
    at = sales.ago(days=25)
    published = await publish_product(
        sales.conn,
        sales.farmer,
        NewProduct(
            title=title,
            story="自己家地里的。（样例）",
            category=category,
            unit=unit,
            price_fen=price_fen,
            quantity=60,
            harvest_months=[9, 10],
            photo_id=await sales.add_drawing(sales.farmer, "", title, at=at),
            ceiling_bp=ceiling_bp,
        ),
        now=at,
    )
    return SampleOffer(published.listing_id, published.variant_id, Fen(price_fen))


async def _sell_by_weight(sales: SaleSimulation) -> None:
    """Sell a box by its weight: one order is weighed and on its way, one waits for the scales."""
    box = await _publish(sales, _WEIGHED, category="tuber", unit="10斤箱", price_fen=30_00, ceiling_bp=11_000)
    line = Line(VariantId(box.variant_id), 1)
    sale = await sales.buy(sales.buyer, [line], at=sales.ago(days=3))
    weighed = WeighedLine(sale.suborder.lines[0].id, 5_230)
    at = sales.ago(days=2, hours=4)
    await weigh_parcel(sales.db, sales.provider, sales.seal, sales.farmer, sale.suborder.id, weights=[weighed], now=at)
    await sales.ship(sale, sales.farmer, "XA310000018CN", at=at + timedelta(hours=2))
    await sales.buy(await sales.find_buyer(5), [line], at=sales.ago(hours=9))


async def _sell_before_harvest(sales: SaleSimulation) -> None:
    """Sell what is harvested in three weeks: the demo's buyer has paid the deposit."""
    box = await _publish(sales, _PRESOLD, category="nut", unit="5斤箱", price_fen=68_00)
    day = sales.today
    terms = PresaleTerms(
        deposit_fen=Fen(20_00),
        balance_from=day + timedelta(days=14),
        balance_until=day + timedelta(days=20),
        send_from=day + timedelta(days=15),
        send_until=day + timedelta(days=30),
    )
    await set_presale(sales.conn, sales.farmer, box.listing_id, terms, now=sales.ago(days=6))
    await sales.buy(sales.buyer, [Line(VariantId(box.variant_id), 1)], at=sales.ago(days=1, hours=5))


async def _lower_prices_by_number(sales: SaleSimulation) -> None:
    """Let walnuts cost less by number, and for a public unit."""
    walnuts = await sales.find_offer(sales.farmer, "阜平核桃")
    price = walnuts.price_fen
    terms = PriceTerms(
        tiers=(TierPrice(3, Fen(price - 1_00)), TierPrice(10, Fen(price - 3_00))), public_price_fen=Fen(price - 4_00)
    )
    await set_price_terms(sales.conn, sales.farmer, walnuts.variant_id, terms, now=sales.ago(days=8))


async def _close_rival_farm(sales: SaleSimulation) -> None:
    farm = await FIND_RIVAL_FARM.one(sales.conn, title="阜平核桃", own=list(sales.farmer.producers))
    owner = await sales.load_actor(farm.owner_id)
    at = sales.ago(hours=6)
    start = get_business_day(at)
    closure = NewClosure(starts_on=start, ends_on=start + _CLOSED_DAYS, reason=ClosureReason.HARVEST)
    await close_farm(sales.conn, sales.seal, owner, farm.producer_id, closure, now=at)

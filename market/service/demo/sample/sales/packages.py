"""Sample packages: one of the demo's host on sale and booked, and one that waits for the farmer's answer."""

from datetime import date, datetime, timedelta
from uuid import UUID

from market.catalogue.listings.models import ListingKind
from market.kernel import Query
from market.kernel.clock import SHANGHAI
from market.people.identity.models import AccountId
from market.sales.packages.book import PackageWish, PartTime
from market.sales.packages.compose import OfferedVariant, compose_package, list_near_variants
from market.sales.packages.consent import answer_package, publish_package
from market.sales.packages.models import NewPackage, NewPart, Package
from market.service.demo.sample.sales.simulation import SaleSimulation

_DAYS_AHEAD = 10
FIND_OWNER = Query(
    UUID, "SELECT account_id FROM producer_members WHERE producer_id = :producer_id AND role = 'owner' LIMIT 1"
)


async def play_packages(sales: SaleSimulation, dates_id: UUID) -> None:
    """Compose a package of the host's room and activity with goods of a neighbour, sell it, and book it.

    Another one, with the farmer's dates, waits for the farmer's answer.
    """
    composed_at = sales.ago(days=5)
    [organiser] = sales.host.producers
    near = await list_near_variants(sales.conn, sales.host, organiser, now=composed_at)
    goods = next(
        each
        for each in near
        if each.kind is ListingKind.PRODUCT and each.producer_id not in {organiser, *sales.farmer.producers}
    )
    package = await _compose(
        sales, organiser, near, goods.variant_id, title="骆驼湾两日：住农家、学剪纸", at=composed_at
    )
    await _agree(sales, package, at=composed_at + timedelta(hours=5))
    await publish_package(sales.conn, sales.host, organiser, package.id, now=composed_at + timedelta(hours=6))
    arrive_on = sales.today + timedelta(days=_DAYS_AHEAD)
    starts_at = datetime.combine(arrive_on, datetime.min.time(), SHANGHAI).replace(hour=14)
    wish = PackageWish(arrive_on=arrive_on, times=[PartTime(2, starts_at)])
    await sales.book(sales.buyer, package.number, wish, at=sales.ago(hours=1))
    await _compose(sales, organiser, near, dates_id, title="骆驼湾年货两日", at=sales.ago(hours=4))


async def _compose(
    sales: SaleSimulation, organiser: UUID, near: list[OfferedVariant], goods_id: UUID, *, title: str, at: datetime
) -> Package:
    own = [each for each in near if each.producer_id == organiser]
    stays = [each for each in own if each.kind is ListingKind.STAY][:1]
    stays += [each for each in near if each.kind is ListingKind.STAY and each.producer_id != organiser][:1]
    [activity] = [each for each in own if each.kind is ListingKind.ACTIVITY][:1]
    usual = stays[0].price_fen + 2 * activity.price_fen
    first_day: date = sales.today - timedelta(days=5)
    new = NewPackage(
        title=title,
        story="下午到，学剪纸，晚上住农家，走的时候带一份山货。（样例）",
        persons=2,
        nights=1,
        price_fen=usual,
        starts_on=first_day,
        ends_on=first_day + timedelta(days=120),
        on_holidays=True,
        parts=[
            NewPart(variant_ids=[each.variant_id for each in stays], quantity=1),
            NewPart(variant_ids=[activity.variant_id], quantity=2),
            NewPart(variant_ids=[goods_id], quantity=1),
        ],
    )
    return await compose_package(sales.conn, sales.seal, sales.host, new, producer_id=organiser, now=at)


async def _agree(sales: SaleSimulation, package: Package, *, at: datetime) -> None:
    """Let each household that was asked agree, as its owner."""
    asked = {each.producer_id: each for part in package.parts for each in part.suppliers if each not in part.agreed}
    for producer_id in asked:
        owner = await sales.load_actor(AccountId(await FIND_OWNER.one(sales.conn, producer_id=producer_id)))
        await answer_package(sales.conn, sales.seal, owner, producer_id, package.id, agrees=True, now=at)

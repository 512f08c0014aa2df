"""Looking for packages: a page reads a bounded number of them, and the next one goes on."""

from datetime import timedelta

import pytest

from market.catalogue.listings.packs import NewPack, replace_pack
from market.catalogue.listings.presale import PresaleTerms, end_presale, set_presale
from market.kernel import Fen
from market.sales.packages.compose import compose_package
from market.sales.packages.models import Package, PackageFull
from market.sales.packages.read import PackageFilters, list_offers
from tests.conftest import NOW
from tests.sales.packages.village import Village, agree_and_publish, make_new_package

DAY = NOW.date()


async def publish(village: Village, title: str) -> Package:
    new = make_new_package(
        tuple(each.variant_id for each in village.stays), village.activity.variant_id, village.product.variant_id,
        title=title,
    )  # fmt: skip
    async with village.shopping.db.transaction() as conn:
        package = await compose_package(conn, village.shopping.seal, village.guide, new, now=NOW)
    made = {"guide": village.guide, "hosts": village.hosts, "orchard": village.orchard}
    return await agree_and_publish(village.shopping, made, package)


async def test_a_page_reads_some_packages_and_the_next_goes_on(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sales.packages.read.MAX_SEARCHED_PACKAGES", 2)
    newer = [await publish(village, title) for title in ("冬日两日", "山里两日")]
    wanted = PackageFilters(text="枣乡")
    async with village.shopping.db.connection() as conn:
        first = await list_offers(conn, wanted, today=DAY)
        assert (first.items, first.next) == ([], str(newer[0].number))
        second = await list_offers(conn, wanted, before=newer[0].number, today=DAY)
        assert ([each.title for each in second.items], second.next) == (["枣乡两日"], None)
        full = await list_offers(conn, PackageFilters(text="两日"), limit=1, today=DAY)
        assert ([each.title for each in full.items], full.next) == (["山里两日"], str(newer[1].number))
        everything = await list_offers(conn, today=DAY)
        assert ([each.number for each in everything.items], everything.next) == (
            [newer[1].number, newer[0].number, village.package.number],
            None,
        )


PRESALE = PresaleTerms(
    deposit_fen=Fen(5_00),
    balance_from=DAY + timedelta(days=60),
    balance_until=DAY + timedelta(days=70),
    send_from=DAY + timedelta(days=75),
    send_until=DAY + timedelta(days=90),
)


async def test_goods_that_are_sold_before_their_harvest_are_in_no_package_meanwhile(village: Village) -> None:
    async with village.shopping.db.transaction() as conn:
        await set_presale(conn, village.orchard, village.product.listing_id, PRESALE, now=NOW)
        assert (await list_offers(conn, today=DAY)).items == []
    with pytest.raises(PackageFull):
        await village.book()
    async with village.shopping.db.transaction() as conn:
        await end_presale(conn, village.orchard, village.product.listing_id, now=NOW)
        assert len((await list_offers(conn, today=DAY)).items) == 1
    await village.book()


async def test_a_package_is_not_listed_once_a_pack_in_it_is_replaced(village: Village) -> None:
    new = NewPack(unit="3斤箱", price_fen=30_00, quantity=5)
    async with village.shopping.db.transaction() as conn:
        await replace_pack(conn, village.orchard, village.product.variant_id, new, now=NOW)
        assert (await list_offers(conn, today=DAY)).items == []

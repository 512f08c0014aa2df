"""Looking for packages: a page reads a bounded number of them, and the next one goes on."""

import pytest

from market.packages.compose import compose_package
from market.packages.models import Package
from market.packages.read import PackageFilters, list_offers
from tests.conftest import NOW
from tests.packages.village import Village, agree_and_publish, make_new_package

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
    monkeypatch.setattr("market.packages.read.MAX_SEARCHED_PACKAGES", 2)
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

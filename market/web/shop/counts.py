"""Counts of all live listings, kept for a few seconds: every browsing page shows some of them."""

from collections.abc import Awaitable, Callable

from market.catalogue.browse import CategoryCount, CountyCount, list_categories, list_counties
from market.kernel import Connection, Database
from market.kernel.kept import KeptValue
from market.web.shop.regions import SellingPrefecture, list_selling_prefectures

KEPT_SECONDS = 5.0


class CatalogueCounts:
    """The categories, counties and prefectures with the numbers of their live listings, at most 5 s old."""

    def __init__(self, db: Database) -> None:
        self.categories: KeptValue[list[CategoryCount]] = _keep(db, list_categories)
        self.counties: KeptValue[list[CountyCount]] = _keep(db, list_counties)
        self.prefectures: KeptValue[list[SellingPrefecture]] = _keep(db, list_selling_prefectures)


def _keep[T](db: Database, load: Callable[[Connection], Awaitable[T]]) -> KeptValue[T]:
    async def run() -> T:
        async with db.connection() as conn:
            return await load(conn)

    return KeptValue(run, seconds=KEPT_SECONDS)

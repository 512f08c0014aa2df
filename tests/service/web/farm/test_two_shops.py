"""Who works for two shops sees on each page which one it is about, and comes to the other."""

import pytest

from tests.service.web.conftest import Village
from tests.support.make import make_producer
from tests.support.postgres import as_owner


@pytest.mark.parametrize("path", ["/farm/benefits", "/farm/freight", "/farm/closed", "/farm/coupons"])
async def test_a_page_about_one_shop_names_it_and_leads_to_the_other(village: Village, path: str) -> None:
    async with village.database.transaction() as conn:
        second = await make_producer(conn, name="样例第二家", owner=village.farmer)
    names = {str(village.dates.producer_id): "样例革新庄枣园", str(second): "样例第二家"}
    first, other = names
    async with await village.browser(village.farmer) as farm:
        for shop, rest in ((first, other), (other, first)):
            seen = await farm.open(f"{path}?of={shop}")
            assert names[shop] in seen.text
            assert f"{path}?of={rest}" in seen.links()
            forms = [each.attrs for each in seen.root.all("input") if each.attrs.get("name") == "producer"]
            assert {each["value"] for each in forms} <= {shop}


async def test_a_helper_is_told_whose_page_it_is(village: Village) -> None:
    """The phone bill and decisions are the helper's own, on every other page the shop is the household's."""
    async with village.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
            village.dates.producer_id, village.host,
        )  # fmt: skip
    async with await village.browser(village.host) as helper:
        for path, words in (
            ("/farm/money", "正替 样例革新庄枣园 办"),
            ("/farm/bill", "这一页是您自己的，不是样例革新庄枣园的"),
            ("/farm/bill/applications", "这一页是您自己的，不是样例革新庄枣园的"),
            ("/farm/bill/decisions", "这一页是您自己的，不是样例革新庄枣园的"),
        ):
            assert words in (await helper.open(path)).text, path

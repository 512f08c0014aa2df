"""The feeds for other platforms say what the pages say: the same price, stock and link, page by page."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

from market.catalogue.listings.feed import list_feed_items
from market.service.web.feed import NAMESPACE
from tests.service.web.conftest import Village
from tests.support.browser import ORIGIN


async def read_merchant_feed(village: Village) -> dict[str, dict[str, str]]:
    """Return the attributes of each item of the XML feed, by id."""
    async with await village.browser() as browser:
        answer = await browser.client.get("/feeds/products.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    channel = ET.fromstring(answer.content).find("channel")
    assert channel is not None
    items = [
        {child.tag.removeprefix(f"{{{NAMESPACE}}}"): child.text or "" for child in each}
        for each in channel.iter("item")
    ]
    return {each["id"]: each for each in items}


async def test_both_feeds_have_the_price_the_stock_and_the_page_of_each_pack(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    items = await read_merchant_feed(village)
    assert len(items) == 2
    dates = items[f"{number}-0"]
    assert {name: dates[name] for name in ("title", "price", "availability", "brand", "identifier_exists")} == {
        "title": "阜平大枣礼箱 5斤箱", "price": "45.00 CNY", "availability": "in_stock", "brand": "样例革新庄枣园",
        "identifier_exists": "no",
    }  # fmt: skip
    async with await village.browser() as browser:
        answer = await browser.client.get("/feeds/products.json")
        seen = await browser.open(dates["link"].removeprefix(ORIGIN))
    assert "45.00" in seen.text
    feed = json.loads(answer.content)
    assert (feed["version"], "next_url" in feed) == ("https://jsonfeed.org/version/1.1", False)
    assert {each["id"]: each["_offer"]["price"] for each in feed["items"]}[f"{number}-0"] == "45.00"
    assert all(each["url"].startswith(f"{ORIGIN}/goods/") for each in feed["items"])


async def test_what_cannot_be_bought_today_is_out_of_stock_and_what_is_withdrawn_is_left_out(village: Village) -> None:
    dates, millet = [await village.number(each.listing_id) for each in (village.dates, village.millet)]
    await village.value(
        "INSERT INTO closures (producer_id, closed_during, reason, created_by, created_at)"
        " VALUES ($1, daterange($2, $3), 'harvest', $4, now()) RETURNING 1",
        village.dates.producer_id, village.today, village.today + timedelta(days=3), village.farmer,
    )  # fmt: skip
    assert (await read_merchant_feed(village))[f"{dates}-0"]["availability"] == "out_of_stock"
    suspend = "UPDATE producers SET state = $2 WHERE id = $1 RETURNING 1"
    await village.value(suspend, village.millet.producer_id, "suspended")
    assert (await read_merchant_feed(village))[f"{millet}-0"]["availability"] == "out_of_stock"
    await village.value(suspend, village.millet.producer_id, "open")
    assert (await read_merchant_feed(village))[f"{millet}-0"]["availability"] == "in_stock"
    await village.value("UPDATE lots SET available_units = 0, sold_units = sold_units + available_units RETURNING 1")
    assert (await read_merchant_feed(village))[f"{millet}-0"]["availability"] == "out_of_stock"
    await village.value("UPDATE listings SET state = 'withdrawn' WHERE number = $1 RETURNING 1", millet)
    assert set(await read_merchant_feed(village)) == {f"{dates}-0"}


async def test_a_story_of_any_characters_stays_well_formed(village: Village) -> None:
    await village.value(
        "UPDATE listings SET story = $1 WHERE id = $2 RETURNING 1",
        "甜 <b>&amp;\x0b]]> \U0001f34e", village.dates.listing_id,
    )  # fmt: skip
    number = await village.number(village.dates.listing_id)
    assert (await read_merchant_feed(village))[f"{number}-0"]["description"] == "甜 <b>&amp;]]> \U0001f34e"


async def test_the_pages_of_a_feed_hold_each_pack_once(village: Village) -> None:
    seen: list[tuple[int, int]] = []
    after: tuple[int, int] | None = (0, 0)
    async with village.database.connection() as conn:
        while after is not None:
            items, after = await list_feed_items(conn, after=after, limit=1, today=village.today)
            seen += [(each.number, each.position) for each in items]
        for limit, count in ((0, 1), (2, 2), (10**20, 2)):
            items, _ = await list_feed_items(conn, limit=limit, today=village.today)
            assert len(items) == count
    assert seen == sorted(set(seen))
    assert len(seen) == 2

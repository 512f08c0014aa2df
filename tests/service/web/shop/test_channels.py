"""A buyer's way to a channel in two taps, its feeds with validators, and prices in another currency for information."""

import csv
import io
import json
from datetime import timedelta
from xml.etree import ElementTree as ET

from tests.service.web.conftest import Village
from tests.support.browser import ORIGIN


async def pair(village: Village, *, rate: bool = True) -> None:
    """Put the village's county into the channel of Beijing and into its own, with a rate of yesterday."""
    for sql in (
        "INSERT INTO channels (code, kind, name) VALUES ('130624', 'county', '阜平县') RETURNING 1",
        """
        INSERT INTO channel_counties SELECT code, '130624', '[2016-10-01,)', '样例，未核实' FROM channels
         WHERE code IN ('beijing', '130624') RETURNING 1
        """,
    ):
        await village.value(sql)
    if rate:
        await village.value(
            "INSERT INTO rates VALUES ('USD', $1, 7073200, '样例汇率') RETURNING 1", village.today - timedelta(days=1)
        )


async def test_a_channel_is_two_taps_from_home_and_lists_what_its_counties_sell(village: Village) -> None:
    await pair(village, rate=False)
    async with await village.browser() as browser:
        home = await browser.open("/")
        assert "/channels/beijing" in home.links()
        assert "/channels/130624" in (await browser.open("/channels")).links()
        seen = await browser.open("/channels/beijing")
        assert ("阜平大枣礼箱" in seen.text, "顾家台小米" in seen.text, "骆驼湾农家院" in seen.text) == (True,) * 3
        assert "保定市 阜平县 2016年10月1日起，样例，未核实" in seen.text
        assert seen.headers["cache-control"] == "public, max-age=1"
        assert (await browser.open("/channels/tianjin")).text.count("这里还没有在卖的") == 1
        await browser.open("/channels/paris", status=404)
        assert "没有能用的汇率" in (await browser.open("/currency")).text


async def test_a_channel_has_feeds_with_validators(village: Village) -> None:
    await pair(village)
    number = await village.number(village.dates.listing_id)
    async with await village.browser() as browser:
        found: dict[str, set[str]] = {}
        for kind in ("json", "xml", "csv"):
            path = f"/feeds/channels/beijing/products.{kind}"
            assert path in (await browser.open("/channels/beijing")).html
            answer = await browser.client.get(path)
            etags = answer.headers.get_list("etag")
            assert (answer.status_code, len(etags), answer.headers["cache-control"]) == (200, 1, "public, max-age=3600")
            again = await browser.client.get(path, headers={"If-None-Match": etags[0]})
            # A program with a token passes the kept responses by, and has its validator nevertheless.
            bare = {"If-None-Match": f'"x", {etags[0]}', "Authorization": "Bearer x"}
            by_program = await browser.client.get(path, headers=bare)
            assert (again.status_code, again.content, by_program.status_code) == (304, b"", 304)
            if kind == "json":
                feed = json.loads(answer.content)
                assert (feed["title"], feed["home_page_url"]) == ("乡集：北京频道", f"{ORIGIN}/channels/beijing")
                found[kind] = {each["id"] for each in feed["items"]}
            elif kind == "xml":
                ids = ET.fromstring(answer.content).iter("{http://base.google.com/ns/1.0}id")
                found[kind] = {each.text or "" for each in ids}
            else:
                rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
                found[kind] = {each["id"] for each in rows}
                assert {each["price"] for each in rows if each["id"] == f"{number}-0"} == {"45.00"}
        assert len(found["json"]) == 2
        assert found["json"] == found["xml"] == found["csv"]
        etag = (await browser.client.get("/feeds/channels/beijing/products.csv")).headers["etag"]
        await village.value(
            "UPDATE variants SET price_fen = 4600 WHERE listing_id = $1 RETURNING 1", village.dates.listing_id
        )
        changed = {"If-None-Match": etag, "Authorization": "Bearer x"}
        answer = await browser.client.get("/feeds/channels/beijing/products.csv", headers=changed)
        assert (answer.status_code, "46.00" in answer.text) == (200, True)
        assert (await browser.client.get("/feeds/channels/tianjin/products.json")).json()["items"] == []
        assert (await browser.client.get("/feeds/channels/paris/products.json")).status_code == 404


async def test_a_price_in_another_currency_is_approximate_and_goes_away(village: Village) -> None:
    await pair(village)
    number = await village.number(village.dates.listing_id)
    async with await village.browser() as browser:
        assert "USD" not in (await browser.open(f"/goods/{number}")).text
        assert "100.00 元约 USD 14.14" in (await browser.open(f"/currency?to=/goods/{number}")).text
        seen = await browser.submit("/currency", press=("currency", "USD"))
        assert seen.path == f"/goods/{number}"
        assert "约 USD 6.36，按" in seen.text
        assert "付款按人民币" in seen.text
        assert "≈ USD 6.36" in (await browser.open("/channels/beijing")).text
        await browser.open(f"/goods/{number}")
        await browser.submit("/cart/goods", n="2")
        assert "约 USD 1" in (await browser.open("/cart")).text
        refused = await browser.client.post(
            "/currency",
            data={"currency": "JPY", "to": "/"},
            headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"},
        )
        assert (refused.status_code, "没有 JPY 最近 10 天的汇率" in refused.text) == (404, True)
        api = await browser.client.get("/api/v1/rates/USD/price?fen=4500")
        assert api.json()["about"] == {"minor": 636, "currency": "USD"}
        assert (await browser.client.get("/api/v1/rates/JPY/price?fen=4500")).json()["code"] == "no_rate"
        await browser.open("/currency")
        await browser.submit("/currency", press=("currency", ""))
        assert "USD" not in (await browser.open("/cart")).text

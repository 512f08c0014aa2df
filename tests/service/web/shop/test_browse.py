"""Public pages of the shop: valid HTML, size budgets, texts, structured data."""

import gzip
import json
import re
from time import monotonic
from urllib.parse import quote

import pytest

from market.catalogue.listings.models import WHOLE_WORD_RULE
from market.service.web.cookies import LANGUAGE_COOKIE
from market.service.web.shop.counts import KEPT_SECONDS
from tests.service.web.conftest import Village
from tests.support.browser import LoadedPage
from tests.support.statements import QueryTrace


async def test_the_home_page_is_the_shop_in_season(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/")
        assert "顾家台小米" in seen.text
        assert "阜平大枣礼箱" not in seen.text
        assert "骆驼湾农家院" in seen.text
        assert f"/goods/{await street.number(street.millet.listing_id)}" in seen.links()
        assert [link for link in seen.links() if link.startswith("/demo")] == []


async def test_public_pages_are_cached_for_a_second_and_set_no_cookie(street: Village) -> None:
    async with await street.browser() as browser:
        number = await street.number(street.millet.listing_id)
        stay = await street.number(street.stay.listing_id)
        for path in ("/", "/kinds", "/kinds/coarse_grain", "/places/130624", "/search?q=小米", f"/goods/{number}",
                     f"/stays/{stay}"):  # fmt: skip
            seen = await browser.open(path)
            assert seen.headers["cache-control"] == "public, max-age=1"
            assert seen.headers["vary"] == "Cookie, Accept-Language"
            assert "set-cookie" not in seen.headers


async def test_pages_share_the_counts_of_all_listings(street: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each count is made once in five seconds, however many pages show it; a test before may just have made it."""
    trace, begun = QueryTrace(monkeypatch), monotonic()
    async with await street.browser() as browser:
        for path in ("/", "/kinds", "/kinds/coarse_grain", "/places/130624", "/search?q=小米") * 2:
            await browser.open(path)
    ran, most = trace.take(), 1 + (monotonic() - begun) // KEPT_SECONDS
    for name in ("LIST_CATEGORIES", "LIST_COUNTIES", "LIST_SELLING_PREFECTURES"):
        assert ran.count(name) <= most, name


async def test_a_public_page_with_a_token_of_its_visitor_is_in_no_shared_cache(street: Village) -> None:
    async with await street.browser(street.buyer) as browser:
        number = await street.number(street.millet.listing_id)
        for path in ("/", "/kinds/coarse_grain", "/search?q=小米", f"/goods/{number}", f"/goods/{number}/reviews"):
            assert (await browser.open(path)).headers["cache-control"] == "private, no-cache"


async def test_every_public_page_is_valid_and_within_its_size_budget(street: Village) -> None:
    async with await street.browser() as browser:
        waiting, done = ["/"], set[str]()
        while waiting and len(done) < 150:
            path = waiting.pop(0)
            if path in done or path.split("?")[0] in {"/cart", "/me"} or "sort=" in path:
                continue
            done.add(path)
            seen = await browser.open(path)
            waiting += [link.split("#")[0] for link in seen.links() if link not in done]
        assert {"/", "/kinds", "/kinds/stay", "/places/1306", "/places/130624"} <= done
        assert len(done) == 118


async def test_millet_is_found_with_its_county_and_price_by_weight(street: Village) -> None:
    async with await street.browser() as browser:
        await browser.open("/")
        seen = await browser.submit("/search", q="小米")
        [card] = [node for node in seen.root.all("ul") if "goods" in node.attrs.get("class", "")]
        assert card.text == "顾家台小米 ¥ 32.00 去买 2.5 公斤袋 6.40 元/斤 样例顾家台合作社， 顾家台村"
        assert f"排序按{WHOLE_WORD_RULE}。" in seen.text


async def test_a_range_of_prices_is_kept_on_every_link_and_its_faults_are_named(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/search?low=30&high=４０&sort=price")
        [card] = [node for node in seen.root.all("ul") if "goods" in node.attrs.get("class", "")]
        assert card.text.startswith("顾家台小米 ¥ 32.00")
        assert "只看：30 到 40 元" in seen.text
        assert "就看这些 现在 1 样" in seen.text
        assert "/search?low=30&high=40&sort=sold" in seen.links()
        wide = await browser.open("/search?low=30")
        assert "只看：30 元起" in wide.text
        assert "现在 1 样" not in wide.text
        dear = await browser.open("/search?low=40")
        assert "阜平大枣礼箱" in dear.text
        assert "顾家台小米" not in dear.text
        seen = await browser.open("/search?low=abc&high=-1")
        assert "最低价没写对，写几元，比如 20" in seen.text
        assert "最高价没写对，写几元，比如 50.5" in seen.text
        assert "只看：" not in seen.text
        seen = await browser.open("/search?low=30&high=20")
        assert "最高价要比最低价高，写 30 元或者更多" in seen.text
        assert "顾家台小米" in seen.text


async def test_a_search_without_results_offers_categories(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/search?q=菠萝蜜饼")
        assert "没有找到“菠萝蜜饼”" in seen.text
        assert "/kinds/fruit" in seen.links()
        assert [link for link in seen.links() if link.startswith(("/goods", "/stays"))] == []
        assert "相近" not in seen.text
        seen = await browser.open("/search?q=小米 张北")
        assert "没有找到“小米 张北”" in seen.text
        assert "和它相近的" in seen.text
        assert f"/goods/{await street.number(street.millet.listing_id)}" in seen.links()


@pytest.mark.parametrize("query", ["小米 阜平", "阜平 小米", "保定　小米", "杂粮 龙泉关"])
async def test_search_words_match_in_any_order(street: Village, query: str) -> None:
    async with await street.browser() as browser:
        seen = await browser.open(f"/search?q={quote(query)}")
        goods = [link for link in seen.links() if link.startswith("/goods")]
        assert goods == [f"/goods/{await street.number(street.millet.listing_id)}"]
        assert "没有找到" not in seen.text


async def test_a_list_is_filtered_by_county_category_and_season(street: Village) -> None:
    async with await street.browser() as browser:
        await browser.open("/search?q=&sort=price")
        seen = await browser.submit("/search", county="130624", kind="coarse_grain", season="1")
        assert seen.heading == "所有在卖的 1 样"
        assert "只看：阜平县、杂粮、当季" in seen.text
        assert [node.text for node in seen.root.all("a") if "aria-current" in node.attrs][-1] == "便宜"
        assert "标价低的在前" in seen.text
        assert "顾家台小米" in seen.text
        assert "阜平大枣礼箱" not in seen.text


@pytest.mark.parametrize("query", ["county=99", "sort=bribe", "kind=nothing", "season=2", "q=%00", "county=%E4%B8%AD"])
async def test_an_unknown_filter_value_is_ignored(street: Village, query: str) -> None:
    async with await street.browser() as browser:
        seen = await browser.open(f"/search?{query}")
        assert "顾家台小米" in seen.text
        assert "筛一筛：" not in seen.text


async def test_divisions_link_from_prefecture_to_village(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/places/1306")
        assert "/places/130624" in seen.links()
        seen = await browser.open("/places/130624")
        assert "/places/130624101" in seen.links()
        seen = await browser.open("/places/130624101")
        assert seen.links().count(f"/goods/{await street.number(street.millet.listing_id)}") == 1
        assert f"/goods/{await street.number(street.dates.listing_id)}" not in seen.links()
        seen = await browser.open("/places/130624101201")
        assert seen.heading.startswith("顾家台村")


async def test_a_product_page_answers_buyer_questions(street: Village) -> None:
    async with await street.browser() as browser:
        number = await street.number(street.dates.listing_id)
        seen = await browser.open(f"/goods/{number}")
        for words in (
            "¥ 45.00",
            "合 9.00 元/斤，18.00 元/公斤",
            "运费到河北省 连包装 2.8 公斤；1 公斤内 8.00 元，每加 1 公斤 3.00 元；满 88.00 元免 14.00 元",
            "还剩 50 箱",
            "样例革新庄枣园（农户）。自家种养的，按电子商务法第十条不用办营业执照。",
            "坏果包赔：收到 48 小时内在订单里申请，拍一张照片",
            "不发西藏自治区。",
            "平台服务费 2% 0.90 元",
            "还没有人写。",
        ):
            assert words in seen.text, words
        assert "地理标志" not in seen.text


async def test_only_listings_of_listed_counties_support_farmers(village: Village) -> None:
    goods = f"/goods/{await village.number(village.dates.listing_id)}"
    stay = f"/stays/{await village.number(village.stay.listing_id)}"
    async with await village.browser() as browser:
        for path in (goods, stay):
            seen = await browser.open(path)
            assert "助农" in seen.text
            assert "脱贫地区" in seen.text
        await village.value("DELETE FROM listed_counties WHERE county_code = '130624' RETURNING 1")
        for path in (goods, stay):
            seen = await browser.open(path)
            assert "助农" not in seen.html
            assert "脱贫地区" not in seen.html


async def test_only_a_household_needs_no_licence(village: Village) -> None:
    await village.value("UPDATE producers SET kind = 'cooperative' RETURNING 1")
    async with await village.browser() as browser:
        seen = await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        assert "样例革新庄枣园（合作社）。" in seen.text
        assert "不用办营业执照" not in seen.text


def facts(seen: LoadedPage) -> dict[str, object]:
    [script] = [node for node in seen.root.all("script") if node.attrs.get("type") == "application/ld+json"]
    return json.loads(script.text)


def read_description(seen: LoadedPage) -> str:
    [description] = [each.attrs["content"] for each in seen.root.all("meta") if each.attrs.get("name") == "description"]
    return description


async def test_product_and_stay_pages_have_structured_data(street: Village) -> None:
    async with await street.browser() as browser:
        number = await street.number(street.millet.listing_id)
        seen = await browser.open(f"/goods/{number}")
        about = facts(seen)
        assert about["@type"] == "Product"
        assert about["name"] == "顾家台小米"
        offer = about["offers"]
        assert isinstance(offer, dict)
        assert (offer["price"], offer["priceCurrency"]) == ("32.00", "CNY")
        assert offer["availability"] == "https://schema.org/InStock"
        metas = {node.attrs.get("property", ""): node.attrs.get("content") for node in seen.root.all("meta")}
        assert metas["og:title"] == "顾家台小米"
        assert metas["og:url"] == f"http://market.test/goods/{number}"
        [canonical] = [node for node in seen.root.all("link") if node.attrs.get("rel") == "canonical"]
        assert canonical.attrs["href"] == f"http://market.test/goods/{number}"
        seen = await browser.open(f"/stays/{await street.number(street.stay.listing_id)}")
        assert facts(seen)["name"] == "骆驼湾农家院"
        assert "产地直发" not in read_description(seen)


async def test_the_description_says_that_the_farmer_is_paid_of_households_alone(street: Village) -> None:
    product = f"/goods/{await street.number(street.millet.listing_id)}"
    kind = "UPDATE producers SET kind = $1 WHERE id = $2 RETURNING 1"
    async with await street.browser() as browser:
        await street.value(kind, "household", street.millet.producer_id)
        assert read_description(await browser.open(product)).endswith("，32.00 元起，产地直发，钱到农户手里。")
        await street.value(kind, "company", street.millet.producer_id)
        assert read_description(await browser.open(product)).endswith("，32.00 元起，产地直发。")


async def test_a_story_cannot_break_out_of_the_structured_data(village: Village) -> None:
    story = '</script><script>alert(1)</script> "引号" & <b>'
    await village.value("UPDATE listings SET story = $1 WHERE id = $2 RETURNING 1", story, village.millet.listing_id)
    async with await village.browser() as browser:
        seen = await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
        assert facts(seen)["description"] == story
        assert [node for node in seen.root.all("script") if "alert" in node.text and "type" not in node.attrs] == []


async def test_an_unavailable_product_is_sold_out_or_reserved(village: Village) -> None:
    async with await village.browser() as browser:
        number = await village.number(village.dates.listing_id)
        await village.value("UPDATE lots SET available_units = 0 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        seen = await browser.open(f"/goods/{number}")
        assert "卖完了" in seen.text
        assert [node for node in seen.root.all("form") if node.attrs.get("action") == "/cart/goods"] == []
        await village.value("UPDATE lots SET reserved_units = 3 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        assert "都在别人的订单里等付款" in (await browser.open(f"/goods/{number}")).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/goods/999999", 404), ("/stays/999999", 404), ("/kinds/gold", 404), ("/places/99", 404), ("/places/x", 404),
        ("/nothing/here", 404), ("/goods/99999999999999999999999", 400), ("/search?after=nonsense", 422),
    ],
)  # fmt: skip
async def test_a_refusal_is_a_page_that_says_what_to_do(street: Village, path: str, status: int) -> None:
    async with await street.browser() as browser:
        seen = await browser.open(path, status=status)
        assert seen.headers["cache-control"] == "private, no-store"
        assert {"/"} <= set(seen.links())


async def test_a_refusal_names_no_field_of_the_api(village: Village) -> None:
    async with await village.browser() as browser:
        path = f"/goods/{await village.number(village.dates.listing_id)}"
        await browser.open(path)
        seen = await browser.submit("/cart/goods", typed={"n": "99999"}, status=422)
        assert "写 1 到 9999" in seen.text
        assert "lines" not in seen.text
        malformed = await browser.open("/goods/99999999999999999999", status=400)
        assert re.findall("[a-z]{3,}", malformed.text) == []


async def test_static_files_are_immutable_and_crawlers_get_robots_and_sitemap(street: Village) -> None:
    async with await street.browser() as browser:
        renderer = street.app.state["market"].renderer
        for path, file in renderer.static.items():
            answer = await browser.client.get(path)
            assert answer.content == file.content
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert len(gzip.compress(answer.content)) <= 5 * 1024
        assert (await browser.client.get("/static/unknown.js")).status_code == 404
        assert (await browser.client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"
        robots = (await browser.client.get("/robots.txt")).text
        assert "Disallow: /orders\n" in robots
        assert "Sitemap: http://market.test/sitemap.xml" in robots
        sitemap = (await browser.client.get("/sitemap.xml")).text
        assert f"<loc>http://market.test/goods/{await street.number(street.millet.listing_id)}</loc>" in sitemap


async def test_the_county_filter_offers_counties_with_hits_by_prefecture(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/search?q=小米")
        [choice] = [node for node in seen.root.all("select") if node.attrs["id"] == "county"]
        assert [node.attrs["label"] for node in choice.all("optgroup")] == ["保定市"]
        assert [node.text for node in choice.all("option")] == ["都看", "阜平县，1 样"]
        seen = await browser.open("/search?q=菠萝蜜")
        [choice] = [node for node in seen.root.all("select") if node.attrs["id"] == "county"]
        assert [node.text for node in choice.all("option")] == ["都看"]
        browser.client.cookies.set(LANGUAGE_COOKIE, "en", domain="market.test")
        seen = await browser.open("/search?q=小米")
        [choice] = [node for node in seen.root.all("select") if node.attrs["id"] == "county"]
        assert [node.text for node in choice.all("option")][1:] == ["阜平县, 1 item"]


def find_drawings(seen: LoadedPage) -> list[str]:
    """Return the drawings of a page, with repetitions."""
    return [node.attrs["href"] for node in seen.root.all("use") if node.attrs.get("href", "").startswith("#p-")]


@pytest.mark.parametrize(
    "path", ["/", "/kinds", "/kinds/fruit", "/kinds/stay", "/search?q=", "/search?q=米", "/goods/1", "/stays/3"]
)
async def test_no_page_shows_a_drawing_twice(street: Village, path: str) -> None:
    async with await street.browser() as browser:
        drawings = find_drawings(await browser.open(path))
        assert sorted(drawings) == sorted(set(drawings))


async def test_a_drawing_is_called_one(street: Village) -> None:
    async with await street.browser() as browser:
        assert "剪纸是示意图" in (await browser.open("/search?q=")).text
        seen = await browser.open("/goods/1")
        assert "图是剪纸示意图" in seen.text
        assert "从地里到您家" in seen.text

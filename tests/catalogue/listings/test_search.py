"""Search finds a listing by any piece of its title, in a constant number of statements."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.catalogue.listings.models import NAME_MATCH_RULES, WHOLE_WORD_RULE, ListingKind, Sort
from market.catalogue.listings.search.listings import (
    SearchFilters,
    count_by_county,
    search_listings,
)
from market.catalogue.listings.search.synonyms import MAX_VARIANTS, SYNONYMS, expand_synonyms
from market.catalogue.listings.search.text import build_search_columns, fold, parse_query, split_runs
from market.kernel import Connection
from market.kernel.page import BadCursor
from tests.support.make import SEPTEMBER, VILLAGE_OF_OTHER_COUNTY, make_producer, make_product, make_stay

TITLES = [
    "张北马铃薯 10斤箱",
    "阜平大枣 礼箱 净重2.5公斤",
    "Ａ级富士苹果（脆甜）80mm",
    "小米 2.5公斤袋",
    "小米椒",
    "黄小米锅巴",
    "蔚县杏扁·手剥 100%",
]


async def search_titles(conn: Connection, text: str, **filters: object) -> list[str]:
    page = await search_listings(conn, SearchFilters(text=text, **filters), today=SEPTEMBER)  # pyright: ignore[reportArgumentType]
    return [] if page.near else sorted(card.title for card in page.items)


async def publish_titles(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    for title in TITLES:
        await make_product(conn, producer_id, title=title)


async def test_every_piece_of_one_to_eight_characters_finds_its_title(conn: Connection) -> None:
    await publish_titles(conn)
    missed = [
        (title, title[start : start + length])
        for title in TITLES
        for length in range(1, 9)
        for start in range(len(title) - length + 1)
        if split_runs(fold(title[start : start + length]))
        and title not in await search_titles(conn, title[start : start + length])
    ]
    assert missed == []


LETTERS = st.text(st.sampled_from("小米椒大枣阜平县红黄aBc1２Ａ％ ·-"), min_size=2, max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=LETTERS, cut=st.tuples(st.integers(0, 18), st.integers(1, 8)))
async def test_any_piece_of_any_title_finds_it(conn: Connection, title: str, cut: tuple[int, int]) -> None:
    start, length = cut
    piece = title[start : start + length]
    if not split_runs(fold(piece)) or len(title.strip()) < 2:
        return
    example = conn.transaction()
    await example.start()
    try:
        product = await make_product(conn, title=title)
        page = await search_listings(conn, SearchFilters(text=piece), today=SEPTEMBER, limit=100)
    finally:
        await example.rollback()
    assert not page.near
    assert product.listing_id in [card.id for card in page.items]


async def test_pairs_that_are_not_adjacent_do_not_match(conn: Connection) -> None:
    await make_product(conn, title="小米米椒")
    assert await search_titles(conn, "小米椒") == []
    assert await search_titles(conn, "小米米椒") == ["小米米椒"]


async def test_every_word_must_match_also_division_category_and_producer(conn: Connection) -> None:
    await publish_titles(conn)
    assert await search_titles(conn, "阜平县 小米椒") == ["小米椒"]
    assert await search_titles(conn, "水果 礼箱") == ["阜平大枣 礼箱 净重2.5公斤"]
    assert await search_titles(conn, "样例枣园 马铃薯") == ["张北马铃薯 10斤箱"]
    assert await search_titles(conn, "礼箱 马铃薯") == []


@pytest.mark.parametrize("text", ["malingshu", "mls", "ML", "zbmls", "zhangbei", "ma ling shu", "张北 mls"])
async def test_pinyin_and_initials_find_chinese(conn: Connection, text: str) -> None:
    await make_product(conn, title="张北马铃薯", category="tuber")
    await make_product(conn, title="阜平大枣")
    assert await search_titles(conn, text) == ["张北马铃薯"]


@pytest.mark.parametrize("text", ["malinshu", "malingshi", "mallingshu"])
async def test_a_misspelt_pinyin_finds_similar_listings(conn: Connection, text: str) -> None:
    await make_product(conn, title="张北马铃薯", category="tuber")
    await make_product(conn, title="阜平大枣")
    page = await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)
    assert page.near
    assert [card.title for card in page.items] == ["张北马铃薯"]


@pytest.mark.parametrize("text", ["晓米", "小迷"])
async def test_another_character_of_the_same_sound_finds_similar_listings(conn: Connection, text: str) -> None:
    await make_product(conn, title="蔚州小米", category="coarse_grain")
    await make_product(conn, title="阜平大枣")
    page = await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)
    assert page.near
    assert [card.title for card in page.items] == ["蔚州小米"]


async def test_the_most_similar_pinyin_comes_first(conn: Connection) -> None:
    await make_product(conn, title="马铃", category="tuber")
    await make_product(conn, title="马铃薯", category="tuber")
    page = await search_listings(conn, SearchFilters(text="malingshi"), today=SEPTEMBER)
    assert [card.title for card in page.items] == ["马铃薯", "马铃"]


async def test_pinyin_finds_other_names(conn: Connection) -> None:
    await make_product(conn, title="阜平大枣")
    await make_product(conn, title="赞皇红枣饮品")
    await make_product(conn, title="顺平桃")
    assert await search_titles(conn, "hongzao") == ["赞皇红枣饮品", "阜平大枣"]
    assert await search_titles(conn, "taozi") == ["顺平桃"]


async def test_a_product_named_by_one_character_comes_before_others_with_it(conn: Connection) -> None:
    await make_product(conn, title="涉县核桃")
    await make_product(conn, title="顺平桃")
    await make_product(conn, title="平山绵核桃")
    page = await search_listings(conn, SearchFilters(text="桃"), today=SEPTEMBER)
    assert page.items[0].title == "顺平桃"
    assert len(page.items) == 3


async def test_a_place_to_stay_is_found_by_any_of_its_names(conn: Connection) -> None:
    await make_stay(conn)
    assert len(await search_titles(conn, "住宿")) == 1


async def test_without_a_match_the_most_similar_come_first(conn: Connection) -> None:
    await make_product(conn, title="红枣")
    await make_product(conn, title="阜平红枣干")
    page = await search_listings(conn, SearchFilters(text="阜平红枣糕"), today=SEPTEMBER)
    assert (page.near, page.next) == (True, None)
    assert [card.title for card in page.items] == ["阜平红枣干", "红枣"]


async def test_listings_without_a_common_pair_are_not_similar(conn: Connection) -> None:
    await make_product(conn, title="隆化肉牛（牛腱）", category="livestock")
    page = await search_listings(conn, SearchFilters(text="荆条蜜"), today=SEPTEMBER)
    assert (page.near, page.items) == (False, [])


async def test_similar_listings_rank_the_name_of_the_goods_above_the_division(conn: Connection) -> None:
    await make_product(conn, title="阜平大枣")
    there = await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY)
    await make_product(conn, there, title="张北小米", category="coarse_grain")
    page = await search_listings(conn, SearchFilters(text="阜平 小米"), today=SEPTEMBER)
    assert (page.near, [card.title for card in page.items]) == (True, ["张北小米", "阜平大枣"])


@pytest.mark.parametrize("text", ["红枣", "大枣", "阜平红枣", "栗子", "洋芋", "番薯 阜平"])
async def test_synonyms_find_each_other(conn: Connection, text: str) -> None:
    for title in ("阜平大枣", "阜平红枣干", "宽城板栗", "坝上土豆", "阜平红薯"):
        await make_product(conn, title=title, category="tuber")
    expected = {"栗子": ["宽城板栗"], "洋芋": ["坝上土豆"], "番薯 阜平": ["阜平红薯"]}
    assert await search_titles(conn, text) == expected.get(text, ["阜平大枣", "阜平红枣干"])


def test_no_word_is_in_two_synonym_groups() -> None:
    words = [word for group in SYNONYMS for word in group]
    assert len(words) == len(set(words))
    assert all(expand_synonyms(word)[0] == word for word in words)
    assert all(len(group) <= MAX_VARIANTS for group in SYNONYMS)


async def test_name_matches_rank_above_division_matches(conn: Connection) -> None:
    gloves = await make_product(conn, title="阜平皮毛手套", category="craft")
    dates = await make_product(conn, title="平山大枣")
    await conn.execute("UPDATE listings SET score = 900 WHERE id = $1", gloves.listing_id)
    first = await search_listings(conn, SearchFilters(text="平"), today=SEPTEMBER, limit=1)
    second = await search_listings(conn, SearchFilters(text="平"), today=SEPTEMBER, after=first.next, limit=1)
    assert [card.id for card in (*first.items, *second.items)] == [dates.listing_id, gloves.listing_id]
    assert (first.rule, second.next) == (WHOLE_WORD_RULE, None)


async def test_a_word_that_is_the_whole_name_comes_first_then_names_that_contain_it(conn: Connection) -> None:
    village = await make_producer(conn, name="样例苹果合作社")
    by_score = {"核桃": 900, "桃木梳": 800, "水蜜桃": 700, "阜平桃": 600, "苹果": 100, "红富士苹果": 300, "牛腱": 950}
    for title, score in by_score.items():
        product = await make_product(conn, village, title=title, category="herb")
        await conn.execute("UPDATE listings SET score = $2 WHERE id = $1", product.listing_id, score)

    async def list_titles(text: str, sort: Sort = Sort.SCORE) -> list[str]:
        page = await search_listings(conn, SearchFilters(text=text, sort=sort), today=SEPTEMBER)
        return [card.title for card in page.items]

    assert await list_titles("桃") == ["阜平桃", "桃木梳", "水蜜桃", "核桃"]
    assert (await list_titles("苹果"))[:3] == ["苹果", "红富士苹果", "牛腱"]


async def test_a_single_character_of_a_category_finds_its_goods_first(conn: Connection) -> None:
    for title, category, score in (("花生", "oil", 900), ("盆景", "flower", 100), ("油桃", "fruit", 950)):
        product = await make_product(conn, title=title, category=category)
        await conn.execute("UPDATE listings SET score = $2 WHERE id = $1", product.listing_id, score)
    for text, titles in (("花", ["盆景", "花生"]), ("油", ["花生", "油桃"]), ("卉", ["盆景"])):
        page = await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)
        assert [card.title for card in page.items] == titles


@pytest.mark.parametrize("sort", [Sort.PRICE, Sort.SOLD, Sort.NEW])
async def test_every_order_ranks_names_above_places(conn: Connection, sort: Sort) -> None:
    dates = await make_product(conn, title="大枣", price_fen=90_00)
    place = await make_product(conn, await make_producer(conn, name="样例枣强果园"), title="白杏", price_fen=10_00)
    await conn.execute("UPDATE listings SET ranked_sold_count = 9 WHERE id = $1", place.listing_id)
    first = await search_listings(conn, SearchFilters(text="枣", sort=sort), today=SEPTEMBER, limit=1)
    second = await search_listings(
        conn, SearchFilters(text="枣", sort=sort), today=SEPTEMBER, after=first.next, limit=1
    )
    assert [card.id for card in (*first.items, *second.items)] == [dates.listing_id, place.listing_id]
    assert (first.rule, second.next) == (NAME_MATCH_RULES[sort], None)


@pytest.mark.parametrize("division", ["保定", "阜平县", "北果园", "革新庄"])
async def test_every_division_of_its_origin_finds_a_listing(conn: Connection, division: str) -> None:
    await make_product(conn, title="小米")
    await make_product(conn, await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY), title="小米")
    assert await search_titles(conn, f"小米 {division}") == ["小米"]
    assert await search_titles(conn, f"{division}　小米") == ["小米"]


async def test_punctuation_matches_everything_and_is_harmless(conn: Connection) -> None:
    await make_product(conn, title="阜平大枣")
    for text in ("", "  ", "%", "_", "'", "\\", "!&|()", ":*", "'; DROP TABLE listings"):
        page = await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)
        if not split_runs(fold(text)):
            assert [card.title for card in page.items] == ["阜平大枣"]
    assert await search_titles(conn, "%枣") == ["阜平大枣"]


async def test_filters_by_kind_category_division_price_and_month(conn: Connection) -> None:
    here, there = await make_producer(conn), await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY)
    await make_product(conn, here, title="大枣甲", price_fen=10_00, months=[9, 10])
    await make_product(conn, there, title="大枣乙", price_fen=20_00, months=[10])
    await make_product(conn, here, title="大枣丙", price_fen=30_00, category="nut")
    await make_stay(conn, title="大枣院")
    assert await search_titles(conn, "大枣") == ["大枣丙", "大枣乙", "大枣甲", "大枣院"]
    assert await search_titles(conn, "大枣", kind=ListingKind.STAY) == ["大枣院"]
    assert await search_titles(conn, "大枣", category="nut") == ["大枣丙"]
    assert await search_titles(conn, "", division="130725") == ["大枣乙"]
    assert await search_titles(conn, "", division="1307") == ["大枣乙"]
    assert await search_titles(conn, "", division="130624107") == ["大枣丙", "大枣甲"]
    assert await search_titles(conn, "大枣", month=9) == ["大枣甲"]
    assert await search_titles(conn, "大枣", price_from_fen=20_00, price_to_fen=30_00) == ["大枣丙", "大枣乙"]
    assert await search_titles(conn, "大枣", producer_id=there) == ["大枣乙"]


async def test_only_live_listings_are_found(conn: Connection) -> None:
    await make_product(conn, title="大枣", state="withdrawn")
    assert await search_titles(conn, "大枣") == []


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        (Sort.PRICE, ["枣二", "枣三", "枣一"]),
        (Sort.NEW, ["枣三", "枣二", "枣一"]),
        (Sort.SOLD, ["枣一", "枣三", "枣二"]),
        (Sort.SCORE, ["枣三", "枣一", "枣二"]),
    ],
)
async def test_each_sort_order_pages_without_gap_or_repetition(conn: Connection, sort: Sort, titles: list[str]) -> None:
    producer_id = await make_producer(conn)
    for title, price, sold, score in (("枣一", 30_00, 9, 5), ("枣二", 10_00, 1, 5), ("枣三", 20_00, 5, 7)):
        product = await make_product(conn, producer_id, title=title, price_fen=price)
        await conn.execute(
            "UPDATE listings SET ranked_sold_count = $2, score = $3 WHERE id = $1", product.listing_id, sold, score
        )
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = await search_listings(conn, SearchFilters(text="枣", sort=sort), today=SEPTEMBER, after=after, limit=1)
        seen += [card.title for card in page.items]
        after = page.next
    assert seen == titles
    assert after is None


@pytest.mark.parametrize("after", ["nonsense", "1", "1.x", f"{2**63}.{UUID(int=0)}", f"-{10**30}.{UUID(int=0)}"])
async def test_an_invalid_cursor_is_refused(conn: Connection, after: str) -> None:
    with pytest.raises(BadCursor):
        await search_listings(conn, SearchFilters(text="枣"), today=SEPTEMBER, after=after)


async def test_a_card_shows_the_price_per_kilogram_and_the_stock(conn: Connection) -> None:
    product = await make_product(
        conn, title="大枣", price_fen=45_00, net_g=3500, left=7, lot_units_per_item=2, months=[9]
    )
    [card] = (await search_listings(conn, SearchFilters(text="大枣"), today=SEPTEMBER)).items
    assert (card.id, card.per_kg_fen, card.left, card.in_season) == (product.listing_id, 12_86, 3, True)
    assert (card.county, card.category, card.producer) == ("阜平县", "水果", "样例枣园")


async def test_a_page_runs_two_statements_regardless_of_its_length(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    for n in range(30):
        await make_product(conn, producer_id, title=f"大枣{n}")
    counts: list[int] = []
    for most in (1, 24):
        seen: list[object] = []
        with conn.query_logger(seen.append):
            await search_listings(conn, SearchFilters(text="大枣"), today=SEPTEMBER, limit=most)
            await asyncio.sleep(0)
        counts.append(len(seen))
    assert counts == [2, 2]


def test_a_long_query_is_truncated() -> None:
    assert len(parse_query("麦" * 500).pieces[0]) == 42


def test_the_search_columns_contain_characters_pairs_and_initials() -> None:
    columns = build_search_columns("小米A1", county="阜平县", category="杂粮", producer="枣园")
    assert columns.search_text == "小米a1 阜平县 杂粮 枣园"
    assert {"小", "小米", "米a", "a1", "~xm", "~ma", "阜平", "~fp"} <= set(columns.search_words)
    assert columns.search_pinyin.split()[:2] == ["xiaomia1", "xma"]


async def test_a_word_that_the_filters_leave_no_listing_of_is_looked_for_in_no_listing(conn: Connection) -> None:
    """A common word and a filter that seldom meet would be walked for through every listing."""
    product = await make_product(conn, title="小米")
    origin = await conn.fetchval("SELECT origin_code FROM listings WHERE id = $1", product.listing_id)
    nothing = [
        SearchFilters(text="小米", kind=ListingKind.STAY), SearchFilters(text="小米", category="meat"),
        SearchFilters(text="小米", division="130100"),
        SearchFilters(text="小米", division=f"{int(origin) + 1}"), SearchFilters(text="小米", producer_id=UUID(int=0)),
        SearchFilters(text="小米", month=2), SearchFilters(text="小米", price_from_fen=10**9),
        SearchFilters(text="小米", price_to_fen=1),
    ]  # fmt: skip
    for criteria in nothing:
        assert (await search_listings(conn, criteria, today=SEPTEMBER)).items == []
        assert await count_by_county(conn, criteria, today=SEPTEMBER) == []
    assert [each.count for each in await count_by_county(conn, SearchFilters(text="小米"), today=SEPTEMBER)] == [1]

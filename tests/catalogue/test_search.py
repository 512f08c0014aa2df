"""Whatever piece of a title is typed finds it, in a constant number of statements."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.catalogue.models import BadCursor, Kind
from market.catalogue.search import NAMED_FIRST, Sort, Wanted, search_listings
from market.catalogue.searching import ask, fold, runs, search_columns
from market.catalogue.synonyms import MOST_VARIANTS, SYNONYMS, variants_of
from market.kernel import Connection
from tests.factories import VILLAGE_ELSEWHERE, a_producer, a_product, a_stay

TITLES = [
    "张北马铃薯 10斤箱",
    "阜平大枣 礼箱 净重2.5公斤",
    "Ａ级富士苹果（脆甜）80mm",
    "小米 2.5公斤袋",
    "小米椒",
    "黄小米锅巴",
    "蔚县杏扁·手剥 100%",
]


async def found(conn: Connection, text: str, **wanted: object) -> list[str]:
    answer = await search_listings(conn, Wanted(text=text, **wanted), this_month=9)  # pyright: ignore[reportArgumentType]
    return [] if answer.near else sorted(card.title for card in answer.items)


async def the_shop(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    for title in TITLES:
        await a_product(conn, producer_id, title=title)


async def test_every_piece_of_one_to_eight_characters_finds_its_title(conn: Connection) -> None:
    await the_shop(conn)
    missed = [
        (title, title[start : start + length])
        for title in TITLES
        for length in range(1, 9)
        for start in range(len(title) - length + 1)
        if runs(fold(title[start : start + length])) and title not in await found(conn, title[start : start + length])
    ]
    assert missed == []


LETTERS = st.text(st.sampled_from("小米椒大枣阜平县红黄aBc1２Ａ％ ·-"), min_size=2, max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=LETTERS, cut=st.tuples(st.integers(0, 18), st.integers(1, 8)))
async def test_any_piece_of_any_title_finds_it(conn: Connection, title: str, cut: tuple[int, int]) -> None:
    start, length = cut
    piece = title[start : start + length]
    if not runs(fold(piece)) or len(title.strip()) < 2:
        return
    example = conn.transaction()
    await example.start()
    try:
        product = await a_product(conn, title=title)
        answer = await search_listings(conn, Wanted(text=piece), this_month=9, most=100)
    finally:
        await example.rollback()
    assert not answer.near
    assert product.listing_id in [card.id for card in answer.items]


async def test_pairs_that_stand_apart_find_nothing(conn: Connection) -> None:
    await a_product(conn, title="小米米椒")
    assert await found(conn, "小米椒") == []
    assert await found(conn, "小米米椒") == ["小米米椒"]


async def test_every_word_typed_must_be_found_and_names_of_place_and_category_count(conn: Connection) -> None:
    await the_shop(conn)
    assert await found(conn, "阜平县 小米椒") == ["小米椒"]
    assert await found(conn, "水果 礼箱") == ["阜平大枣 礼箱 净重2.5公斤"]
    assert await found(conn, "样例枣园 马铃薯") == ["张北马铃薯 10斤箱"]
    assert await found(conn, "礼箱 马铃薯") == []


@pytest.mark.parametrize("text", ["malingshu", "mls", "ML", "zbmls", "zhangbei", "ma ling shu", "张北 mls"])
async def test_pinyin_and_initials_find_chinese(conn: Connection, text: str) -> None:
    await a_product(conn, title="张北马铃薯", category="tuber")
    await a_product(conn, title="阜平大枣")
    assert await found(conn, text) == ["张北马铃薯"]


@pytest.mark.parametrize("text", ["malinshu", "malingshi", "mallingshu"])
async def test_a_misspelt_pinyin_comes_close(conn: Connection, text: str) -> None:
    await a_product(conn, title="张北马铃薯", category="tuber")
    await a_product(conn, title="阜平大枣")
    answer = await search_listings(conn, Wanted(text=text), this_month=9)
    assert answer.near
    assert [card.title for card in answer.items] == ["张北马铃薯"]


async def test_where_nothing_fits_the_nearest_come_first(conn: Connection) -> None:
    await a_product(conn, title="红枣")
    await a_product(conn, title="阜平红枣干")
    answer = await search_listings(conn, Wanted(text="阜平红枣糕"), this_month=9)
    assert (answer.near, answer.next) == (True, None)
    assert [card.title for card in answer.items] == ["阜平红枣干", "红枣"]


async def test_nothing_is_called_near_that_shares_nothing(conn: Connection) -> None:
    await a_product(conn, title="隆化肉牛（牛腱）", category="livestock")
    answer = await search_listings(conn, Wanted(text="荆条蜜"), this_month=9)
    assert (answer.near, answer.items) == (False, [])


async def test_of_two_words_the_name_of_the_thing_is_nearer_than_its_place(conn: Connection) -> None:
    await a_product(conn, title="阜平大枣")
    there = await a_producer(conn, village=VILLAGE_ELSEWHERE)
    await a_product(conn, there, title="张北小米", category="coarse_grain")
    answer = await search_listings(conn, Wanted(text="阜平 小米"), this_month=9)
    assert (answer.near, [card.title for card in answer.items]) == (True, ["张北小米", "阜平大枣"])


@pytest.mark.parametrize("text", ["红枣", "大枣", "阜平红枣", "栗子", "洋芋", "番薯 阜平"])
async def test_either_name_of_a_thing_finds_both(conn: Connection, text: str) -> None:
    for title in ("阜平大枣", "阜平红枣干", "宽城板栗", "坝上土豆", "阜平红薯"):
        await a_product(conn, title=title, category="tuber")
    wanted = {"栗子": ["宽城板栗"], "洋芋": ["坝上土豆"], "番薯 阜平": ["阜平红薯"]}
    assert await found(conn, text) == wanted.get(text, ["阜平大枣", "阜平红枣干"])


def test_no_word_has_two_meanings() -> None:
    words = [word for group in SYNONYMS for word in group]
    assert len(words) == len(set(words))
    assert all(variants_of(word)[0] == word for word in words)
    assert all(len(group) <= MOST_VARIANTS for group in SYNONYMS)


async def test_the_name_of_the_thing_comes_before_the_name_of_its_place(conn: Connection) -> None:
    gloves = await a_product(conn, title="阜平皮毛手套", category="craft")
    dates = await a_product(conn, title="平山大枣")
    await conn.execute("UPDATE listings SET score = 900 WHERE id = $1", gloves.listing_id)
    first = await search_listings(conn, Wanted(text="平"), this_month=9, most=1)
    second = await search_listings(conn, Wanted(text="平"), this_month=9, after=first.next, most=1)
    assert [card.id for card in (*first.items, *second.items)] == [dates.listing_id, gloves.listing_id]
    assert (first.rule, second.next) == (NAMED_FIRST, None)


@pytest.mark.parametrize("place", ["保定", "阜平县", "北果园", "革新庄"])
async def test_each_place_above_a_thing_finds_it(conn: Connection, place: str) -> None:
    await a_product(conn, title="小米")
    await a_product(conn, await a_producer(conn, village=VILLAGE_ELSEWHERE), title="小米")
    assert await found(conn, f"小米 {place}") == ["小米"]
    assert await found(conn, f"{place}　小米") == ["小米"]


async def test_signs_alone_ask_for_nothing_and_are_harmless(conn: Connection) -> None:
    await a_product(conn, title="阜平大枣")
    for text in ("", "  ", "%", "_", "'", "\\", "!&|()", ":*", "'; DROP TABLE listings"):
        answer = await search_listings(conn, Wanted(text=text), this_month=9)
        if not runs(fold(text)):
            assert [card.title for card in answer.items] == ["阜平大枣"]
    assert await found(conn, "%枣") == ["阜平大枣"]


async def test_filters_narrow_by_kind_category_place_price_and_month(conn: Connection) -> None:
    here, there = await a_producer(conn), await a_producer(conn, village=VILLAGE_ELSEWHERE)
    await a_product(conn, here, title="大枣甲", price_fen=10_00, months=[9, 10])
    await a_product(conn, there, title="大枣乙", price_fen=20_00, months=[10])
    await a_product(conn, here, title="大枣丙", price_fen=30_00, category="nut")
    await a_stay(conn, title="大枣院")
    assert await found(conn, "大枣") == ["大枣丙", "大枣乙", "大枣甲", "大枣院"]
    assert await found(conn, "大枣", kind=Kind.STAY) == ["大枣院"]
    assert await found(conn, "大枣", category="nut") == ["大枣丙"]
    assert await found(conn, "", place="130725") == ["大枣乙"]
    assert await found(conn, "", place="1307") == ["大枣乙"]
    assert await found(conn, "", place="130624107") == ["大枣丙", "大枣甲"]
    assert await found(conn, "大枣", month=9) == ["大枣甲"]
    assert await found(conn, "大枣", price_from_fen=20_00, price_to_fen=30_00) == ["大枣丙", "大枣乙"]
    assert await found(conn, "大枣", producer_id=there) == ["大枣乙"]


async def test_what_is_not_live_is_not_found(conn: Connection) -> None:
    await a_product(conn, title="大枣", state="withdrawn")
    assert await found(conn, "大枣") == []


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        (Sort.PRICE, ["枣二", "枣三", "枣一"]),
        (Sort.NEW, ["枣三", "枣二", "枣一"]),
        (Sort.SOLD, ["枣一", "枣三", "枣二"]),
        (Sort.SCORE, ["枣三", "枣一", "枣二"]),
    ],
)
async def test_each_order_follows_its_rule_over_pages_without_gap_or_repetition(
    conn: Connection, sort: Sort, titles: list[str]
) -> None:
    producer_id = await a_producer(conn)
    for title, price, sold, score in (("枣一", 30_00, 9, 5), ("枣二", 10_00, 1, 5), ("枣三", 20_00, 5, 7)):
        product = await a_product(conn, producer_id, title=title, price_fen=price)
        await conn.execute(
            "UPDATE listings SET sold_count = $2, score = $3 WHERE id = $1", product.listing_id, sold, score
        )
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        answer = await search_listings(conn, Wanted(text="枣", sort=sort), this_month=9, after=after, most=1)
        seen += [card.title for card in answer.items]
        after = answer.next
    assert seen == titles
    assert after is None


@pytest.mark.parametrize("after", ["nonsense", "1", "1.x", f"{2**63}.{UUID(int=0)}", f"-{10**30}.{UUID(int=0)}"])
async def test_a_foreign_cursor_is_refused(conn: Connection, after: str) -> None:
    with pytest.raises(BadCursor):
        await search_listings(conn, Wanted(text="枣"), this_month=9, after=after)


async def test_a_card_tells_the_price_of_a_kilogram_and_what_is_left(conn: Connection) -> None:
    product = await a_product(conn, title="大枣", price_fen=45_00, net_g=3500, left=7, takes=2, months=[9])
    [card] = (await search_listings(conn, Wanted(text="大枣"), this_month=9)).items
    assert (card.id, card.per_kg_fen, card.left, card.in_season) == (product.listing_id, 12_86, 3, True)
    assert (card.county, card.category, card.producer) == ("阜平县", "水果", "样例枣园")


async def test_a_page_takes_two_statements_however_long_it_is(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    for n in range(30):
        await a_product(conn, producer_id, title=f"大枣{n}")
    counts: list[int] = []
    for most in (1, 24):
        seen: list[object] = []
        with conn.query_logger(seen.append):
            await search_listings(conn, Wanted(text="大枣"), this_month=9, most=most)
            await asyncio.sleep(0)
        counts.append(len(seen))
    assert counts == [2, 2]


def test_a_long_query_is_cut() -> None:
    assert len(ask("枣" * 500).pieces[0]) == 42


def test_the_words_of_a_listing_hold_its_characters_pairs_and_initials() -> None:
    columns = search_columns("小米A1", county="阜平县", category="杂粮", producer="枣园")
    assert columns.searched == "小米a1 阜平县 杂粮 枣园"
    assert {"小", "小米", "米a", "a1", "~xm", "~ma", "阜平", "~fp"} <= set(columns.words)
    assert columns.latin.split()[:2] == ["xiaomia1", "xma"]

"""Counties come into channels by file; a channel lists what they sell, from an index; rates are bounded."""

import json
from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.listings.feed import LIST_COUNTIES_FEED_ITEMS, list_feed_items
from market.catalogue.listings.search.counties import FIND_COUNTIES_LISTINGS, list_counties_listings
from market.kernel import Connection, Fen
from market.kernel.database import set_scope
from market.kernel.page import BadCursor
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, Role
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.channels.models import MAX_RATE_AGE_DAYS, UNITS_OF_RATE, ChannelKind, CurrencyWithoutRate, Rate
from market.villages.channels.rates import get_rate, list_recent_rates
from market.villages.channels.read import find_channel, list_channels, list_paired_counties
from payments.money import Amount
from tests.catalogue.listings.test_list_orders import OTHER_COUNTY, add_copies, count_read_listings
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import SEPTEMBER
from tests.support.postgres import as_owner

COUNTIES = "频道,县代码,起始日期,终止日期,依据"
RATES = "币种,日期,外币数,合人民币元,来源"
TODAY = date(2019, 9, 20)
HERE = "130624"


async def take(
    conn: Connection, actor: Actor, kind: str, *rows: str, dry_run: bool = False
) -> tuple[FileOutcome, dict[str, int]]:
    content = "\n".join(({"channels": COUNTIES, "rates": RATES}[kind], *rows)).encode()
    file = CountyFile(county=WHOLE_COUNTRY, name="样例.csv", content=content, dry_run=dry_run, now=NOW)
    await set_scope(conn, WHOLE_COUNTRY)
    taken = await import_county_file(conn, actor, COUNTY_FILE_KINDS[kind], file)
    return taken.outcome, taken.counts


async def list_faults(conn: Connection, actor: Actor, kind: str, *rows: str) -> list[tuple[int, str]]:
    with pytest.raises(FileMalformed) as refused:
        await take(conn, actor, kind, *rows)
    return [(each.row, each.column) for each in refused.value.errors]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


async def test_a_file_puts_counties_into_channels_and_names_its_bad_cells(conn: Connection) -> None:
    ping = await make_official_actor(conn, Role.PLATFORM, "13")
    county = await make_official_actor(conn, Role.COUNTY, HERE)
    rows = (
        "北京,130624,2016-10-01,2018-12-31,样例〔2016〕1号", "北京,130624,2019-01-01,,未核实",
        f"北京,{OTHER_COUNTY},2019-01-01,,未核实", "阜平县,130624,2019-01-01,,样例",
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        await take(conn, county, "channels", *rows)
    assert await take(conn, ping, "channels", *rows, dry_run=True) == (
        FileOutcome.TRIED, {"new": 4, "changed": 0, "same": 0},
    )  # fmt: skip
    assert await list_channels(conn, today=TODAY) == []
    assert (await take(conn, ping, "channels", *rows))[0] is FileOutcome.STORED
    assert (await take(conn, ping, "channels", *rows))[0] is FileOutcome.NO_OP
    channels = [(each.code, each.kind, each.counties) for each in await list_channels(conn, today=TODAY)]
    assert channels == [
        ("beijing", ChannelKind.CITY, ["130624", OTHER_COUNTY]), ("130624", ChannelKind.COUNTY, ["130624"]),
    ]  # fmt: skip
    # The last day is inside, the day after is not.
    ended = f"北京,{OTHER_COUNTY},2019-01-01,2019-09-19,未核实"
    assert (await take(conn, ping, "channels", ended, rows[1]))[1] == {"new": 0, "changed": 1, "same": 1}
    [paired] = await list_paired_counties(conn, "beijing", today=TODAY)
    assert (paired.code, paired.name, paired.since, paired.basis) == ("130624", "阜平县", date(2019, 1, 1), "未核实")
    found = await find_channel(conn, "beijing", today=TODAY - timedelta(days=1))
    assert found is not None
    assert found.counties == ["130624", OTHER_COUNTY]
    assert await find_channel(conn, "paris", today=TODAY) is None
    assert await list_faults(
        conn, ping, "channels",
        "上海,130624,2019-01-01,,未核实", "北京,139999,2019-01-01,,未核实",
        "北京,130624,2018-06-01,2018-07-01,未核实",
        "曲阳县,130624,2019-01-01,,未核实", "北京,130634,2019-02-01,2019-01-31,未核实", "北京,130634,,,无",
    ) == [(2, "频道"), (3, "县代码"), (4, "起始日期"), (5, "频道"), (6, "终止日期"), (7, "起始日期"),
        (7, "依据"),
    ]  # fmt: skip
    for wrong in (
        "INSERT INTO channel_counties VALUES ('beijing', '130624', '[2019-05-01,2019-06-01)', '重叠')",
        "INSERT INTO channel_counties VALUES ('130624', '130634', '[2015-05-01,2015-06-01)', '别的县')",
        "INSERT INTO channels (code, kind, name) VALUES ('paris', 'county', '巴黎')",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with conn.transaction():
                await conn.execute(wrong)


async def test_a_channel_lists_what_its_counties_sell_once_in_order(conn: Connection) -> None:
    """A late page too reads of each county at most what a page shows; a county outside is not in it."""
    await add_copies(conn, 400)
    async with as_owner(conn):
        await conn.execute("UPDATE listings SET score = number % 7")
        await conn.execute("ANALYZE listings, variants")
    expected = await conn.fetch(
        "SELECT id FROM listings WHERE state = 'live' AND county_code = ANY($1) ORDER BY score DESC, id",
        [HERE, OTHER_COUNTY],
    )
    for counties, rows in (([HERE, OTHER_COUNTY], expected), ([], [])):
        seen: list[object] = []
        after: str | None = None
        while True:
            page = await list_counties_listings(conn, counties, today=SEPTEMBER, after=after, limit=50)
            seen += [each.id for each in page.items]
            after = page.next
            if after is None:
                break
        assert seen == [row["id"] for row in rows]
    only = await list_counties_listings(conn, [OTHER_COUNTY], today=SEPTEMBER, limit=100)
    assert {each.county_code for each in only.items} == {OTHER_COUNTY}
    last = await list_counties_listings(conn, [HERE, OTHER_COUNTY], today=SEPTEMBER, limit=100)
    assert last.next is not None
    key, _, listing = last.next.partition(".")
    values = {
        "counties": [HERE, OTHER_COUNTY], "today": SEPTEMBER, "after_key": int(key), "after_id": listing, "limit": 20,
    }  # fmt: skip
    arguments = [values[name] for name in FIND_COUNTIES_LISTINGS.names]
    plan = await conn.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {FIND_COUNTIES_LISTINGS.sql}", *arguments)
    # Those of the same score before the page are read again, at most a seventh of the county's.
    read = count_read_listings(json.loads(plan)[0]["Plan"])
    assert max(read) <= 2 * 20 + 400 // 7
    with pytest.raises(BadCursor):
        await list_counties_listings(conn, [HERE], today=SEPTEMBER, after="x", limit=5)


async def test_the_feed_of_a_channel_holds_each_pack_of_its_counties_once(conn: Connection) -> None:
    await add_copies(conn, 300)
    async with as_owner(conn):
        await conn.execute("ANALYZE listings, variants")
    expected = await conn.fetch(
        "SELECT number FROM listings WHERE state = 'live' AND county_code = $1 ORDER BY number", OTHER_COUNTY
    )
    seen: list[int] = []
    after: tuple[int, int] | None = (0, 0)
    while after is not None:
        items, after = await list_feed_items(conn, after=after, limit=20, today=SEPTEMBER, counties=[OTHER_COUNTY])
        seen += [each.number for each in items]
    assert seen == [row["number"] for row in expected]
    middle = seen[len(seen) // 2]
    values = {"counties": [OTHER_COUNTY], "today": SEPTEMBER, "number": middle, "position": 0, "limit": 20}
    arguments = [values[name] for name in LIST_COUNTIES_FEED_ITEMS.names]
    await conn.execute(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
    )
    plan = await conn.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {LIST_COUNTIES_FEED_ITEMS.sql}", *arguments)
    assert max(count_read_listings(json.loads(plan)[0]["Plan"])) <= 22


async def test_rates_come_by_file_and_an_old_one_is_not_shown(conn: Connection) -> None:
    ping = await make_official_actor(conn, Role.PLATFORM, "13")
    rows = ("USD,2019-09-19,1,7.0732,样例", "JPY,2019-09-10,100,6.5512,样例", "EUR,2019-09-11,1,7.8,样例")
    assert (await take(conn, ping, "rates", *rows, dry_run=True))[1] == {"new": 3, "changed": 0, "same": 0}
    assert await list_recent_rates(conn, today=TODAY) == {}
    assert (await take(conn, ping, "rates", *rows))[1] == {"new": 3, "changed": 0, "same": 0}
    rates = await list_recent_rates(conn, today=TODAY)
    # Ten days old is too old, nine are not.
    assert (MAX_RATE_AGE_DAYS, sorted(rates)) == (10, ["EUR", "USD"])
    dollar = get_rate(rates, "USD")
    assert (dollar.fen_per_10000, dollar.convert(Fen(45_00))) == (7_073_200, Amount(6_36, "USD"))
    with pytest.raises(CurrencyWithoutRate):
        get_rate(rates, "JPY")
    assert (await list_recent_rates(conn, today=date(2019, 9, 19)))["JPY"].convert(Fen(1_00)) == Amount(15, "JPY")
    corrected = "USD,2019-09-19,1,7.0730,样例改"
    assert (await take(conn, ping, "rates", corrected, rows[1]))[1] == {"new": 0, "changed": 1, "same": 1}
    assert await list_faults(
        conn, ping, "rates",
        "CNY,2019-09-19,1,1,样例", "usd,2019-09-19,1,7,样例", "USD,2019-09-21,1,7,样例", "USD,2019-09-18,10,7,样例",
        "USD,2019-09-20,1,70.73,样例", "USD,2019-09-17,1,7.07321,样例", "USD,2019-09-16,1,0,样",
    ) == [(2, "币种"), (3, "币种"), (4, "日期"), (5, "外币数"), (6, "合人民币元"), (7, "合人民币元"),
        (8, "来源"), (8, "合人民币元"),
    ]  # fmt: skip
    for wrong in (
        "INSERT INTO rates VALUES ('CNY', '2019-01-01', 10000, '样例')",
        "INSERT INTO rates VALUES ('CHF', '2019-01-01', 0, '样例')",
        "UPDATE rates SET fen_per_10000 = -1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with conn.transaction():
                await conn.execute(wrong)


async def test_an_order_is_in_cny_by_check(conn: Connection) -> None:
    async with as_owner(conn):
        check = await conn.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'orders_in_cny' AND convalidated"
        )
    assert check == "CHECK ((currency = 'CNY'::text))"
    assert not await conn.fetchval("SELECT has_column_privilege('market_app', 'orders', 'currency', 'INSERT, UPDATE')")


@given(fen=st.integers(1, 100_000_000), rate=st.integers(1, 10**12), currency=st.sampled_from(["USD", "JPY"]))
def test_a_converted_price_is_off_by_at_most_half_of_its_smallest_unit(fen: int, rate: int, currency: str) -> None:
    about = Rate(currency=currency, day=TODAY, fen_per_10000=rate, source="样例").convert(Fen(fen))
    units = UNITS_OF_RATE * (1 if currency == "JPY" else 100)
    assert -rate < 2 * (fen * units - about.minor * rate) <= rate or 2 * (about.minor * rate - fen * units) == rate

"""Who gains from a sale is recorded from the release to the refund, and stands behind a wall."""

import asyncio
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from market.cases.casework.moves import get_account_scope
from market.kernel import Connection, Fen
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.privacy.personal_data import load_personal_data
from market.reports.village_benefits import list_ended_quarters, list_village_benefits
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import load_suborders, lock_order
from market.villages.benefits.models import HouseholdLink, HouseholdPhoneInvalid, HouseholdUnknown
from market.villages.benefits.record import record_benefits, record_next_change
from market.villages.benefits.rules_file import import_benefit_rules, write_rules_template
from market.villages.benefits.views import (
    link_household,
    list_own_benefits,
    list_shop_households,
    list_shop_rules,
    sum_village_benefits,
)
from market.villages.benefits.wall import enter_benefits
from payments.sql import QUERIES
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.kernel.test_queries import import_every_module
from tests.support.make import (
    SEAL,
    VILLAGE,
    load_owner,
    make_account,
    make_freight_template,
    make_producer,
    make_product,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

HEAD = "商品,户编号,方式,比例"
WALNUTS = ("{0},N07,工钱,1.50", "{0},N05,卖货,50%", "{0},N06,卖货,30%", "{0},N07,卖货,20%")
LIST_ENTRIES = """
    SELECT l.position, h.code, e.how, e.fen FROM benefits.entries e
      JOIN order_lines l ON l.id = e.order_line_id JOIN benefits.households h ON h.id = e.household_id
     ORDER BY e.id
"""


async def take(conn: Connection, seller: Actor, shop: UUID, *rows: str, dry_run: bool = False) -> tuple[int, int, bool]:
    done = await import_benefit_rules(
        conn, seller, shop, name="受益.csv", content="\n".join((HEAD, *rows)).encode(), dry_run=dry_run, now=NOW
    )
    return done.listings, done.households, done.repeated


async def refund(market: Shopping, order_id: UUID, fen: int, key: str, line_id: UUID | None = None) -> None:
    async with market.db.transaction() as conn:
        await lock_order(conn, order_id)
        [suborder] = await load_suborders(conn, order_id)
        await refund_suborder(
            conn, suborder, goods_fen=Fen(fen), line_id=line_id, key=key, kind="bad_fruit", reason="bad_fruit",
            by=market.buyer.account_id, now=NOW,
        )  # fmt: skip


async def test_a_sale_and_its_refund_come_out_as_in_the_golden_story(
    shopping: Shopping, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with shopping.db.transaction() as conn:
        walnuts = await make_product(conn, title="样例核桃", unit="袋", price_fen=32_00, category="grain")
        await make_freight_template(conn, walnuts.producer_id)
        farmer = await load_owner(conn, walnuts.producer_id)
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", walnuts.listing_id)
        assert await take(conn, farmer, walnuts.producer_id, *(each.format(number) for each in WALNUTS)) == (
            1,
            3,
            False,
        )
        person = await make_account(conn, name="样例户七", phone="17020000077")
        link = HouseholdLink(code="N07", phone="170 2000 0077")
        assert (await link_household(conn, shopping.seal, farmer, walnuts.producer_id, link)).linked
    order = await shopping.place([(walnuts.variant_id, 3)])
    await shopping.pay(order)
    assert await record_benefits(shopping.db, now=NOW) == 0
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    # The refund comes before anybody recorded the release: both are recorded as they happened.
    await refund(shopping, order.id, 19_20, "one")
    assert await record_benefits(shopping.db, now=NOW) == 2
    assert await record_benefits(shopping.db, now=NOW) == 0
    assert [tuple(row) for row in await owner.fetch(LIST_ENTRIES)] == [
        (1, "N07", "wage", 4_50), (1, "N05", "sale", 44_79), (1, "N06", "sale", 26_87), (1, "N07", "sale", 17_92),
        (1, "N05", "sale", -9_41), (1, "N06", "sale", -5_65), (1, "N07", "sale", -3_76),
    ]  # fmt: skip
    async with shopping.db.transaction() as conn:
        own = await list_own_benefits(conn, person)
        assert [(each.month, each.how, each.fen) for each in own] == [
            (date(2019, 9, 1), "sale", 14_16), (date(2019, 9, 1), "wage", 4_50),
        ]  # fmt: skip
        assert await list_own_benefits(conn, shopping.buyer.account_id) == []
    for account, lines in ((person, own), (shopping.buyer.account_id, [])):
        async with shopping.db.transaction(scope=get_account_scope(account)) as conn:
            assert (await load_personal_data(conn, shopping.seal, account)).benefits == lines, "the copy of one's data"
    # More than was paid for the line, and less than nothing.
    for code, fen in (("N05", 1_54), ("N06", -1)):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await owner.execute(
                """
                INSERT INTO benefits.entries (change_id, order_line_id, household_id, how, fen, day)
                SELECT DISTINCT ON (1) e.change_id, e.order_line_id, h.id, 'rent', $2::bigint, e.day
                  FROM benefits.entries e, benefits.households h WHERE h.code = $1
                """,
                code, fen,
            )  # fmt: skip
        assert refused.value.sqlstate == "P0916", code
    # All the rest goes back: nothing is left, and the work stays unpaid for nothing.
    await refund(shopping, order.id, 76_80, "two")
    assert await record_benefits(shopping.db, now=NOW) == 1
    assert await owner.fetchval("SELECT sum(fen) FROM benefits.entries") == 0
    assert await owner.fetchval("SELECT payable_fen FROM suborders") == 0
    for wrong in ("UPDATE benefits.entries SET fen = 1", "DELETE FROM benefits.entries", "TRUNCATE benefits.entries"):
        with pytest.raises(asyncpg.PostgresError):
            await owner.execute(wrong)


async def test_two_workers_record_each_change_once(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        walnuts = await make_product(conn, title="样例核桃", unit="袋", price_fen=32_00, category="grain")
        await make_freight_template(conn, walnuts.producer_id)
        farmer = await load_owner(conn, walnuts.producer_id)
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", walnuts.listing_id)
        await take(conn, farmer, walnuts.producer_id, f"{number},N05,卖货,100%")
    orders = [await shopping.place([(walnuts.variant_id, 1)]) for _ in range(3)]
    for order in orders:
        await shopping.pay(order)
        async with shopping.db.transaction() as conn:
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        await refund(shopping, order.id, 10_00, "one")
    # While a release is being recorded, the refund after it waits: the second worker takes the next order's release.
    async with shopping.db.transaction() as first, shopping.db.transaction() as second:
        assert await record_next_change(first, now=NOW)
        assert await record_next_change(second, now=NOW)
    done = await asyncio.gather(*(record_benefits(shopping.db, now=NOW) for _ in range(4)))
    assert sum(done) + await record_benefits(shopping.db, now=NOW) == 4
    async with shopping.db.transaction() as conn:
        found = await sum_village_benefits(conn, "130624", first=date(2019, 7, 1), until=date(2019, 10, 1))
        paid = await conn.fetchval("SELECT sum(payable_fen) FROM suborders")
    assert {each.fen for each in found} == {paid}


async def sell(market: Shopping, *prices: int) -> UUID:
    """Sell goods of one shop, of each of which N05 gains everything, and return the id of the order."""
    async with market.db.transaction() as conn:
        one = await make_product(conn, price_fen=prices[0])
        goods = [one] + [await make_product(conn, one.producer_id, price_fen=each) for each in prices[1:]]
        await make_freight_template(conn, one.producer_id)
        farmer = await load_owner(conn, one.producer_id)
        numbers = [await conn.fetchval("SELECT number FROM listings WHERE id = $1", each.listing_id) for each in goods]
        await take(conn, farmer, one.producer_id, *(f"{number},N05,卖货,100%" for number in numbers))
    order = await market.place([(each.variant_id, 1) for each in goods])
    await market.pay(order)
    async with market.db.transaction() as conn:
        await confirm_receipt(conn, market.seal, market.buyer, order.id, positions=[1], now=NOW)
    return order.id


async def test_a_refunded_line_keeps_no_fen_of_rounding(
    shopping: Shopping, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The release gives the line 5.74 of 5.85, and its whole refund takes 5.73 from the producer."""
    order_id = await sell(shopping, 5_85, 7_40, 6_94)
    assert await record_benefits(shopping.db, now=NOW) == 1
    line = await owner.fetchval("SELECT id FROM order_lines WHERE amount_fen = 585")
    await refund(shopping, order_id, 5_85, "one", line)
    assert await record_benefits(shopping.db, now=NOW) == 1
    assert await owner.fetchval("SELECT payable_fen FROM suborders") == 14_06
    assert await owner.fetchval("SELECT sum(fen) FROM benefits.entries") == 14_05
    assert await owner.fetchval("SELECT sum(fen) FROM benefits.entries WHERE order_line_id = $1", line) == 0


async def test_a_change_that_cannot_be_recorded_delays_no_other_suborder(
    shopping: Shopping, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await sell(shopping, 45_00)
    await owner.execute(
        "UPDATE benefits.payable_changes SET lines = jsonb_set(lines, '{0,left_fen}', '0')"  # of which nothing is left
    )
    await sell(shopping, 30_00)
    assert await record_benefits(shopping.db, now=NOW) == 1
    assert await owner.fetchval("SELECT count(*) FROM benefits.payable_changes WHERE recorded_at IS NULL") == 1


async def test_a_file_replaces_rules_from_today_or_names_its_bad_cells(conn: Connection) -> None:
    product = await make_product(conn)
    farmer = await load_owner(conn, product.producer_id)
    shop = product.producer_id
    number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id)
    rows = [each.format(number) for each in WALNUTS]
    assert await take(conn, farmer, shop, *rows, dry_run=True) == (1, 3, False)
    assert await list_shop_households(conn, farmer, shop) == []
    assert await take(conn, farmer, shop, *rows) == (1, 3, False)
    assert await take(conn, farmer, shop, *rows) == (1, 0, True)
    rules = await list_shop_rules(conn, farmer, shop)
    assert [(each.code, each.how, each.share_bp, each.wage_per_unit_fen) for each in rules] == [
        ("N05", "sale", 5000, None), ("N06", "sale", 3000, None), ("N07", "sale", 2000, None),
        ("N07", "wage", None, 150),
    ]  # fmt: skip
    assert await take(conn, farmer, shop, f"{number},N05,租金,60%", f"{number},N08,分红,40.00%") == (1, 1, False)
    assert [each.code for each in await list_shop_rules(conn, farmer, shop)] == ["N05", "N08"]
    for wrong, column in (
        ([f"{number},N05,卖货,99.99%"], "比例"),
        ([f"{number},N05,卖货,50%", f"{number},N05,卖货,50%"], "户编号"),
        (["999,N05,卖货,100%"], "商品"),
        ([f"{number},N05,送的,100%"], "方式"),
        ([f"{number},N05,工钱,0"], "比例"),
        ([f"{number},N05,工钱,1.50"], "比例"),
        ([f"{number},N05,卖货,101%"], "比例"),
        ([f"{number},,卖货,100%"], "户编号"),
    ):
        with pytest.raises(FileMalformed) as refused:
            await take(conn, farmer, shop, *wrong)
        assert {each.column for each in refused.value.errors} == {column}, wrong  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    stranger = await load_owner(conn, await make_producer(conn, name="样例别家"))
    for call in (
        take(conn, stranger, shop, *rows),
        list_shop_rules(conn, stranger, shop),
        list_shop_households(conn, stranger, shop),
    ):
        with pytest.raises(NotFound):
            await call
    assert write_rules_template()[:2] == b"PK"
    async with enter_benefits(conn):
        point = conn.transaction()
        await point.start()
        await conn.execute("UPDATE benefits.rules SET valid_during = '[2019-01-01,2019-10-01)' WHERE share_bp = 4000")
        with pytest.raises(asyncpg.PostgresError) as unbalanced:
            await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await point.rollback()
    assert unbalanced.value.sqlstate == "P0915"


async def test_a_household_is_seen_by_one_account(conn: Connection) -> None:
    product = await make_product(conn)
    farmer = await load_owner(conn, product.producer_id)
    number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id)
    await take(conn, farmer, product.producer_id, f"{number},N05,卖货,60%", f"{number},{'N' * 20},卖货,40%")
    await make_account(conn, name="样例户五", phone="17020000055")
    for code, phone, refusal in (
        ("N05", "x", HouseholdPhoneInvalid),
        ("N06", "17020000055", HouseholdUnknown),
        ("N" * 21, "17020000055", HouseholdUnknown),
    ):
        with pytest.raises(refusal):
            await link_household(conn, SEAL, farmer, product.producer_id, HouseholdLink(code=code, phone=phone))
    stranger = await load_owner(conn, await make_producer(conn, name="样例别家"))
    with pytest.raises(NotFound):
        await link_household(conn, SEAL, stranger, product.producer_id, HouseholdLink(code="N05", phone="17020000055"))


async def test_no_query_about_the_reduction_reads_benefits(conn: Connection) -> None:
    for table in ("households", "rules", "payable_changes", "entries", "files"):
        for statement in (
            f"SELECT FROM benefits.{table}",
            f"DELETE FROM benefits.{table}",
            f"COPY benefits.{table} TO STDOUT",
        ):
            point = conn.transaction()
            await point.start()
            with pytest.raises(asyncpg.PostgresError) as refused:
                await conn.execute(statement)
            await point.rollback()
            assert refused.value.sqlstate == "42501", statement
    # A subsidy query that joined them is refused too, in the scope of a county.
    point = conn.transaction()
    await point.start()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.fetch(
            "SELECT m.household_code FROM memberships m JOIN benefits.households h ON h.code = m.household_code"
        )
    await point.rollback()
    # The role of benefits sees nothing else, and is taken by this package alone.
    async with enter_benefits(conn):
        assert await conn.fetchval("SELECT current_user") == "market_benefits"
        point = conn.transaction()
        await point.start()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT FROM households")
        await point.rollback()
    assert await conn.fetchval("SELECT current_user") == "market_app"
    import_every_module()
    readers = {each.module for each in QUERIES if "benefits." in each.text or "market_benefits" in each.text}
    assert {each for each in readers if not each.startswith(("market.villages.benefits.", "tests."))} == set()
    assert {each.module for each in QUERIES if "set_config('role'" in each.text} == {"market.villages.benefits.wall"}


async def test_the_role_is_given_back_when_the_work_fails(conn: Connection) -> None:
    for failure in (ValueError("样例"), None):
        try:
            async with enter_benefits(conn):
                if failure is None:
                    await conn.execute("SELECT FROM persons")
                else:
                    raise failure
        except (ValueError, asyncpg.InsufficientPrivilegeError):
            pass
        assert await conn.fetchval("SELECT current_user") == "market_app"


async def test_officials_see_sums_of_ten_households_of_ended_quarters(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    product = await make_product(conn)
    other_village = "130624101201"
    account = await make_account(conn, name="样例登记的")
    await conn.execute("SET LOCAL ROLE NONE")
    order_line = await make_line(conn, product.listing_id, product.variant_id, product.producer_id)
    change = await conn.fetchval(
        "INSERT INTO benefits.payable_changes (suborder_id, after_fen, lines, at)"
        " SELECT suborder_id, 0, '[]', $2 FROM order_lines WHERE id = $1 RETURNING id",
        order_line, NOW,
    )  # fmt: skip
    for village, count, how, fen, day in (
        (VILLAGE, 12, "sale", 100, date(2019, 5, 1)),
        (VILLAGE, 11, "rent", 50, date(2019, 6, 30)),
        (other_village, 10, "sale", 70, date(2019, 4, 1)),
        (other_village, 3, "rent", 30, date(2019, 5, 1)),
        (VILLAGE, 12, "wage", 10, date(2019, 7, 1)),
    ):
        for index in range(count):
            await conn.execute(
                """
                WITH one AS (
                    INSERT INTO benefits.households (producer_id, code, village_code, added_by, added_at)
                    VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (producer_id, code) DO UPDATE SET village_code = EXCLUDED.village_code RETURNING id)
                INSERT INTO benefits.entries (change_id, order_line_id, household_id, how, fen, day)
                SELECT $6, $7, id, $8, $9, $10 FROM one
                """,
                product.producer_id, f"{village[-3:]}-{index}", village, account, NOW, change, order_line, how, fen,
                day,
            )  # fmt: skip
    await conn.execute("SET LOCAL ROLE market_app")
    quarter, today = date(2019, 4, 1), date(2019, 9, 20)
    assert list_ended_quarters(today)[:2] == [quarter, date(2019, 1, 1)]
    shown = {
        (each.village_code, each.how): (each.households, each.fen)
        for each in await list_village_benefits(conn, county, "130624", quarter=quarter, today=today)
    }
    # Three households' rent in one village is hidden, and with it what would give it away: its sale and its rent in
    # the other village, of whose sums one each would do.
    assert shown == {
        (VILLAGE, "sale"): (None, None),
        (VILLAGE, "rent"): (None, None),
        (VILLAGE, None): (12, 1750),
        (other_village, "sale"): (None, None),
        (other_village, "rent"): (None, None),
        (other_village, None): (10, 790),
        (None, "sale"): (22, 1900),
        (None, "rent"): (14, 640),
        (None, None): (22, 2540),
    }
    assert await list_village_benefits(conn, county, "130624", quarter=date(2019, 7, 1), today=today) == []
    with pytest.raises(NotAllowed):
        await list_village_benefits(conn, elsewhere, "130624", quarter=quarter, today=today)


async def make_line(conn: Connection, listing: UUID, variant: UUID, producer: UUID) -> UUID:
    """Insert an order with a line of 10,000.00, of which entries may be."""
    buyer = await make_account(conn, name="样例买家")
    order = await conn.fetchval(
        """
        INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,
                            total_fen, items, placed_at, pay_until)
        VALUES (uuidv7(), $1, 'x', 'x', '130000', 'x', 1000000, 0, 1000000, 1, $2, $2) RETURNING id
        """,
        buyer, NOW,
    )  # fmt: skip
    suborder = await conn.fetchval(
        """
        INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
        VALUES (uuidv7(), $1, 1, $2, 'goods', 1000000, 0, 0) RETURNING id
        """,
        order, producer,
    )  # fmt: skip
    return await conn.fetchval(
        """
        INSERT INTO order_lines (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                                 amount_fen)
        VALUES ($1, 1, $2, $3, '样例', '箱', 1, 1000000, 1000000) RETURNING id
        """,
        suborder, listing, variant,
    )  # fmt: skip

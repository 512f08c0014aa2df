"""Reads anywhere, writes at home: which package may change which table."""

import re

from market.kernel import Connection
from payments.sql import QUERIES
from tests.kernel.test_queries import every_module

HOMES = {
    "places": {"divisions", "division_names", "listed_counties", "holidays"},
    "identity": {"accounts", "grants", "sign_in_codes", "sessions", "second_factor_uses"},
    "audit": {"audit_entries"},
    "storage": {"photos"},
    "notify": {"messages"},
    "producers": {"producers", "producer_members", "producer_steps", "certificates"},
    "catalogue": {"categories", "freight_templates", "listings", "variants", "rooms", "night_prices", "cancel_tiers"},
    "stock": {"lots", "stock_moves"},
    "bookings": {"bookings", "taken_nights", "booked_nights"},
    "orders": {"cart_lines", "cart_nights", "orders", "suborders", "order_lines", "suborder_events", "line_refunds"},
    "aftersales": {"reviews"},
}
NEIGHBOURS = {
    ("aftersales", "suborders"): "dispatch and receipt are moves of the suborder, made where they happen",
    ("aftersales", "bookings"): "arrival is a move of the booking, made where it happens",
    ("orders", "listings"): "how much was sold is counted on the listing when it is paid",
    ("testing", "accounts"): "a person to test with",
}
"""Writes over the fence, each with its reason."""
WRITE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([a-z_]+(?:\.[a-z_]+)?)", re.IGNORECASE)
NOT_TABLES = {"set", "of", "nowait", "skip"}


def home_of(table: str) -> str:
    """Name the package that a table lives in; what is not listed is the subsidy's."""
    schema, _, _ = table.partition(".")
    if schema in {"payments", "jobs"} and "." in table:
        return schema
    return next((package for package, tables in HOMES.items() if table in tables), "subsidies")


def package_of(module: str) -> str:
    """Name the package that a module lies in."""
    parts = module.split(".")
    return "payments" if parts[0] == "payments" else parts[1]


async def test_a_package_writes_only_its_own_tables() -> None:
    every_module()
    abroad = {
        f"{query.module} writes {table}"
        for query in QUERIES
        if not query.module.startswith("tests")
        for table in WRITE.findall(query.text)
        if table.lower() not in NOT_TABLES and home_of(table) not in {package_of(query.module), "jobs"}
        if package_of(query.module) != "sample" and (package_of(query.module), table) not in NEIGHBOURS
    }
    assert sorted(abroad) == []


async def test_every_table_of_the_shop_has_a_home(conn: Connection) -> None:
    listed = {table for tables in HOMES.values() for table in tables}
    found = {row[0] for row in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert sorted(listed - found) == []


async def test_the_service_owns_nothing_and_guarded_tables_show_nothing_by_default(conn: Connection) -> None:
    assert await conn.fetchval("SELECT count(*) FROM pg_class WHERE relowner = 'market_app'::regrole") == 0
    guarded = {row[0] for row in await conn.fetch("SELECT relname FROM pg_class WHERE relrowsecurity")}
    by_county = {
        row[0]
        for row in await conn.fetch(
            """
            SELECT table_name FROM information_schema.columns c JOIN pg_tables t ON t.tablename = c.table_name
             WHERE column_name = 'county_code' AND table_schema = 'public'
            """
        )
    }
    open_to_all = {"divisions", "listed_counties", "producers", "listings"}
    assert sorted(by_county - guarded - open_to_all) == []

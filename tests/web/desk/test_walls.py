"""The walls (R16): no query joins what a household sells to its eligibility, and the register stays at the desk."""

import importlib
import pkgutil
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import market
from market.kernel import Database
from payments.sql import QUERIES
from tests.service import Service
from tests.web.desk.county import COUNTY, People, take_january, the_file, the_service
from tests.web.desk.desks import at_the_desk

SHOP = {
    "producers", "producer_members", "producer_steps", "certificates", "listings", "lots", "variants", "stock_moves",
    "rooms", "cart_lines", "cart_nights", "orders", "suborders", "order_lines", "bookings", "taken_nights",
    "suborder_events", "line_refunds", "reviews",
}  # fmt: skip
REGISTER = {
    "persons", "households", "household_standings", "memberships", "programmes", "programme_terms", "bindings",
    "enrolments", "usage_days", "openings", "claims", "cycles", "runs", "run_lines", "findings", "finding_lines",
    "subsidy_postings", "case_snapshots",
}  # fmt: skip
_TABLE = re.compile(r"(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)", re.IGNORECASE)


@pytest.fixture
async def service(dsn: str, folder: Path, county: People) -> AsyncGenerator[Service]:
    del county  # the files are taken before the service answers
    async with the_service(dsn, folder) as running:
        yield running


def load_everything() -> None:
    for found in pkgutil.walk_packages(market.__path__, "market."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def test_no_query_joins_sales_to_the_register() -> None:
    load_everything()
    joined = [
        query.module
        for query in QUERIES
        if set(_TABLE.findall(query.text)) & SHOP and set(_TABLE.findall(query.text)) & REGISTER
    ]
    assert joined == []


def test_no_query_of_the_subsidies_reads_the_shop() -> None:
    load_everything()
    desks = ("market.subsidies", "market.reports.", "market.web.desk", "market.api.subsid")
    official = [query for query in QUERIES if query.module.startswith(desks)]
    reading = [
        (query.module, sorted(set(_TABLE.findall(query.text)) & SHOP))
        for query in official
        if set(_TABLE.findall(query.text)) & SHOP and not query.module.startswith("market.web.desk.producers")
    ]
    assert len(official) > 100
    assert reading == []


async def test_every_table_of_the_walls_exists(shared: Database) -> None:
    async with shared.connection() as conn:
        rows = await conn.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    tables = {row["table_name"] for row in rows}
    assert (REGISTER | SHOP) - tables == set()


async def test_nothing_of_a_person_of_the_register_leaves_the_desk(
    service: Service, county: People, database: Database
) -> None:
    await take_january(database, county, until="close")
    rows = [line.split(",") for line in the_file("register/register-2018-12-20.csv").decode("utf-8-sig").splitlines()]
    names = {row[2] for row in rows[1:]}
    identities = {row[4] for row in rows[1:]}
    numbers = {
        line.split(",")[3]
        for day in ("2018-12-21", "2019-02-01")
        for line in the_file(f"bindings/bindings-{day}.csv").decode("utf-8-sig").splitlines()[1:]
    }
    planted = names | identities | numbers
    assert len(planted) > 90
    shown: list[str] = []
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        for path in (
            "/desk", "/desk/months", "/desk/months/2019-01", "/desk/places?household=H02&line=YD-02", "/desk/findings",
            "/desk/imports", "/desk/notices?all=1", "/desk/programmes", "/desk/sheets/2019-01",
            "/desk/sheets/2019-01/approval.xlsx", "/desk/quarters/2019Q1",
        ):  # fmt: skip
            text = (await walker.client.get(path)).text
            shown += [f"{path}: {word}" for word in planted if word in text]
    async with at_the_desk(service, None) as walker:
        for path in ("/", "/search?q=样例", "/sitemap.xml", "/metrics", "/schema/openapi.json"):
            text = (await walker.client.get(path)).text
            shown += [f"{path}: {word}" for word in planted if word in text]
    assert shown == []


async def test_the_record_of_what_was_done_names_no_person(database: Database, county: People) -> None:
    await take_january(database, county, until="close")
    async with database.transaction(scope=COUNTY) as conn:
        details = await conn.fetchval("SELECT string_agg(detail::text || object, ' ') FROM audit_entries")
    rows = [line.split(",") for line in the_file("register/register-2018-12-20.csv").decode("utf-8-sig").splitlines()]
    assert [row[4] for row in rows[1:] if row[4] in details or row[2] in details] == []

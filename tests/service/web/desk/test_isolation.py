"""Isolation (R16): no query joins a household's sales to its eligibility, and register data stays on the desk."""

import importlib
import pkgutil
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import market
from market.kernel import Database
from payments.sql import QUERIES
from tests.service.web.desk.county import COUNTY, Officials, play_january, read_story_file, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service

SHOP = {
    "producers", "producer_members", "producer_steps", "certificates", "listings", "lots", "variants", "stock_moves",
    "rooms", "cart_lines", "cart_nights", "orders", "suborders", "order_lines", "bookings", "taken_nights",
    "suborder_events", "line_refunds", "reviews",
}  # fmt: skip
REGISTER = {
    "persons", "households", "household_statuses", "memberships", "programmes", "programme_terms", "bindings",
    "enrolments", "usage_days", "openings", "claims", "cycles", "runs", "run_lines", "findings", "finding_lines",
    "subsidy_postings", "case_snapshots", "run_explanations", "listed_facts", "register_checks",
    "programme_checks",
}  # fmt: skip
_TABLE = re.compile(r"(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)", re.IGNORECASE)


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


def import_all_modules() -> None:
    for found in pkgutil.walk_packages(market.__path__, "market."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def test_no_query_joins_sales_to_the_register() -> None:
    import_all_modules()
    joined = [
        query.module
        for query in QUERIES
        if set(_TABLE.findall(query.text)) & SHOP and set(_TABLE.findall(query.text)) & REGISTER
    ]
    assert joined == []


def test_no_query_of_the_subsidies_reads_the_shop() -> None:
    import_all_modules()
    desks = ("market.subsidies", "market.reports.", "market.service.web.desk", "market.service.api.subsid")
    official = [query for query in QUERIES if query.module.startswith(desks)]
    reading = [
        (query.module, sorted(set(_TABLE.findall(query.text)) & SHOP))
        for query in official
        if set(_TABLE.findall(query.text)) & SHOP
        and not query.module.startswith("market.service.web.desk.sellers.producers")
    ]
    assert len(official) > 100
    assert reading == []


async def test_every_isolated_table_exists(shared: Database) -> None:
    async with shared.connection() as conn:
        rows = await conn.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    tables = {row["table_name"] for row in rows}
    assert (REGISTER | SHOP) - tables == set()


async def test_no_personal_data_of_the_register_is_shown(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="close")
    rows = [
        line.split(",") for line in read_story_file("register/register-2018-12-20.csv").decode("utf-8-sig").splitlines()
    ]
    names = {row[2] for row in rows[1:]}
    identities = {row[4] for row in rows[1:]}
    numbers = {
        line.split(",")[3]
        for day in ("2018-12-21", "2019-02-01")
        for line in read_story_file(f"bindings/bindings-{day}.csv").decode("utf-8-sig").splitlines()[1:]
    }
    personal = names | identities | numbers
    assert len(personal) > 90
    shown: list[str] = []
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        for path in (
            "/desk", "/desk/months", "/desk/months/2019-01", "/desk/places?household=H02&line=YD-02", "/desk/findings",
            "/desk/imports", "/desk/notices?all=1", "/desk/programmes", "/desk/sheets/2019-01",
            "/desk/sheets/2019-01/approval.xlsx", "/desk/quarters/2019Q1",
        ):  # fmt: skip
            text = (await browser.client.get(path)).text
            shown += [f"{path}: {word}" for word in personal if word in text]
    async with open_desk_walker(service, None) as browser:
        for path in ("/", "/search?q=样例", "/sitemap.xml", "/metrics", "/schema/openapi.json"):
            text = (await browser.client.get(path)).text
            shown += [f"{path}: {word}" for word in personal if word in text]
    assert shown == []


async def test_the_audit_record_names_no_person(database: Database, county: Officials) -> None:
    await play_january(database, county, until="close")
    async with database.transaction(scope=COUNTY) as conn:
        details = await conn.fetchval("SELECT string_agg(detail::text || object, ' ') FROM audit_entries")
    rows = [
        line.split(",") for line in read_story_file("register/register-2018-12-20.csv").decode("utf-8-sig").splitlines()
    ]
    assert [row[4] for row in rows[1:] if row[4] in details or row[2] in details] == []

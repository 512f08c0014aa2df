"""Every package may read every table, but write only its own."""

import re
from pathlib import Path

from market.kernel import Connection
from payments.sql import QUERIES
from tests.kernel.test_queries import import_every_module

OWNED_TABLES = {
    "kernel": {"idempotency_keys", "archived_partitions", "archived_audit_heads"},
    "divisions": {"divisions", "division_names", "listed_counties", "holidays", "village_periods"},
    "counties": {"county_settings", "contacts", "form_numbers", "quarter_submissions"},
    "county_files": {"county_files"},
    "services": {
        "course_sessions",
        "clinic_days",
        "course_certificates",
        "agronomists",
        "questions",
        "job_postings",
        "job_applications",
    },
    "supervision": {"supervision_tasks", "supervision_events"},
    "funds": {"fund_calls", "fund_applications"},
    "channels": {"channels", "channel_counties", "rates"},
    "answers": {"inquiries", "charity_notices"},
    "pairing": {
        "pairings",
        "pledges",
        "company_accounts",
        "pairing_statements",
        "pairing_statement_lines",
        "pairing_statement_items",
    },
    "benefits": {
        "benefits.households",
        "benefits.rules",
        "benefits.payable_changes",
        "benefits.entries",
        "benefits.files",
    },
    "trace": {
        "plots",
        "yield_limits",
        "plot_yields",
        "harvest_lots",
        "lot_parts",
        "label_keys",
        "label_runs",
        "labels",
        "packed_labels",
        "unpacked_labels",
        "harvest_files",
    },
    "coverage": {"coverage", "outages", "coverage_projects"},
    "organisations": {"organisations", "organisation_members", "organisation_licences", "public_buyers"},
    "procurement": {
        "quota_rules",
        "unit_quotas",
        "procurements",
        "procurement_lines",
        "procurement_checks",
        "procurement_invoices",
        "procurement_red_letters",
        "bank_receipts",
        "platform_purchases",
        "quota_entries",
    },
    "identity": {
        "accounts",
        "grants",
        "operator_grants",
        "sign_in_codes",
        "sign_in_attempts",
        "sessions",
        "second_factor_uses",
        "operators",
        "person_keys",
    },
    "audit": {"audit_entries"},
    "consents": {"consents"},
    "privacy": {"data_requests"},
    "content": {"stories", "story_photos", "story_people", "fraud_warnings", "content_reports"},
    "storage": {"photos", "sent_bytes"},
    "notify": {"messages"},
    "producers": {"producers", "producer_members", "producer_steps", "certificates", "certificate_notices", "closures"},
    "listings": {
        "categories",
        "freight_templates",
        "listings",
        "search_bands",
        "variants",
        "tier_prices",
        "listing_files",
        "listing_photos",
        "rooms",
        "night_prices",
        "night_rules",
        "cancel_tiers",
        "presales",
        "stay_deposits",
    },
    "stock": {"lots", "stock_moves"},
    "bookings": {"bookings", "taken_nights", "booked_nights"},
    "slots": {"slots", "slot_reservations"},
    "coupons": {"coupons", "vouchers"},
    "orders": {
        "cart_lines",
        "cart_nights",
        "orders",
        "suborders",
        "order_lines",
        "catch_weights",
        "sending_windows",
        "deposits",
        "suborder_events",
        "line_refunds",
        "refund_requests",
        "transfer_records",
        "redemptions",
        "package_orders",
        "package_lines",
    },
    "packages": {"packages", "package_parts", "package_suppliers"},
    "casework": {"case_categories", "cases", "case_events", "case_publications"},
    "complaints": {"complaints"},
    "grievances": {"grievances", "nameless_grievances"},
    "conversations": {"conversations", "conversation_messages", "conversation_photos"},
    "favourites": {"favourites"},
    "saved_filters": {"saved_filters"},
    "invoices": {"invoice_requests", "invoice_tasks", "invoices", "invoice_versions"},
    "mediation": {"mediations", "mediation_lines", "mediation_proposals"},
    "reviews": {"reviews", "review_photos", "review_versions", "review_appeals", "producer_figures"},
    "pickup_points": {"pickup_points"},
    "pickups": {"pickups"},
    "carriers": {"tracked_parcels", "tracking_facts", "carrier_pushes"},
    "visits": {"booking_changes", "stay_guests", "calendar_feeds", "check_in_scans", "stay_cancellations"},
    "aftersales": {
        "bad_fruit_claims",
        "claim_photos",
        "goods_returns",
        "goods_return_lines",
        "parcel_reminders",
    },
    "payouts": {"payout_accounts", "large_payouts"},
    "reports": {"county_months", "quarter_sums", "counted_months", "month_figures", "open_figures"},
}
EXCEPTIONS = {
    ("aftersales", "suborders"): "dispatch and receipt are moves of the suborder, made where they happen",
    ("aftersales", "bookings"): "arrival is a move of the booking, made where it happens",
    ("aftersales", "catch_weights"): "weighing settles the price of a line, made where it happens",
    ("pickup_points", "pickups"): "the choice of a point is stored with the order that was placed",
    ("orders", "lots"): "place_orders reserves units in the statement that decides which orders get them",
    ("orders", "taken_nights"): "place_orders takes rooms in the statement that decides which orders get them",
    ("orders", "bookings"): "write_orders writes the bookings of the orders that were placed",
    ("aftersales", "slot_reservations"): "who came is a move of the reservation, made where it happens",
    ("orders", "slots"): "place_orders takes places in the statement that decides which orders get them",
    ("orders", "slot_reservations"): "write_orders writes the places of the orders that were placed",
    ("orders", "booked_nights"): "write_orders writes the price of each booked night",
    ("orders", "listings"): "how much was sold is counted on the listing when it is paid",
    ("reviews", "listings"): "count_reviews adds new reviews to the rating of their listing",
    ("testing", "accounts"): "a person to test with",
}
"""Writes to tables of other packages, each with its reason."""
WRITE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([a-z_]+(?:\.[a-z_]+)?)", re.IGNORECASE)
FUNCTIONS = Path(__file__).parents[2] / "migrations" / "functions"
PACKAGE = re.compile(r"^-- Package: ([a-z_]+)\.$", re.MULTILINE)
NOT_TABLES = {"set", "of", "nowait", "skip", "on"}


def get_owner(table: str) -> str:
    """Return the package that owns a table; tables that are not listed belong to the subsidies."""
    schema, _, _ = table.partition(".")
    if schema in {"payments", "jobs"} and "." in table:
        return schema
    return next((package for package, tables in OWNED_TABLES.items() if table in tables), "subsidies")


def get_package(module: str) -> str:
    """Return the package of a module: a district that is one package, or a package of its district."""
    top, *inside = module.split(".")
    if top == "payments":
        return top
    return inside[0] if inside[0] in {*OWNED_TABLES, "subsidies"} or len(inside) == 1 else inside[1]


async def test_a_package_writes_only_its_own_tables() -> None:
    import_every_module()
    violations = {
        f"{query.module} writes {table}"
        for query in QUERIES
        if not query.module.startswith("tests")
        for table in WRITE.findall(query.sql)
        if table.lower() not in NOT_TABLES and get_owner(table) not in {get_package(query.module), "jobs"}
        if get_package(query.module) != "demo" and (get_package(query.module), table) not in EXCEPTIONS
    }
    assert sorted(violations) == []


def test_a_function_of_the_database_writes_only_the_tables_of_its_package() -> None:
    violations: list[str] = []
    for path in sorted(FUNCTIONS.glob("*.sql")):
        text = path.read_text("utf-8")
        packages = PACKAGE.findall(text)
        assert len(packages) == 1, f"{path.name} names its package once"
        violations += [
            f"{path.stem} writes {table}"
            for table in sorted(set(WRITE.findall(text)))
            if table.lower() not in NOT_TABLES and get_owner(table) != packages[0]
            if (packages[0], table) not in EXCEPTIONS
        ]
    assert violations == []


def test_every_script_is_run_by_a_revision() -> None:
    migrations = FUNCTIONS.parent
    revisions = "".join(path.read_text("utf-8") for path in (migrations / "versions").glob("*.py"))
    run = {word.removeprefix("tables/") for word in re.findall(r"[\w/]+", revisions)}
    tables = migrations / "tables"
    scripts = {path.relative_to(tables).with_suffix("").as_posix() for path in tables.rglob("*.sql")}
    assert sorted((scripts | {path.stem for path in FUNCTIONS.glob("*.sql")}) - run) == []


async def test_every_listed_table_exists(conn: Connection) -> None:
    listed = {table for tables in OWNED_TABLES.values() for table in tables}
    found = {row[0] for row in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    found |= {
        f"benefits.{row[0]}"
        for row in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'benefits'")
    }
    assert sorted(listed - found) == []


async def test_the_service_owns_nothing_and_every_county_table_has_row_level_security(conn: Connection) -> None:
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
    open_to_all = {
        "divisions",
        "listed_counties",
        "county_settings",
        "contacts",
        "pickup_points",
        "producers",
        "listings",
        "coupons",
        "organisations",
        "coverage",
        "coverage_projects",
        "agronomists",
        "public_plans",
        "fund_calls",
        "channel_counties",
        "yield_limits",
        "fraud_warnings",
        "nameless_grievances",
    }
    assert sorted(by_county - guarded - open_to_all) == []

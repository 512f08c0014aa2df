"""Every table is bounded, or what is in it must stay: no table grows because nobody thought of it."""

import inspect
import re
import sys
from pathlib import Path

from market.kernel import Connection
from market.service.worker.retention import RETENTIONS
from tests.races.test_limits import HELD_BY

FUNCTIONS = Path(__file__).parents[3] / "migrations/functions"
DELETED = {
    "delete_expired_codes": ("sign_in_codes",),
    "delete_ended_sessions": ("sessions",),
    "delete_used_second_factors": ("second_factor_uses",),
    "delete_expired_keys": ("idempotency_keys",),
    "delete_expired_messages": ("messages",),
    "delete_device_carts": ("cart_lines",),
    "delete_device_stays": ("cart_nights",),
    "delete_host_nights": ("taken_nights",),
    "delete_stay_guests": ("stay_guests",),
    "delete_claim_photos": ("claim_photos",),
    "delete_conversations": ("conversations",),
    "delete_ended_tasks": ("tasks",),
    "delete_webhooks": ("payments.inbox",),
    "delete_carrier_pushes": ("carrier_pushes",),
    "delete_stale_failures": ("jobs.failures",),
    "delete_tracking_facts": ("tracking_facts",),
    "delete_check_in_scans": ("check_in_scans",),
    "delete_sent_bytes": ("sent_bytes",),
    "delete_nameless_counts": ("nameless_grievances",),
    "delete_saved_filters": ("saved_filters",),
    "delete_replaced_lines": ("run_lines",),
    "delete_old_applications": ("job_applications",),
}
"""By the rule of `RETENTIONS` that deletes its rows."""

REFUSED = {
    "agreements": "TooManyAgreements",
    "operator_bank_accounts": "TooManyBankAccounts",
    "clawbacks": "TooManyClawbacks",
    "booking_changes": "TooManyChanges",
    "closures": "TooManyClosures",
    "favourites": "TooManyFavourites",
    "lead_consents": "TooManyConsents",
    "photos": "TooManyPhotos",
    "import_originals": "TooManyBytes",
    "payout_accounts": "TooManyAccountChanges",
    "refund_requests": "TooManyRefundRequests",
}
"""By the refusal of one more: of a person, a shop, an order, a county or a day."""

CONSTANT = {
    "alembic_version", "case_categories", "categories", "division_names", "divisions", "lead_moves",
    "operators", "payments.account_kinds",
}  # fmt: skip
"""What only a release or an operator's command writes: the service may not."""

PARTS = {
    # of a shop and what it sells
    "calendar_feeds": "producers",
    "certificate_notices": "certificates",
    "certificates": "producers",
    "freight_templates": "producers",
    "listing_photos": "listings",
    "lots": "producers",
    "night_prices": "listings",
    "night_rules": "listings",
    "cancel_tiers": "listings",
    "presales": "listings",
    "producer_figures": "producers",
    "producer_members": "producers",
    "rooms": "listings",
    "stay_deposits": "listings",
    "tier_prices": "variants",
    "variants": "listings",
    "package_parts": "packages",
    "package_suppliers": "package_parts",
    "public_buyers": "accounts",
    # of an order
    "suborders": "orders",
    "order_lines": "suborders",
    "bookings": "suborders",
    "booked_nights": "bookings",
    "slot_reservations": "suborders",
    "catch_weights": "order_lines",
    "deposits": "orders",
    "redemptions": "orders",
    "package_orders": "orders",
    "package_lines": "package_orders",
    "sending_windows": "suborders",
    "suborder_events": "suborders",
    "line_refunds": "order_lines",
    "parcel_reminders": "suborders",
    "pickups": "suborders",
    "tracked_parcels": "suborders",
    "stay_cancellations": "suborders",
    "reviews": "suborders",
    "review_photos": "reviews",
    "conversation_messages": "conversations",
    "conversation_photos": "conversation_messages",
    "invoice_requests": "suborders",
    "invoices": "invoice_requests",
    "invoice_versions": "invoices",
    # of a case
    "bad_fruit_claims": "cases",
    "complaints": "cases",
    "goods_returns": "cases",
    "goods_return_lines": "goods_returns",
    "grievances": "cases",
    "invoice_tasks": "cases",
    "mediations": "cases",
    "mediation_lines": "mediations",
    "mediation_proposals": "mediations",
    "objections": "cases",
    "data_requests": "cases",
    "content_reports": "cases",
    "story_photos": "stories",
    "story_people": "stories",
    "person_keys": "accounts",
    "review_appeals": "cases",
    # of money
    "payments.parts": "payments.payments",
    "payments.refunds": "payments.payments",
    "payments.disputes": "payments.payments",
    "payments.balances": "payments.accounts",
    "payments.checkpoint_sums": "payments.accounts",
    "payments.archived_sums": "payments.accounts",
    # of the county's month and its files
    "sign_in_attempts": "sign_in_codes",
    "rejected_rows": "import_files",
    "file_notes": "import_files",
    "agreement_rates": "agreements",
    "clawback_items": "clawbacks",
    "clawback_entries": "clawbacks",
    "clawback_appeals": "clawbacks",
    "bindings": "import_files",
    "budgets": "import_files",
    "claims": "import_files",
    "listed_facts": "import_files",
    "plans": "import_files",
    "programmes": "import_files",
    "programme_checks": "programmes",
    "programme_sentences": "programmes",
    "programme_terms": "programmes",
    "enrolments": "programmes",
    "enrolment_pauses": "enrolments",
    "memberships": "households",
    "household_statuses": "households",
    "register_checks": "households",
    "lead_persons": "leads",
    "terms_approvals": "import_files",
    "cycle_approvals": "cycles",
    "cycle_duties": "cycles",
    "cycle_events": "cycles",
    "findings": "cycles",
    "finding_decisions": "findings",
    "finding_lines": "findings",
    "line_holds": "cycles",
    "runs": "cycles",
    "run_explanations": "runs",
    "settlements": "cycles",
    "settlement_files": "settlements",
    "subsidy_postings": "cycles",
    "return_files": "import_files",
    "return_rows": "return_files",
    "return_differences": "return_files",
    "reconciliations": "return_files",
    "evidence_packs": "cycles",
    "outages": "cases",
    "questions": "cases",
    "procurements": "orders",
    "procurement_lines": "procurements",
    "procurement_checks": "procurements",
    "procurement_invoices": "procurements",
    "procurement_red_letters": "procurement_invoices",
    "fund_applications": "cases",
    "supervision_events": "supervision_tasks",
    "inquiries": "cases",
    "case_publications": "cases",
    "pledges": "pairings",
    "company_accounts": "organisation_members",
    "pairing_statements": "pairings",
    "pairing_statement_lines": "pairing_statements",
    "pairing_statement_items": "pairing_statements",
    "course_sessions": "slots",
    "clinic_days": "slots",
    "course_certificates": "slot_reservations",
    "plot_yields": "plots",
    "benefits.payable_changes": "suborders",
    "benefits.entries": "order_lines",
    "lot_parts": "harvest_lots",
    "label_runs": "harvest_lots",
    "labels": "label_runs",
    "packed_labels": "labels",
    "unpacked_labels": "labels",
    "organisation_members": "organisations",
    "organisation_licences": "organisations",
    "erased_members": "evidence_packs",
    "register_erasures": "persons",
    "sample_draws": "cycles",
    "sample_lines": "sample_draws",
    "month_figures": "counted_months",
    "idle_notices": "lines",
    "usage_days": "identifiers",
}
"""By what they are a part of: they refer to it, and have a limited number of rows for each of its rows."""

GROWTH = Path(__file__).parents[3] / "docs/growth.md"
MONTHS = "months of "


def read_growth() -> dict[str, tuple[str, str]]:
    """Return how each table of docs/growth.md is bounded, if it says so, and why its rows stay."""
    rows = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", GROWTH.read_text("utf-8"), re.MULTILINE)
    cells = [(table, text.split(" | ")) for table, text in rows]
    assert len(rows) == len({table for table, _ in cells})
    assert all(len(each) in {2, 3} for _, each in cells)
    return {table: (each[1] if len(each) == 3 else "", each[-1]) for table, each in cells}


GROWING = read_growth()
KEPT = {table for table, (_, reason) in GROWING.items() if not reason.startswith(("part of `", "deleted by `"))}
"""What must stay, and why; each row is an act of a person who is known, one write of the rate limit, or of a sale."""


async def list_tables(conn: Connection) -> set[str]:
    rows = await conn.fetch(
        "SELECT CASE schemaname WHEN 'public' THEN tablename ELSE schemaname || '.' || tablename END FROM pg_tables"
        " WHERE schemaname IN ('public', 'payments', 'jobs', 'benefits') AND NOT EXISTS ("
        "   SELECT FROM pg_inherits WHERE inhrelid = format('%I.%I', schemaname, tablename)::regclass)"
    )
    return {row[0] for row in rows}


async def test_every_table_has_a_rule_or_a_reason(conn: Connection) -> None:
    named = [*(table for tables in DELETED.values() for table in tables), *REFUSED, *CONSTANT, *PARTS, *KEPT]
    assert sorted(named) == sorted(await list_tables(conn))


def test_what_is_deleted_is_deleted_by_its_rule() -> None:
    rules = {each.name: inspect.getsource(sys.modules[each.delete.__module__]) for each in RETENTIONS}
    functions = "".join(path.read_text("utf-8") for path in FUNCTIONS.glob("*.sql"))
    for name, tables in DELETED.items():
        called = re.findall(r"SELECT (\w+)\(", rules[name])
        bodies = [functions.partition(f"FUNCTION {each}(")[2].partition("\n$$;")[0] for each in called]
        for table in tables:
            target = table.removeprefix("payments.")
            deletes = rf"DELETE FROM (\{{schema\}}\.)?{re.escape(target)}\b"
            assert any(re.search(deletes, text) for text in (rules[name], *bodies)), (name, table)
    # What is erased in place.
    assert set(rules) - set(DELETED) == {"erase_invoice_details", "forget_old_seats", "drop_question_photos"}


async def test_what_is_said_to_have_months_is_partitioned(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT regexp_replace(partrelid::regclass::text, '^public\\.', '') FROM pg_partitioned_table"
    )
    assert {table for table, (bounded, _) in GROWING.items() if bounded.startswith(MONTHS)} == {row[0] for row in rows}


def test_parts_on_the_page_of_growth_name_their_whole() -> None:
    named = {table: reason for table, (_, reason) in GROWING.items() if reason.startswith("part")}
    assert named == {table: f"part of `{PARTS[table]}`" for table in named}


async def test_parts_refer_to_their_whole(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    )
    assert set(PARTS.items()) - {(row[0], row[1]) for row in rows} == set()
    whole = {*REFUSED, *CONSTANT, *PARTS, *KEPT, *(table for tables in DELETED.values() for table in tables)}
    assert set(PARTS.values()) <= whole


async def test_constant_tables_are_not_the_services(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT t FROM unnest($1::text[]) AS t WHERE has_any_column_privilege('market_app', t, 'INSERT')",
        sorted(CONSTANT),
    )
    assert [row[0] for row in rows] == []


def test_refusals_of_one_more_are_raced() -> None:
    assert set(REFUSED.values()) <= set(HELD_BY)

"""Every table is bounded, or what is in it must stay: no table grows because nobody thought of it."""

import inspect
import re
import sys
from pathlib import Path

from market.jobs.retention import RETENTIONS
from market.kernel import Connection
from tests.races.test_limits import HELD_BY

FUNCTIONS = Path(__file__).parents[2] / "migrations/functions"
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

KEPT = {
    "accounts": "Who bought, sold or decided; an account that is closed is erased, and its row stays for the others.",
    "grants": "Who had which role when: the evidence of decisions.",
    "operator_grants": "The same of operators.",
    "producers": "Who sold, for as long as there are sales, and who was refused.",
    "producer_steps": "Who admitted a shop, and who suspended it.",
    "listings": "What was sold, three years after the last sale (电子商务法 31); MAX_LIVE_LISTINGS are on sale.",
    "packages": "The same of packages; MAX_OPEN_PACKAGES are on sale.",
    "listing_files": "A file that is sent again is known by its hash; each made listings.",
    "stock_moves": "What became of each unit that was counted.",
    "slots": "What could be booked, of at most a year ahead; who came to a course or a clinic is forgotten.",
    "review_versions": "What a review said before it was changed, for whoever it was shown to.",
    "coupons": "What was promised; MAX_OPEN_COUPONS are open.",
    "vouchers": "What was claimed, bounded by the coupon's quota.",
    "orders": "The sale, at least three years (电子商务法 31) and as long as its postings.",
    "cases": "What was asked and answered; of a person few are open at once.",
    "case_events": "Each move of a case; a closed case has no more.",
    "large_payouts": "Two people's consent to a payout.",
    "contacts": "People whom a page names; one is ended by deleting it.",
    "pickup_points": "MAX_POINTS of a county.",
    "payments.accounts": "The ledger.",
    "payments.transactions": "The ledger, partitioned by month: thirty years (会计档案管理办法), five of it here.",
    "payments.postings": "Of the transactions, with their months.",
    "payments.transaction_keys": "One for each transaction that is not in the archive.",
    "payments.archived_months": "One for each month in the archive.",
    "payments.payments": "What was charged.",
    "payments.payouts": "What was paid out.",
    "payments.operations": "Calls to the provider that have not succeeded, and cancellations.",
    "payments.events": "Each until it is consumed.",
    "payments.checkpoints": "One for at most 50,000 transactions, by which a change of what is closed is found.",
    "payments.statement_lines": "What the provider reported, which the ledger is compared with.",
    "payments.discrepancies": "Each difference and why it was closed.",
    "jobs.schedules": "One for each schedule of a release.",
    "search_bands": "Four.",
    "audit_entries": "Who did what; nobody may delete it.",
    "public_plans": "What plans cost when; a row for each version, by a county's file.",
    "supervision_tasks": "What a division asked of another, and the evidence; each is an act of an official.",
    "charity_notices": "What an organisation asked people to come to, and who checked it; MAX_OPEN_NOTICES at a time.",
    "pairings": "What an organisation and a village agreed to; MAX_OPEN_PROPOSALS of a person wait.",
    "stories": "What was shown of a village, and who checked it; MAX_OPEN_STORIES of a person wait.",
    "fraud_warnings": "What a county warned of when; each is an act of an official.",
    "consents": "What a person agreed to from when to when, which has to be proved; closing the account ends them.",
    "fund_calls": "What a county offered when, by its files; few a year.",
    "channels": "One for each buying city and county.",
    "listed_counties": "Which county was on which list of poor counties when, by its document.",
    "channel_counties": "Which county was paired with which city when, by its document.",
    "rates": "One for each currency and working day.",
    "benefits.households": "Who gains from what a producer sells, by its files; what was recorded refers to it.",
    "benefits.rules": "How what a listing sold was shared when, by the producer's files.",
    "benefits.files": "A file that is sent again is known by its hash.",
    "plots": "What a producer grows on; it bounds what may be harvested.",
    "yield_limits": "How much a 亩 gave when, by a county's files.",
    "harvest_lots": "What was harvested, bounded by what plots give; labels refer to it.",
    "harvest_files": "A file that is sent again is known by its hash; each made lots.",
    "label_keys": "One for each secret with which labels were signed.",
    "coverage": "What was measured when, of each village.",
    "coverage_projects": "What was built with public money, and who accepted it.",
    "job_postings": "What an organisation offered, and who checked it; MAX_OPEN_POSTINGS of one at a time.",
    "agronomists": "Who answered the questions of a county from when to when; 50 at a time.",
    "quota_rules": "What share a region asked for when, by its notice.",
    "unit_quotas": "One for each public unit and year.",
    "quota_entries": "The book of what public units bought, at most five of an order.",
    "bank_receipts": "What the bank received for public units.",
    "platform_purchases": "What public units bought on the 832 platform, by its number and line.",
    "organisations": "Whom an official verified; MAX_OWN of a person wait or count, more come by a county's file.",
    "county_settings": "What held when, of a county.",
    "quarter_submissions": "When a county sent in which quarter, once a day at most; what it stood for is not changed.",
    "form_numbers": "What held when, of a county; papers of the past keep their number.",
    "county_files": "Who changed facts of a county by which file; the file itself is not stored.",
    "holidays": "The days off of each year, by the notice of the State Council.",
    "village_periods": "Which code of a village was used when, one for each change.",
    "county_months": "One for each month of a county.",
    "counted_months": "The same.",
    "quarter_sums": "One for each quarter, operator and kind of a county; counted again in place.",
    "open_figures": "The published figures of each quarter.",
    "cycles": "One for each month of a county.",
    "case_snapshots": "What a run was calculated from, of replaced ones too: it gives their lines again.",
    "openings": "What was settled before the market, once for each line.",
    "import_files": "Every file that became a fact; counted in bytes for each account and day.",
    "file_reminders": "One for each operator, month and stage.",
    "fact_versions": "What a fact was before it changed, as evidence of what was decided on it.",
    "persons": "The register of the county.",
    "households": "The register of the county.",
    "identifiers": "Each number once.",
    "lines": "Each line once.",
    "leads": "What was reported of a household, and how it was decided.",
    "lead_steps": "Who took which step of it.",
    "line_changes": "Who changed which line, and why.",
    "idle_calls": "Who was called about an idle line and what was said.",
    "sample_deposits": "One secret for each month of a county.",
}
"""What must stay, and why; each row is an act of a person who is known, one write of the rate limit."""


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

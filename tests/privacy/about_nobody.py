"""Columns that look as if they might be about a person and are not, each with the reason."""

from collections.abc import Mapping

ABOUT_NOBODY: Mapping[str, Mapping[str, str]] = {
    "names and texts of things that are sold or offered": {
        "coupons": "name", "course_sessions": "title organiser", "fund_calls": "name department basis",
        "charity_notices": "title place note reason",
        "job_postings": "title note reason", "listing_files": "name sha256",
        "listings": "title story gi search_text search_pinyin", "lots": "label", "order_lines": "title",
        "packages": "title story", "pickup_points": "name address hours", "platform_purchases": "order_number supplier "
        "product", "public_plans": "name apply_at", "rooms": "name", "slots": "room", "variants": "label",
        "night_rules": "holiday", "harvest_lots": "crop", "plot_yields": "crop", "yield_limits": "crop source",
        "harvest_files": "name sha256",
        "benefits.files": "name sha256", "benefits.payable_changes": "lines", "fraud_warnings": "text",
        "labels": "signature", "label_keys": "public_key",
    },
    "organisations, operators and offices": {
        "agreements": "name document_name", "operator_bank_accounts": "bank", "operators": "name",
        "organisations": "name",
        "pairing_statement_items": "what", "form_numbers": "authority document",
    },
    "divisions, days, rules and documents": {
        "case_categories": "name basis", "channels": "name name_en", "channel_counties": "basis",
        "rates": "source", "categories": "name source", "county_settings": "basis", "coverage": "source",
        "coverage_projects": "name overrun_reason", "division_names": "name", "divisions": "name pinyin initials",
        "holidays": "name", "lead_moves": "step before after duty", "listed_counties": "basis",
        "plans": "name weights basis", "programme_checks": "thresholds basis", "programme_sentences": "prefix quote "
        "suffix", "programmes": "name document_number document_name document_text", "quota_rules": "source",
        "supervision_tasks": "title text basis", "village_periods": "basis",
    },
    "figures and findings by codes of lines and households": {
        "findings": "subject evidence", "month_figures": "report", "procurement_checks": "note",
        "run_explanations": "steps", "run_lines": "village_name shares", "sample_draws": "secret",
        "subsidy_postings": "shares why",
    },
    "files by name, jobs and messages between machines": {
        "county_files": "name", "import_files": "name", "jobs.failures": "job error", "jobs.schedules": "name error",
        "payments.archived_months": "suffix", "archived_partitions": "name partition end_bound",
        "archived_audit_heads": "hash",
        "carrier_pushes": "event_id", "payments.discrepancies": "note", "payments.events": "topic facts error",
        "payments.inbox": "event_id topic error", "payments.operations": "error", "payments.statement_lines": "method",
        "tracked_parcels": "error",
    },
    "references to files, versions and organisations": {
        "fact_versions": "replaced_by", "listed_facts": "ended_by", "operator_bank_accounts": "replaced_by",
        "agreements": "replaced_by", "coverage_projects": "funded_by",
    },
    "hashes that lead to nobody": {
        "audit_entries": "previous hash", "orders": "fingerprint", "payments.checkpoints": "hash", "photos": "sha256",
    },
}  # fmt: skip
"""Columns that the test of the table finds and that say nothing about a person, with the reason."""

"""Holdings of the county's register and of the acts of officials, and the whole table."""

from market.privacy.holdings import ACCOUNT_HOLDINGS, TRADE_HOLDINGS, Holding, HoldingFate

_REGISTER = "县里的名册，注销平台账号不影响；退出名册五年后（县里可以另定年数）由县里抹掉身份，数目留着对账"
_ACTS = "干部办的事要留名备查；干部的账号不注销"

COUNTY_HOLDINGS: tuple[Holding, ...] = (
    Holding(
        name="话费减免的申请、同意书", purpose="核对该不该减、减多少",
        retention="退出名册后五年；没进过名册的，办完后五年", fate=HoldingFate.KEPT, why=_REGISTER,
        sections=("applications",),
        columns={
            "leads": "applicant_id monitoring", "lead_persons": "identity_index identity_sealed name_sealed relation",
            "lead_consents": "recorded_by photo_sealed", "lead_steps": "account_id person_key opinion_sealed",
        },
    ),
    Holding(
        name="县里的名册、号码、账单", purpose="每月算减免，运营商对账", retention="退出名册后五年",
        fate=HoldingFate.KEPT,
        why=f"{_REGISTER}。要看自家的那份，向县里要",
        columns={
            "persons": "identity_index identity_sealed name_sealed", "memberships": "relation leave_reason",
            "household_statuses": "village_name monitoring",
            "bindings": "identity_index identity_sealed realname change",
            "enrolments": "identity_index identity_sealed agent agent_identity_index agent_identity_sealed assessor "
            "assessor_identity_index assessor_identity_sealed",
            "identifiers": "value_index value_sealed", "fact_versions": "subject facts name_sealed enrolled_index",
            "listed_facts": "identity_index identity_sealed value_index value_sealed",
            "case_snapshots": "case_sealed", "import_originals": "name content_sealed",
            "rejected_rows": "content_sealed", "settlement_files": "content_sealed", "evidence_packs": "content_sealed",
            "idle_calls": "note_sealed account_id", "register_erasures": "erased_by",
            "line_changes": "details_sealed note_sealed reported_by reported_person decided_by decided_person "
            "reason_sealed",
            "enrolment_pauses": "note_sealed paused_by paused_person ended_by ended_person end_note_sealed",
        },
    ),
    Holding(
        name="扣回、追缴的决定", purpose="多减了的退回", retention="退出名册后五年",
        fate=HoldingFate.KEPT, why=_REGISTER, sections=("decisions",),
        columns={
            "clawbacks": "reason_sealed statement_sealed proposed_by proposed_person decided_by decided_person "
            "opinion_sealed served_by",
            "clawback_entries": "note_sealed recorded_by recorded_person decided_by decided_person",
        },
    ),
    Holding(
        name="干部、运营商、农技员办的事", purpose="谁办的、什么时候，查得到", retention="长期", fate=HoldingFate.KEPT,
        why=_ACTS,
        columns={
            "accounts": "name_corrected_by", "grants": "account_id deputy_for", "operator_grants": "account_id",
            "agronomists": "account_id subject named_by", "pickup_points": "keeper_id",
            "tasks": "account_id input outcome_sealed error", "import_files": "account_id",
            "county_files": "imported_by", "file_notes": "account_id text text_sealed",
            "agreements": "document_sealed proposed_by proposed_person decided_by decided_person",
            "operator_bank_accounts": "holder number_sealed entered_by entered_person decided_by decided_person",
            "bank_receipts": "payer_name recorded_by confirmed_by closed_by closed_note",
            "cycle_approvals": "account_id opinion",
            "cycle_duties": "account_id person_key", "cycle_events": "account_id opinion", "runs": "account_id",
            "terms_approvals": "account_id person_key", "finding_decisions": "account_id why evidence",
            "line_holds": "account_id why", "register_checks": "account_id", "programme_sentences": "read_by",
            "return_differences": "answered_by outcome why", "sample_deposits": "deposited_by",
            "sample_lines": "checked_by", "unit_quotas": "set_by", "fund_calls": "added_by",
            "yield_limits": "added_by",
            "clinic_days": "added_by", "course_sessions": "added_by", "course_certificates": "issued_by",
            "coverage_projects": "added_by done_by accepted_by",
            "supervision_tasks": "issued_by sent_by decided_by evidence_text reason",
            "quarter_submissions": "account_id", "supervision_events": "account_id text", "contacts": "name hours",
            "fraud_warnings": "published_by",
        },
    ),
)  # fmt: skip
"""Of the county."""

HOLDINGS: tuple[Holding, ...] = (*ACCOUNT_HOLDINGS, *TRADE_HOLDINGS, *COUNTY_HOLDINGS)
"""The one table."""

"""The schema of release 0.1.0: the functions, one file each, and the tables, one file for each package.

Its number is that of the last draft, which made the same schema.
"""

from pathlib import Path

from payments.migrate import run_script

revision = "0281"
down_revision = None
branch_labels = ("market",)
depends_on = None

FUNCTIONS = """
    add_audit_entry add_village truncate_code ancestor_code archive_month_partition audit_transfer_record
    business_day check_activity_slot check_agreement check_agreement_rates check_bank_account check_bank_payment
    check_bank_refund check_benefit_entries check_benefit_shares check_case_answerer check_case_path
    check_charity_notice check_child_price check_clawback check_clawback_appeal check_clawback_entry
    check_clawback_item check_clawback_sums check_closed_mediation check_consent check_deposit
    check_enrolment_pause check_fund_application check_grievance_answerer check_hidden_review
    check_household_merge check_invoice_sums check_label check_large_payout check_lead_consent check_line_change
    check_mediation check_mixed_lot check_objection check_order_sums check_package check_package_order
    check_packed_label check_pairing check_pairing_statement check_payout_account check_pledge
    check_procurement_sums check_reconciled check_refund_decision check_replaced_bill check_return_file
    check_slot_places check_stay_cancellation check_story check_supervision_task check_terms_approval
    check_transfer_sum close_bank_receipt compute_number_key confirm_bank_receipt copy_listing_price
    count_harvest count_late_rows count_matches count_open_cases count_reviews count_voucher delete_cart_rows
    delete_claim_photos delete_conversations delete_replaced_lines delete_saved_filters delete_tasks
    drop_question_photos end_mediation_lines end_operator end_story_consent erase_account erase_case_texts
    erase_invoice_details erase_lead erase_messages erase_register_person erase_return_addresses
    find_bound_elsewhere find_contact sum_array get_visible_county find_exceeded_limits find_grievance
    find_matches find_objection find_own_clawbacks find_seller_tie simplify_characters fold_name
    fold_official_name follow_story_consent format_yuan get_bound_month get_cart_contents get_certified_until
    get_month_bound get_name_in_duty get_visible_person get_visible_region get_waiting_invoice
    guard_month_partition hash_audit_entry is_consent_missing is_credit_code is_erasing is_found_by_two
    is_receipt_proven is_run_used keep_fact_version keep_invoice_version link_benefit_households
    link_story_people list_band_words list_bills list_changed_invoices list_changed_quarters list_due_clawbacks
    list_due_erasures list_due_goods_returns list_due_leads list_due_supervision list_erasure_obstacles
    list_idle_counties list_late_cases list_month_partitions list_month_tables list_name_parts list_night_prices
    list_overdue_cases list_own_months list_pairing_items list_taken_audit_heads list_unchased_acceptances
    list_unchased_red_letters list_uncounted_months list_unsealed_months list_untold_red_letters
    list_waiting_tasks list_warning_readers list_working_day_cases lock_quota make_month_partitions
    make_official make_operator mark_invoice_changed mark_listing mark_order_invoices match_bank_receipt
    move_booking move_search_bands note_county_month note_county_month_of_run note_payable_change place_orders
    put_cart_rows record_refund record_release record_supervision_move recount_review redact_original
    reduce_invoice refresh_certified_until refuse_archived_run refuse_change refuse_claim_deletion
    refuse_entry_change refuse_goods refuse_late_deposit refuse_lower_marks refuse_merged_household
    refuse_operator_in_office refuse_placed_order refuse_review_change refuse_second_weight
    refuse_used_lines_deletion replace_roles require_line_explanations require_weights restore_quota
    save_official set_auditor_end set_deputy set_order_terms set_person_key set_review_producer
    set_second_factor start_session subtract_order_units sum_budget_lines sum_kept_back sum_receivables
    sum_shares sum_up_notices sum_up_objections take_lead_step unpack_label use_lot_for_labels use_lot_part
    withdraw_consent write_orders
""".split()
TABLES = """
    kernel people/audit people/identity people/consents people/notify people/saved_filters people/storage
    places/county_files places/divisions places/counties places/organisations cases/casework cases/answers
    cases/grievances catalogue/producers catalogue/stock catalogue/listings catalogue/bookings
    catalogue/favourites catalogue/slots catalogue/trace sales/coupons sales/packages sales/orders
    sales/aftersales sales/carriers sales/complaints sales/conversations sales/invoices sales/mediation
    sales/payouts sales/pickup_points sales/pickups sales/procurement sales/reviews sales/visits
    villages/benefits villages/channels villages/content villages/coverage villages/funds villages/pairing
    villages/services villages/supervision subsidies/register subsidies/programmes subsidies/agreements
    subsidies/bank_accounts subsidies/imports subsidies/intake subsidies/month subsidies/findings
    subsidies/evidence subsidies/reconciliation subsidies/clawbacks subsidies/idle subsidies/lines
    subsidies/operators subsidies/tasks privacy reports service/worker
""".split()
FUNCTIONS_OF_ROWS = """
    add_sending_days add_working_days claim_task erase_payout_accounts fills_gap find_current_fact
    find_enrolled_elsewhere get_acceptance_due get_cancel_tiers get_county_setting get_person_key
    get_red_letter_due get_search_band is_match is_same_person list_added_claims list_fact_subjects
    list_added_facts list_file_states list_replaced_facts read_audit_chain sees_pairing sees_unit
""".split()
"""Functions that PostgreSQL compiles when they are made, so that their tables come first."""


def upgrade() -> None:
    scripts = [
        "tables/foundation",
        *(f"functions/{name}" for name in FUNCTIONS),
        *(f"tables/{name}" for name in TABLES),
        *(f"functions/{name}" for name in FUNCTIONS_OF_ROWS),
        "tables/subsidies/views",
        "tables/links",
    ]
    run_script("SET LOCAL check_function_bodies = off")  # the functions come before the tables whose triggers call them
    for script in scripts:
        run_script((Path(__file__).parents[1] / f"{script}.sql").read_text("utf-8"))

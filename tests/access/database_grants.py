"""What the service's database role may do, table by table; a new table or column says here what it grants.

`insert` and `update` without columns are of the whole table. What is missing only the owner may do: nothing of the
schema is changed, append-only tables are not rewritten, and sums change through functions that run as the owner.
"""

GRANTS = {
    "village_periods": "select insert update(valid_during successor_code basis)",
    "county_files": "select insert",
    "county_months": "select",
    "quarter_sums": "select insert delete",
    "counted_months": "select insert delete",
    "month_figures": "select insert",
    "open_figures": "select insert delete",
    "quarter_submissions": "select insert",
    "form_numbers": "select insert delete update(valid_during)",
    "grievances": "select insert(case_id category county_code source anonymous received_by code_hash triage_due_at)"
    " update(topic triaged_at triaged_by line_code finding_id lead_id officer_id)",
    "accounts": "select insert(name phone_index phone_sealed sample created_at)"
    " update(name elder name_corrected_by erase_again_at erased_phone_index)",
    "alembic_version": "",
    "audit_entries": "select",
    "archived_partitions": "select",
    "archived_audit_heads": "select",
    "bad_fruit_claims": "select insert(case_id line_id bad total amount_fen) update(granted_fen)",
    "bindings": "select insert delete",
    "booked_nights": "select insert",
    "booking_changes": "select insert(suborder_id proposed_by nights old_nights paid_fen price_fen proposed_at"
    " expires_at) update(state ended_at)",
    "bookings": "select insert update(room_id state code_hash code_sealed arrived_at)",
    "budgets": "select insert update(public_fen file_id)",
    "calendar_feeds": "select insert delete update(secret_hash created_by created_at)",
    "cancel_tiers": "select insert delete update(valid_during)",
    "carrier_pushes": "select delete insert(event_id carrier tracking) update(state attempts next_at)",
    "cart_lines": "select insert delete update(quantity slot_id)",
    "cart_nights": "select insert delete update(nights rooms)",
    "case_categories": "select",
    "case_events": "select insert",
    "case_snapshots": "select insert",
    "cases": (
        "select insert(category division_code asker_id against_producer_id against_account_id text_sealed path "
        "received_at due_at for_producer_id first_due) update(path level due_at stopped_at reopened_at state outcome "
        "answered_by closed_at extended_at)"
    ),
    "categories": "select",
    "claim_photos": "select insert",
    "catch_weights": "select insert(line_id unit_g ceiling_g) update(weighed_g final_fen weighed_at weighed_by)",
    "certificate_notices": "select insert",
    "check_in_scans": "select insert delete",
    "certificates": "select insert update(verified_at verified_by area rejected_at rejected_by reject_reason)",
    "claims": "select insert delete",
    "closures": "select delete insert(producer_id closed_during reason created_by created_at) update(closed_during)",
    "complaints": "select insert(case_id category suborder_id)",
    "contacts": "select insert delete update(name phone hours away_during)",
    "conversation_messages": "select insert(suborder_id position from_buyer account_id text_sealed at)",
    "conversation_photos": "select insert(suborder_id position ordinal photo_id)",
    "conversations": (
        "select insert(suborder_id producer_id buyer_id last_at) update(messages buyer_wrote seller_wrote buyer_read "
        "seller_read buyer_told_at seller_told_at last_at)"
    ),
    "file_notes": "select insert(file_id position county_code account_id by_operator at text_sealed)",
    "file_reminders": "select insert",
    "operator_grants": "select",
    "rejected_rows": "select insert",
    "saved_filters": "select insert delete update(query saved_at)",
    "search_bands": "select",
    "favourites": "select delete insert(account_id position listing_id producer_id added_at)",
    "county_settings": "select insert delete update(valid_during)",
    "coupons": (
        "select insert(name code bearer producer_id category_code county_code amount_fen min_goods_fen valid_during "
        "quota per_person created_by created_at) update(state closed_at)"
    ),
    "cycle_approvals": "select insert",
    "cycle_duties": "select insert",
    "cycle_events": "select insert",
    "cycle_findings": "select",
    "cycles": "select insert update(state run_id village_round township_round calculated_at)",
    "division_names": "select",
    "deposits": (
        "select insert(order_id deposit_fen balance_fen balance_from balance_until) update(deposited_at reminders)"
    ),
    "divisions": "select",
    "enrolments": (
        "select insert update(programme_code identity_index household_code applied_on notice decided_on "
        "entitled_from status agent assessor file_id identity_sealed lead_id agent_identity_index "
        "agent_identity_sealed assessor_identity_index assessor_identity_sealed)"
    ),
    "evidence_packs": "select insert",
    "erased_members": "select insert",
    "register_erasures": "select",
    "sample_deposits": "select insert",
    "sample_draws": "select insert",
    "sample_lines": ("select insert(cycle_id position county_code line_code) update(outcome checked_by checked_at)"),
    "fact_versions": "select",
    "finding_decisions": "select insert",
    "finding_lines": "select insert delete update(verdict changed_after facts_at)",
    "findings": "select insert update(cycle_id at_risk_fen evidence state opened_at seen_in seen_at facts_at)",
    "freight_templates": "select insert update(first_g first_fen next_g next_fen free_above_fen no_ship "
    "cold_fen no_cold remote_fen remote)",
    "goods_return_lines": "select insert(case_id line_id quantity amount_fen) update(state)",
    "goods_returns": (
        "select insert(case_id suborder_id) update(address_sealed accepted_by accepted_at carrier tracking sent_at "
        "arrived_at)"
    ),
    "grants": "select",
    "held_lines": "select",
    "holidays": "select insert delete",
    "household_statuses": (
        "select insert update(valid_during village_code village_name registered monitoring risk_removed_on "
        "tier file_id lead_id)"
    ),
    "households": "select insert update(merged_into merged_on)",
    "idle_calls": "select insert(county_code line_code notice_on outcome note_sealed account_id at)",
    "idle_notices": "select insert",
    "idempotency_keys": "select insert delete update(status response replays)",
    "identifiers": "select insert",
    "import_files": "select insert",
    "import_originals": "select insert",
    "lead_consents": "select insert(lead_id form text_version given_on recorded_by recorded_at photo_sealed)",
    "objections": "select insert(case_id lead_id reason receipt_hash recorded_by)",
    "lead_moves": "select",
    "lead_persons": "select insert delete",
    "lead_steps": (
        "select insert(lead_id step before after account_id opinion_sealed attended agreed notice effective_on at)"
    ),
    "agreements": (
        "select insert(county_code operator name valid_during document_name document_sha256"
        " document_sealed proposed_by proposed_at)"
        " update(valid_during outcome decided_by decided_at replaced_by)"
    ),
    "agreement_rates": "select insert",
    "clawbacks": (
        "select insert(county_code debtor operator person_id household_code village_code ground cycle_id finding_id"
        " amount_fen reason_sealed statement_sealed state proposed_by proposed_at posted_at due_on)"
        " update(state decided_by decided_at opinion_sealed served_on service served_by appeal_until posted_at due_on)"
    ),
    "clawback_items": "select insert",
    "clawback_entries": (
        "select insert(clawback_id county_code kind fen cycle_id paid_on note_sealed recorded_by recorded_at outcome)"
        " update(outcome decided_by decided_at)"
    ),
    "clawback_appeals": "select insert(case_id clawback_id)",
    "operator_bank_accounts": (
        "select insert(county_code operator holder bank number_sealed number_tail valid_during entered_by entered_at)"
        " update(valid_during outcome decided_by decided_at replaced_by)"
    ),
    "terms_approvals": "select insert(file_id county_code account_id at)",
    "enrolment_pauses": (
        "select insert(county_code line_code paused_during reason note_sealed paused_by paused_at)"
        " update(paused_during ended_by ended_at end_note_sealed)"
    ),
    "line_changes": (
        "select insert(county_code line_code verb effective_on details_sealed note_sealed reported_by reported_at)"
        " update(outcome decided_by decided_at reason_sealed file_id)"
    ),
    "leads": (
        "select insert(village_code kind source reason household_code into_code line_code programme_code applicant_id "
        "reported_at) update(household_code line_code programme_code new_code registered monitoring tier)"
    ),
    "line_holds": "select insert",
    "transfer_records": "select insert(order_id reference recorded_by recorded_at refund_id)",
    "large_payouts": (
        "select insert(producer_id amount_fen requested_by requested_at) update(state decided_by decided_at note)"
    ),
    "line_refunds": "select",
    "lines": "select insert",
    "listed_counties": "select insert update(valid_during basis)",
    "listed_facts": "select insert update(valid_during ended_by)",
    "listing_files": "select insert",
    "listing_photos": "select delete insert(listing_id position photo_id)",
    "listings": "select insert update(category_code title story perishable photo_id state gi rating_sum rating_count"
    " sold_count score search_text search_words search_pinyin version ranked_sold_count certified_until "
    "storage shelf_days no_ship)",
    "lots": "select insert update(available_units reserved_units sold_units)",
    "memberships": "select insert update(member_number relation valid_during leave_reason file_id lead_id)",
    "mediation_lines": "select insert(case_id line_id amount_fen) update(granted_fen)",
    "mediation_proposals": (
        "select insert(case_id share_bp proposed_by proposed_at) "
        "update(buyer_agreed_at seller_agreed_at seller_agreed_by)"
    ),
    "mediations": (
        "select insert(case_id source_id source suborder_id refused_by refused_sealed) update(share_bp agreed)"
    ),
    "invoice_requests": (
        "select insert(suborder_id producer_id buyer_id county_code kind title_sealed tax_number_sealed email_sealed "
        "touched_at paid) update(kind title_sealed tax_number_sealed email_sealed wanted correcting changes changed "
        "touched_at)"
    ),
    "invoice_tasks": "select insert(case_id suborder_id) update(closed)",
    "invoices": (
        "select insert(suborder_id producer_id corrects_id number issued_on amount_fen self_grown recorded_by "
        "recorded_at) update(number recorded_by recorded_at)"
    ),
    "invoice_versions": "select",
    "messages": ("select insert delete update(facts_sealed next_at error dead_at leased_until attempts)"),
    "night_prices": "select insert delete",
    "night_rules": "select insert delete",
    "openings": "select insert",
    "order_lines": "select insert",
    "orders": (
        "select insert(id buyer_id key fingerprint region_code goods_fen freight_fen discount_fen "
        "total_fen placed_at pay_until items lot_units address_sealed) update(key state method paid_at closed_at "
        "address_sealed)"
    ),
    "package_lines": "select insert",
    "package_orders": "select insert",
    "package_parts": "select insert(package_id position kind quantity share_fen)",
    "package_suppliers": (
        "select insert(package_id position ordinal producer_id listing_id variant_id state decided_by decided_at) "
        "update(state decided_by decided_at)"
    ),
    "packages": (
        "select insert(producer_id title story persons nights price_fen valid_during on_holidays created_by "
        "created_at) update(state published_at)"
    ),
    "parcel_reminders": "select insert",
    "payout_accounts": (
        "select insert(producer_id kind holder number_sealed number_tail entered_by entered_at replaces usable_at) "
        "update(state destination reason checked_at decided_by decided_at activated_at)"
    ),
    "persons": "select insert update(name_sealed born_on sex died_on death_known_at file_id lead_id)",
    "photos": "select insert delete",
    "pickup_points": (
        "select insert(division_code name address phone hours keeper_id created_at) update(keeper_id open)"
    ),
    "pickups": (
        "select insert(suborder_id point_id) update(state arrived_at code_hash code_sealed collected_at reminded_at)"
    ),
    "plans": "select insert delete",
    "public_plans": "select insert delete",
    "presales": ("select insert delete update(deposit_fen balance_from balance_until send_from send_until)"),
    "producer_members": "select insert update(valid_during)",
    "producer_steps": "select insert",
    "producers": "select insert update(state opened_at)",
    "programme_checks": "select insert delete",
    "programme_sentences": "select insert delete",
    "programme_terms": "select insert delete",
    "programmes": (
        "select insert update(name kinds max_lines proration idle_days cure_days document_number "
        "document_name document_sha256 document_text file_id)"
    ),
    "public_buyers": "select insert update(ends_on verified_by verified_at organisation_id duty)",
    "operators": "select",
    "person_keys": "select insert(account_id key_sealed made_at)",
    "consents": "select insert(account_id purpose subject_id text_version valid_during) update(valid_during)",
    "stories": (
        "select insert(village_code author_id by_station title text written_at)"
        " update(state moderated_by moderated_at reason hidden_for)"
    ),
    "story_photos": "select insert",
    "story_people": (
        "select insert(story_id position county_code author_id account_id name_sealed paper_on phone_index"
        " phone_sealed) update(consent_id ended_at)"
    ),
    "fraud_warnings": (
        "select insert(county_code reason text valid_during published_by published_at told) update(ended_at)"
    ),
    "content_reports": "select insert(case_id category reason listing_id review_id story_id text_by_key)",
    "data_requests": "select insert(case_id category kind field detail_by_key)",
    "supervision_tasks": (
        "select insert(parent_id parent_due_on issuer_scope assignee_scope title text basis due_on measure target"
        " issued_by issued_at) update(state evidence_text evidence_figure sent_by sent_at reason decided_by decided_at)"
    ),
    "supervision_events": "select insert(task_id kind at day)",
    "case_publications": (
        "select delete insert(case_id public_text public_answer previewed_at)"
        " update(public_text public_answer previewed_at shared_at)"
    ),
    "inquiries": "select insert",
    "charity_notices": (
        "select insert(organisation_id village_code kind title place note valid_during added_by added_at)"
        " update(valid_during state reason checked_by checked_at)"
    ),
    "pairings": (
        "select delete insert(organisation_id village_code valid_during proposed_by proposed_at)"
        " update(valid_during agreed_by agreed_at)"
    ),
    "pledges": "select insert delete update(valid_during)",
    "company_accounts": "select insert delete update(valid_during)",
    "pairing_statements": "select insert",
    "pairing_statement_lines": "select insert",
    "pairing_statement_items": "select insert(pairing_id year kind on_day what amount)",
    "fund_calls": (
        "select insert(county_code name department kind amount_fen valid_during basis added_by added_at)"
        " update(department kind amount_fen valid_during basis)"
    ),
    "channels": "select insert(code kind name)",
    "channel_counties": "select insert update(valid_during basis)",
    "rates": "select insert update(fen_per_10000 source)",
    "fund_applications": "select insert(case_id call_id producer_id snapshot wanted_fen) update(granted_fen)",
    "plots": "select insert(producer_id name area_m2 added_by added_at)",
    "yield_limits": (
        "select insert(county_code crop kg_per_mu valid_during source added_by added_at)"
        " update(kg_per_mu valid_during source)"
    ),
    "plot_yields": "select",
    "harvest_lots": "select delete insert(producer_id plot_id crop harvested_on grams added_by added_at)",
    "lot_parts": "select delete insert(lot_id parent_id grams)",
    "label_keys": "select insert(key_id public_key added_at)",
    "packed_labels": "select insert",
    "unpacked_labels": "select insert(lot_id serial order_line_id unpacked_by unpacked_at)",
    "label_runs": "select insert(lot_id count grams gtin promise issued_by issued_at)",
    "labels": (
        "select insert(lot_id serial run_id payload key_id signature) update(revoked_at revoked_by revoke_reason)"
    ),
    "harvest_files": "select insert(producer_id sha256 name rows imported_by imported_at)",
    "coverage": (
        "select delete insert(village_code operator technology setting share_bp down_mbps source observed_on"
        " valid_during) update(share_bp down_mbps source valid_during)"
    ),
    "job_postings": (
        "select insert(organisation_id village_code title note positions wage_min_fen wage_max_fen per valid_during"
        " added_by added_at) update(valid_during state reason checked_by checked_at)"
    ),
    "job_applications": (
        "select delete insert(posting_id account_id consented_at) update(state hired_on hired_by answered_at)"
    ),
    "agronomists": "select insert(county_code account_id subject named_by named_at) update(ended_at)",
    "questions": ("select insert(case_id village_code photo_id) update(photo_id)"),
    "course_sessions": "select insert(slot_id title organiser organisation_id added_by)",
    "clinic_days": "select insert(slot_id remote organisation_id added_by)",
    "course_certificates": "select insert(reservation_id issued_by issued_at)",
    "outages": "select insert",
    "quota_rules": "select",
    "unit_quotas": (
        "select insert(organisation_id year canteen_fen quota_fen region ratio_bp set_by set_at)"
        " update(canteen_fen quota_fen region ratio_bp set_by set_at)"
    ),
    "procurements": (
        "select insert(order_id organisation_id producer_id producer_county year ordered_on list payment_days"
        " payer_code freight_fen ordered_fen requested_by requested_at) update(accepted_fen approved_by approved_at"
        " signed_by"
        " signed_at delivered_by delivered_at accepted_by accepted_at accepted_on invoiced_at ended_at ended_by reason"
        " told_fen reduce_since chased_on)"
    ),
    "procurement_lines": "select insert(line_id order_id price_fen ordered) update(delivered accepted)",
    "procurement_checks": "select insert",
    "procurement_invoices": "select insert",
    "procurement_red_letters": "select insert",
    "bank_receipts": "select insert(reference payer_code payer_name fen received_on recorded_by recorded_at)",
    "platform_purchases": (
        "select insert(order_number line_number organisation_id supplier origin_county product quantity fen accepted_on"
        " paid_on year list) update(supplier origin_county product quantity fen accepted_on paid_on year list)"
    ),
    "quota_entries": "select insert(organisation_id year list kind fen order_id order_number line_number at)",
    "coverage_projects": (
        "select insert(county_code village_code operator name planned_fen added_by added_at funded_by)"
        " update(spent_fen overrun_reason state done_on done_by accepted_on accepted_by)"
    ),
    "organisations": (
        "select delete insert(kind name credit_code county_code applied_by applied_at verified_by verified_at)"
        " update(kind name applied_by applied_at verified_by verified_at)"
    ),
    "organisation_members": "select insert delete",
    "organisation_licences": "select insert delete update(valid_during)",
    "redemptions": "select insert(order_id voucher_id discount_fen redeemed_at) update(freed_at)",
    "register_checks": "select insert update(checked_on file_id lead_id account_id)",
    "refund_requests": (
        "select insert(suborder_id line_id key amount_fen reason note requested_by requested_at) "
        "update(state decided_by decided_at decision_note lapse_reason escalated_at)"
    ),
    "producer_figures": "select insert update(since counted_on parcels in_time reviews stars answered stays "
    "kept_stays)",
    "stay_cancellations": "select insert",
    "review_appeals": "select insert(case_id review_id claimed)",
    "review_photos": "select insert(review_id photo_id) update(removed_at)",
    "review_versions": "select",
    "reviews": "select insert update(rating text answer edited_at answered_at answered_by hidden_for hidden_at)",
    "rooms": "select insert update(open)",
    "run_explanations": "select insert",
    "run_lines": "select insert",
    "runs": "select insert",
    "second_factor_uses": "select insert delete",
    "sending_windows": "select insert",
    "nameless_grievances": "select insert delete update(count)",
    "sent_bytes": "select insert delete update(bytes)",
    "sessions": "select delete update(seen_at factor_attempts revoked_at)",
    "reconciliations": "select insert",
    "return_differences": (
        "select insert(file_id county_code kind line_code for_month settled_fen row_number credited_fen since)"
        " update(outcome why answered_by answered_at)"
    ),
    "return_files": "select insert",
    "return_rows": "select insert",
    "settlement_files": "select insert",
    "settlements": "select insert",
    "stay_deposits": "select insert delete update(share_bp days_before)",
    "sign_in_attempts": "select insert update(attempts)",
    "sign_in_codes": "select insert delete update(attempts used_at)",
    "slot_reservations": (
        "select insert(slot_id suborder_id party state account_id signed_up_by name_sealed name_index joined_at)"
        " update(state code_hash code_sealed attended_at account_id signed_up_by name_sealed name_index offered_until)"
    ),
    "slots": (
        "select insert(kind listing_id during capacity minimum free village_code room) "
        "update(free state cancelled_at cancelled_by cancel_reason forgotten)"
    ),
    "stay_guests": "select delete insert(booking_id document guest_sealed registered_by registered_at delete_on)",
    "stock_moves": "select insert",
    "suborder_events": "select insert",
    "suborders": "select insert update(state carrier tracking shipped_at received_at closed_at lost_fen)",
    "subsidy_postings": "select insert",
    "tracked_parcels": (
        "select delete insert(suborder_id carrier tracking registered_at moved_at) update(carrier tracking state "
        "registered_at moved_at delivered_at attempts next_at claimed_at hinted_at error)"
    ),
    "tracking_facts": "select insert delete",
    "taken_nights": "select insert delete",
    "tier_prices": "select insert delete",
    "tasks": "select insert update(state stage outcome_sealed error next_at finished_at)",
    "usage_days": "select insert",
    "valid_approvals": "select",
    "variants": "select insert update(position price_fen public_price_fen)",
    "vouchers": "select insert(coupon_id account_id ordinal per_person claimed_at)",
    "jobs.failures": "select insert delete update(attempts next_at error)",
    "jobs.schedules": "select insert update(next_at attempts error finished_at)",
    "payments.account_kinds": "select",
    "payments.accounts": "select",
    "payments.balances": "select",
    "payments.checkpoint_sums": "select",
    "payments.checkpoints": "select",
    "payments.discrepancies": "select insert update(closed_by closed_at note)",
    "payments.disputes": "select insert update(amount_minor state reason due_at closed_at changes)",
    "payments.events": "select insert delete update(attempts next_at error dead_at)",
    "payments.inbox": "select insert delete update(state attempts next_at error leased_until)",
    "payments.operations": (
        "select delete insert(payment_id refund_id kind key state attempts first_sent_at next_at payout_id) "
        "update(state attempts error first_sent_at next_at)"
    ),
    "payments.parts": "select insert",
    "payments.payments": (
        "select insert(order_ref purpose method currency amount_minor return_url opened_at expires_at) "
        "update(provider_ref captured_minor refunded_minor disputed_minor state return_url action reason "
        "captured_at closed_at poll_at)"
    ),
    "payments.payouts": (
        "select insert(payee key provider destination currency amount_minor created_at poll_at) "
        "update(state provider_ref reason paid_at failed_at poll_at)"
    ),
    "payments.postings": "select",
    "payments.refunds": (
        "select insert(payment_id key kind amount_minor reason requested_at) "
        "update(state provider_ref reason attempt succeeded_at retry_at pending_since)"
    ),
    "payments.statement_lines": "select insert update(ledger_key)",
    "payments.transactions": "select",
    "payments.transaction_keys": "select",
    "payments.archived_months": "select",
    "payments.archived_sums": "select",
    "programme_rules": "select",
    "withheld_lines": "select",
}

BENEFIT_GRANTS = {
    "benefits.households": (
        "select insert(producer_id code village_code added_by added_at) update(account_id phone_index phone_sealed)"
    ),
    "benefits.rules": (
        "select delete insert(listing_id household_id how share_bp wage_per_unit_fen valid_during) update(valid_during)"
    ),
    "benefits.payable_changes": "select update(recorded_at)",
    "benefits.entries": "select insert(change_id order_line_id household_id how fen day)",
    "benefits.files": "select insert(producer_id sha256 name rows imported_by imported_at)",
}
"""What the role that only market/villages/benefits takes may do; the service's role may do nothing there."""

FUNCTIONS_OF_THE_OWNER = {
    "make_month_partitions": True,
    "count_late_rows": True,
    "read_audit_chain": True,
    "list_taken_audit_heads": True,
    "refuse_archived_run": False,
    "note_payable_change": False,
    "link_story_people": False,
    "link_benefit_households": False,
    "check_benefit_shares": False,
    "check_benefit_entries": False,
    "add_audit_entry": True,
    "audit_transfer_record": False,
    "add_village": True,
    "erase_account": True,
    "erase_register_person": True,
    "list_due_erasures": True,
    "list_due_leads": True,
    "erase_lead": True,
    "list_erasure_obstacles": True,
    "redact_original": True,
    "check_hidden_review": False,
    "count_harvest": False,
    "use_lot_part": False,
    "use_lot_for_labels": False,
    "erase_payout_accounts": True,
    "erase_return_addresses": True,
    "claim_task": True,
    "end_operator": True,
    "list_file_states": True,
    "make_operator": True,
    "count_voucher": False,
    "copy_listing_price": False,
    "delete_claim_photos": True,
    "drop_question_photos": True,
    "delete_conversations": True,
    "delete_saved_filters": True,
    "check_invoice_sums": False,
    "erase_invoice_details": True,
    "list_changed_invoices": True,
    "keep_invoice_version": False,
    "mark_invoice_changed": False,
    "mark_order_invoices": False,
    "erase_messages": True,
    "delete_tasks": True,
    "delete_replaced_lines": True,
    "find_bound_elsewhere": True,
    "find_enrolled_elsewhere": True,
    "keep_fact_version": False,
    "list_bills": True,
    "list_changed_quarters": True,
    "list_uncounted_months": True,
    "find_grievance": True,
    "note_county_month": False,
    "note_county_month_of_run": False,
    "sum_up_notices": True,
    "check_objection": False,
    "find_objection": True,
    "sum_up_objections": True,
    "take_lead_step": False,
    "check_line_change": False,
    "check_lead_consent": False,
    "check_agreement": False,
    "check_agreement_rates": False,
    "check_bank_account": False,
    "check_clawback": False,
    "check_clawback_appeal": False,
    "check_clawback_entry": False,
    "check_clawback_item": False,
    "check_clawback_sums": False,
    "erase_case_texts": True,
    "find_own_clawbacks": True,
    "list_due_clawbacks": True,
    "sum_receivables": True,
    "check_terms_approval": False,
    "withdraw_consent": True,
    "check_enrolment_pause": False,
    "refuse_used_lines_deletion": False,
    "make_official": True,
    "list_due_goods_returns": True,
    "list_idle_counties": True,
    "list_late_cases": True,
    "list_working_day_cases": True,
    "list_overdue_cases": True,
    "list_own_months": True,
    "list_pairing_items": True,
    "list_unsealed_months": True,
    "list_waiting_tasks": True,
    "payments.make_months": True,
    "payments.post": True,
    "record_refund": True,
    "refuse_late_deposit": False,
    "refuse_review_change": False,
    "move_booking": True,
    "move_search_bands": True,
    "record_release": True,
    "replace_roles": True,
    "require_line_explanations": False,
    "save_official": True,
    "set_deputy": True,
    "set_auditor_end": True,
    "set_second_factor": True,
    "start_session": True,
    "sum_budget_lines": True,
    "sum_kept_back": True,
    "check_story": False,
    "follow_story_consent": False,
    "end_story_consent": False,
    "list_warning_readers": True,
    "check_supervision_task": False,
    "record_supervision_move": False,
    "list_due_supervision": True,
    "unpack_label": False,
    "list_unchased_acceptances": True,
    "list_unchased_red_letters": True,
    "list_untold_red_letters": True,
    "count_open_cases": True,
    "check_procurement_sums": False,
    "match_bank_receipt": True,
    "close_bank_receipt": True,
    "confirm_bank_receipt": True,
    "get_waiting_invoice": True,
    "check_transfer_sum": False,
    "check_bank_payment": False,
    "check_bank_refund": False,
    "refuse_goods": True,
    "restore_quota": False,
    "reduce_invoice": False,
    "set_order_terms": True,
}
"""Functions that run with the owner's rights, and whether the service may call them."""

OWNERS_STATEMENTS = {
    "payments.ledger.verification", "payments.ledger.months", "market.kernel.postgres.months",
    "market.service.demo.sample.sales.run",
}  # fmt: skip
"""Modules with statements that only the owner may run: the service cannot close what it posted, or mark samples."""

-- The service changes only the columns that its statements change: what was ordered, its prices and sums are never
-- updated, except by record_release and record_refund.
REVOKE UPDATE ON orders, suborders, order_lines, bookings, cart_lines, cart_nights FROM market_app;
GRANT UPDATE (key, state, method, address_sealed, paid_at, closed_at) ON orders TO market_app;
GRANT UPDATE (state, carrier, tracking, shipped_at, received_at, closed_at) ON suborders TO market_app;
GRANT UPDATE (room_id, state, code_hash, code_sealed, arrived_at) ON bookings TO market_app;
GRANT UPDATE (quantity) ON cart_lines TO market_app;
GRANT UPDATE (nights, rooms) ON cart_nights TO market_app;
REVOKE INSERT ON line_refunds FROM market_app;

REVOKE UPDATE ON producers, producer_members, certificates, freight_templates, listings, variants, rooms, night_prices,
    lots FROM market_app;
GRANT UPDATE (state, opened_at) ON producers TO market_app;
GRANT UPDATE (valid_during) ON producer_members TO market_app;
GRANT UPDATE (verified_at, verified_by) ON certificates TO market_app;
GRANT UPDATE (first_g, first_fen, next_g, next_fen, free_above_fen, no_ship) ON freight_templates TO market_app;
GRANT UPDATE (state, score, sold_count, rating_sum, rating_count) ON listings TO market_app;
GRANT UPDATE (price_fen) ON variants TO market_app;
GRANT UPDATE (open) ON rooms TO market_app; -- rooms are locked, which needs the right to update a column
GRANT UPDATE (available_units, reserved_units, sold_units) ON lots TO market_app;

REVOKE UPDATE ON persons, household_statuses, memberships, programmes, budgets, enrolments, cycles, findings,
    finding_lines FROM market_app;
GRANT UPDATE (name_sealed, sex, born_on, died_on, death_known_at, file_id) ON persons TO market_app;
GRANT UPDATE (valid_during, village_code, village_name, tier, monitoring, registered, risk_removed_on, file_id)
    ON household_statuses TO market_app;
GRANT UPDATE (member_number, relation, valid_during, leave_reason, file_id) ON memberships TO market_app;
GRANT UPDATE (name, kinds, max_lines, proration, cure_days, idle_days, document_name, document_number, document_text,
    document_sha256,
    file_id) ON programmes TO market_app;
GRANT UPDATE (public_fen, file_id) ON budgets TO market_app;
GRANT UPDATE (household_code, programme_code, identity_index, identity_sealed, agent, assessor, applied_on, decided_on,
    entitled_from, notice, status, file_id) ON enrolments TO market_app;
GRANT UPDATE (state, run_id, village_round, township_round) ON cycles TO market_app;
GRANT UPDATE (cycle_id, at_risk_fen, evidence, state, opened_at, seen_in, seen_at) ON findings TO market_app;
GRANT UPDATE (verdict, changed_after) ON finding_lines TO market_app;

REVOKE UPDATE ON county_settings, messages, sign_in_codes, sign_in_attempts, jobs.failures, jobs.schedules
    FROM market_app;
GRANT UPDATE (valid_during) ON county_settings TO market_app;
GRANT UPDATE (facts_sealed, next_at, attempts, error, sent_at, delivered_at, dead_at, provider_ref) ON messages
    TO market_app;
GRANT UPDATE (attempts, used_at) ON sign_in_codes TO market_app;
GRANT UPDATE (attempts) ON sign_in_attempts TO market_app;
GRANT UPDATE (attempts, error, next_at) ON jobs.failures TO market_app;
GRANT UPDATE (attempts, error, next_at, finished_at) ON jobs.schedules TO market_app;
REVOKE ALL ON FUNCTION keep_fact_version FROM PUBLIC;

-- Foreign keys and policies that refer to tables which are made later.
CREATE POLICY person_keys_visible ON person_keys TO market_app
    USING (CASE WHEN (account_id = (SELECT get_visible_person())) THEN true ELSE (EXISTS (SELECT FROM cases
        WHERE (cases.asker_id = person_keys.account_id))) END);
ALTER TABLE cases ADD CONSTRAINT cases_against_producer FOREIGN KEY (against_producer_id) REFERENCES producers(id);
ALTER TABLE cases ADD CONSTRAINT cases_for_producer FOREIGN KEY (for_producer_id) REFERENCES producers(id);
-- A case is read in a transaction of its county (the worker's), or for a person: who asked, a member of the producer
-- that it is against, an official with a role of its path. Whether a membership or a role is valid today is checked by
-- the service, whose clock may differ from the server's.
CREATE POLICY cases_visible ON cases TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true WHEN (asker_id = (SELECT get_visible_person())) THEN true
        WHEN (against_producer_id IN (SELECT producer_members.producer_id FROM producer_members
        WHERE (producer_members.account_id = (SELECT get_visible_person())))) THEN true
        WHEN (for_producer_id IN (SELECT producer_members.producer_id FROM producer_members
        WHERE (producer_members.account_id = (SELECT get_visible_person())))) THEN true WHEN (EXISTS (SELECT
        FROM grants WHERE ((grants.account_id = (SELECT get_visible_person())) AND (grants.role = ANY (cases.path))
        AND starts_with(cases.division_code, grants.scope)))) THEN true ELSE false END);
ALTER TABLE grievances ADD CONSTRAINT grievances_finding FOREIGN KEY (finding_id) REFERENCES findings(id);
ALTER TABLE grievances ADD CONSTRAINT grievances_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE grievances ADD CONSTRAINT grievances_line FOREIGN KEY (county_code, line_code)
    REFERENCES lines(county_code, code);
ALTER TABLE bookings ADD CONSTRAINT bookings_line FOREIGN KEY (line_id) REFERENCES order_lines(id);
ALTER TABLE bookings ADD CONSTRAINT bookings_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id);
ALTER TABLE slot_reservations ADD CONSTRAINT slot_reservations_suborder FOREIGN KEY (suborder_id)
    REFERENCES suborders(id);
ALTER TABLE packed_labels ADD CONSTRAINT packed_labels_line FOREIGN KEY (order_line_id) REFERENCES order_lines(id);
ALTER TABLE unpacked_labels ADD CONSTRAINT unpacked_labels_line FOREIGN KEY (order_line_id)
    REFERENCES order_lines(id);
CREATE POLICY invoice_requests_visible ON invoice_requests TO market_app
    USING (CASE WHEN (buyer_id = (SELECT get_visible_person())) THEN true
        WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
        WHEN (producer_id IN (SELECT producer_members.producer_id FROM producer_members
        WHERE (producer_members.account_id = (SELECT get_visible_person())))) THEN true ELSE (EXISTS (SELECT
        FROM invoice_tasks t WHERE (t.suborder_id = invoice_requests.suborder_id))) END);
CREATE POLICY platform_purchases_visible ON platform_purchases TO market_app USING (sees_unit(organisation_id));
CREATE POLICY procurements_visible ON procurements TO market_app USING ((sees_unit(organisation_id)
    OR (producer_id IN (SELECT producer_members.producer_id FROM producer_members
    WHERE (producer_members.account_id = (SELECT get_visible_person()))))));
CREATE POLICY quota_entries_posted ON quota_entries FOR INSERT TO market_app WITH
    CHECK ( CASE WHEN (order_id IS NULL) THEN sees_unit(organisation_id) ELSE (EXISTS (SELECT FROM procurements p
    WHERE (p.order_id = quota_entries.order_id))) END);
-- What a unit spends in a year concerns no seller: its own steps post there, but read nothing.
CREATE POLICY quota_entries_visible ON quota_entries FOR SELECT TO market_app USING (sees_unit(organisation_id));
CREATE POLICY unit_quotas_visible ON unit_quotas TO market_app USING (sees_unit(organisation_id));
CREATE POLICY stories_visible ON stories TO market_app
    USING (CASE WHEN (state = 'live') THEN true WHEN (author_id = (SELECT get_visible_person())) THEN true
        WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE (EXISTS (SELECT
        FROM story_people p WHERE ((p.story_id = stories.id)
        AND (p.account_id = (SELECT get_visible_person()))))) END) WITH CHECK (true);
CREATE POLICY pairing_statement_items_visible ON pairing_statement_items TO market_app
    USING (sees_pairing(pairing_id));
CREATE POLICY pairing_statement_lines_visible ON pairing_statement_lines TO market_app
    USING (sees_pairing(pairing_id));
ALTER TABLE persons ADD CONSTRAINT persons_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE persons ADD CONSTRAINT persons_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE fact_versions ADD CONSTRAINT fact_versions_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE fact_versions ADD CONSTRAINT fact_versions_lead FOREIGN KEY (replaced_by_lead) REFERENCES leads(id);
ALTER TABLE fact_versions ADD CONSTRAINT fact_versions_replaced_by FOREIGN KEY (replaced_by)
    REFERENCES import_files(id);
ALTER TABLE household_statuses ADD CONSTRAINT household_statuses_file FOREIGN KEY (file_id)
    REFERENCES import_files(id);
ALTER TABLE household_statuses ADD CONSTRAINT household_statuses_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE memberships ADD CONSTRAINT memberships_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE memberships ADD CONSTRAINT memberships_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE register_checks ADD CONSTRAINT register_checks_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE register_checks ADD CONSTRAINT register_checks_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE programmes ADD CONSTRAINT programmes_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE programme_terms ADD CONSTRAINT programme_terms_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE programme_checks ADD CONSTRAINT programme_checks_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE programme_sentences ADD CONSTRAINT programme_sentences_file FOREIGN KEY (file_id)
    REFERENCES import_files(id);
ALTER TABLE terms_approvals ADD CONSTRAINT terms_approvals_file FOREIGN KEY (file_id) REFERENCES import_files(id);
ALTER TABLE enrolments ADD CONSTRAINT enrolments_lead FOREIGN KEY (lead_id) REFERENCES leads(id);
ALTER TABLE cycles ADD CONSTRAINT cycles_run FOREIGN KEY (run_id) REFERENCES runs(id);
-- Who decides or made an appeal sees what it is about.
CREATE POLICY clawbacks_visible ON clawbacks TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true WHEN (id IN (SELECT clawback_appeals.clawback_id FROM clawback_appeals))
        THEN true ELSE false END);

-- Guards of the market on the tables of payments: a transfer at the bank counts once two people found it (ADR 98).
CREATE TRIGGER payments_found_by_two AFTER UPDATE OF captured_minor ON payments.payments
    FOR EACH ROW WHEN (new.method = 'bank' AND old.captured_minor = 0 AND new.captured_minor > 0)
    EXECUTE FUNCTION check_bank_payment();
CREATE CONSTRAINT TRIGGER refunds_found_by_two AFTER UPDATE OF state ON payments.refunds DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.state = 'succeeded') EXECUTE FUNCTION check_bank_refund();

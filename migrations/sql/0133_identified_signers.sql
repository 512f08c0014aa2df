-- Package: subsidies.
-- Who applied for somebody and who assessed it are known by identity number where the county's file has one.
ALTER TABLE enrolments
    ADD COLUMN agent_identity_index bytea,
    ADD COLUMN agent_identity_sealed bytea,
    ADD COLUMN assessor_identity_index bytea,
    ADD COLUMN assessor_identity_sealed bytea;
ALTER TABLE enrolments ADD CONSTRAINT enrolments_agent_identified CHECK (
    (agent_identity_index IS NULL) = (agent_identity_sealed IS NULL) AND (agent_identity_index IS NULL OR agent <> ''))
    NOT VALID;
ALTER TABLE enrolments VALIDATE CONSTRAINT enrolments_agent_identified;
ALTER TABLE enrolments ADD CONSTRAINT enrolments_assessor_identified CHECK (
    (assessor_identity_index IS NULL) = (assessor_identity_sealed IS NULL)
    AND (assessor_identity_index IS NULL OR assessor <> '')) NOT VALID;
ALTER TABLE enrolments VALIDATE CONSTRAINT enrolments_assessor_identified;
GRANT UPDATE (agent_identity_index, agent_identity_sealed, assessor_identity_index, assessor_identity_sealed)
    ON enrolments TO market_app;

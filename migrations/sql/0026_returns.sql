-- A month can be returned to an earlier state with a reason, and each step may carry an opinion.
ALTER TABLE cycle_events
    -- squawk-ignore adding-field-with-default
    ADD COLUMN returned boolean NOT NULL DEFAULT false,
    -- squawk-ignore adding-field-with-default
    ADD COLUMN opinion text NOT NULL DEFAULT '';
-- Events and approvals are few, so that the checks in the same transaction are short.
ALTER TABLE cycle_events ADD CONSTRAINT cycle_events_opinion CHECK (length(opinion) <= 500) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cycle_events VALIDATE CONSTRAINT cycle_events_opinion;
ALTER TABLE cycle_events ADD CONSTRAINT cycle_events_return_explained CHECK (NOT returned OR opinion <> '') NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cycle_events VALIDATE CONSTRAINT cycle_events_return_explained;

-- How often the village's and the township's approvals of a cycle were voided by a return; approvals keep the round in
-- which they were given.
ALTER TABLE cycles
    -- squawk-ignore adding-field-with-default
    ADD COLUMN village_round smallint NOT NULL DEFAULT 0,
    -- squawk-ignore adding-field-with-default
    ADD COLUMN township_round smallint NOT NULL DEFAULT 0;
ALTER TABLE cycle_approvals
    -- squawk-ignore adding-field-with-default
    ADD COLUMN round smallint NOT NULL DEFAULT 0,
    -- squawk-ignore adding-field-with-default
    ADD COLUMN opinion text NOT NULL DEFAULT '';
-- Nobody reads approvals while the service is stopped for the update.
-- squawk-ignore ban-drop-constraint
ALTER TABLE cycle_approvals DROP CONSTRAINT cycle_approvals_unique;
-- squawk-ignore adding-serial-primary-key-field, constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE cycle_approvals ADD CONSTRAINT cycle_approvals_unique PRIMARY KEY (run_id, duty, scope, round);

-- The approvals that count: of the cycle's run, and not voided by a return.
CREATE VIEW valid_approvals WITH (security_invoker = true) AS
SELECT a.county_code, a.cycle_id, a.run_id, a.duty, a.scope, a.account_id
  FROM cycle_approvals a
  JOIN cycles c ON c.id = a.cycle_id AND c.run_id = a.run_id
               AND a.round = CASE a.duty WHEN 'village' THEN c.village_round ELSE c.township_round END;
GRANT SELECT ON valid_approvals TO market_app;

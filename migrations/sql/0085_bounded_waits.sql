-- A stopped case has its longest deadline in due_at; what is stopped already gets three days from now, as a new question would.
UPDATE cases SET due_at = greatest(due_at, now()) + interval '3 days' WHERE stopped_at IS NOT NULL;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX cases_due;
-- The table has the open cases of a county's sellers: the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX cases_due ON cases (due_at) WHERE state = 'assigned';

-- Nobody agrees to a change of a payout account that was asked for more than 30 days ago. What was agreed to before stays.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_term CHECK (
    state = 'rejected' OR replaces IS NULL OR decided_at <= entered_at + interval '30 days') NOT VALID;

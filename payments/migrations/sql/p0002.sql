-- Money that goes wrong: disputes and unattributed money get accounts, and failed refunds are retried.

-- disputed:<order>  money that a payer disputes, until the dispute is won or lost
-- advance:<order>   what the caller advanced because the order's accounts held less than a dispute takes
-- suspense:<charge> money at the provider that belongs to no payment, or that differs from its payment
INSERT INTO {schema}.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('disputed', 0, true),
    ('advance', NULL, true),
    ('suspense', 0, true);

ALTER TABLE {schema}.refunds ADD COLUMN retry_at timestamptz;
CREATE INDEX refunds_due_retry ON {schema}.refunds (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX refunds_failed ON {schema}.refunds (id) WHERE state = 'failed';
CREATE INDEX disputes_open ON {schema}.disputes (payment_id) WHERE state = 'open';

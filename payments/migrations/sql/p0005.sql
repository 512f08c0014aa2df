-- Reconciliation by key over all days, and discrepancies that a person closes with a reason.

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX statement_lines_key ON {schema}.statement_lines (provider, (coalesce(ledger_key, line_ref)));

ALTER TABLE {schema}.discrepancies
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT discrepancies_kind,
    ADD CONSTRAINT discrepancies_kind
        CHECK (kind IN ('missing_here', 'missing_there', 'amount', 'currency', 'duplicate')),
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT discrepancies_closed,
    ADD CONSTRAINT discrepancies_closed CHECK (
        CASE WHEN closed_at IS NULL THEN closed_by IS NULL ELSE coalesce(length(note), 0) > 0 END);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX discrepancies_open ON {schema}.discrepancies (opened_at, id) WHERE closed_at IS NULL;

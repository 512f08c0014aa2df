CREATE TABLE audit_entries (
    chain smallint NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_entries_chain CHECK (chain BETWEEN 0 AND 15),
    CONSTRAINT audit_entries_sequence_unique PRIMARY KEY (chain, sequence)
) PARTITION BY RANGE (sequence);
CREATE INDEX audit_entries_by_object ON audit_entries (object, at);
CREATE TRIGGER audit_entries_append_only BEFORE DELETE OR UPDATE ON audit_entries FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
GRANT SELECT ON audit_entries TO market_app;

-- What no month has been made for; `make_month_partitions` gives it its month.
CREATE TABLE audit_entries_late PARTITION OF audit_entries DEFAULT;
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries_late FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

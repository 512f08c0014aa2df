CREATE TABLE messages (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    phone_sealed bytea NOT NULL,
    template text NOT NULL,
    facts_sealed bytea NOT NULL,
    queued_at timestamptz NOT NULL,
    -- Text messages are leased one by one, codes apart from notices, and given up with a reason.
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text,
    dead_at timestamptz,
    -- Messages are found by phone, so that they are deleted with the account.
    phone_index bytea,
    leased_until timestamptz NOT NULL DEFAULT '-infinity'::timestamptz,
    attempts smallint NOT NULL DEFAULT 0
) WITH (fillfactor='50');
CREATE INDEX messages_dead ON messages (dead_at) WHERE (dead_at IS NOT NULL);
CREATE INDEX messages_due_codes ON messages (next_at) WHERE ((template = 'code') AND (dead_at IS NULL));
CREATE INDEX messages_due_notices ON messages (next_at) WHERE ((template <> 'code') AND (dead_at IS NULL));
GRANT SELECT, INSERT, DELETE, UPDATE (facts_sealed, next_at, error, dead_at, leased_until,
    attempts) ON messages TO market_app;

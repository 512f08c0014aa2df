-- Pushes of the carriers as they came, each once; all times are of the database server's clock.
CREATE TABLE carrier_pushes (
    event_id text PRIMARY KEY,
    carrier text NOT NULL,
    tracking text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'new',
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT carrier_pushes_event CHECK (length(event_id) BETWEEN 1 AND 100),
    CONSTRAINT carrier_pushes_state CHECK (state IN ('new', 'done', 'dead'))
);
CREATE INDEX carrier_pushes_dead ON carrier_pushes (received_at) WHERE (state = 'dead');
CREATE INDEX carrier_pushes_due ON carrier_pushes (next_at) WHERE (state = 'new');
CREATE INDEX carrier_pushes_received ON carrier_pushes (received_at);
GRANT SELECT, DELETE, INSERT (event_id, carrier, tracking), UPDATE (state, attempts,
    next_at) ON carrier_pushes TO market_app;

-- The number of a parcel on its way, and where the parcel is as far as its carrier has said. `next_at`, `claimed_at`
-- and `hinted_at` are of the database server's clock, the others of the business clock.
CREATE TABLE tracked_parcels (
    suborder_id uuid PRIMARY KEY,
    carrier text NOT NULL,
    tracking text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    registered_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,
    delivered_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_at timestamptz,
    hinted_at timestamptz,
    error text,
    CONSTRAINT tracked_parcels_carrier CHECK (carrier IN ('post', 'sf', 'zto', 'yto', 'sto', 'yunda', 'jt', 'jd')),
    CONSTRAINT tracked_parcels_delivered CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
    CONSTRAINT tracked_parcels_state
        CHECK (state IN ('waiting', 'moving', 'delivered', 'unknown', 'mismatched', 'returned', 'given_up')),
    CONSTRAINT tracked_parcels_tracking CHECK (tracking ~ '^[A-Z0-9-]{4,40}$'),
    CONSTRAINT tracked_parcels_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX tracked_parcels_due ON tracked_parcels (next_at) WHERE (state IN ('waiting', 'moving', 'unknown'));
CREATE INDEX tracked_parcels_number ON tracked_parcels (carrier, tracking);
CREATE INDEX tracked_parcels_open ON tracked_parcels (moved_at) WHERE (state <> 'delivered');
CREATE INDEX tracked_parcels_registered ON tracked_parcels (registered_at) WHERE ((state IN ('moving', 'unknown'))
    AND (next_at < 'infinity'::timestamptz));
GRANT SELECT, DELETE, INSERT (suborder_id, carrier, tracking, registered_at, moved_at), UPDATE (carrier, tracking,
    state, registered_at, moved_at, delivered_at, attempts, next_at, claimed_at, hinted_at,
    error) ON tracked_parcels TO market_app;

-- What the carriers have said, each fact once, under the number that was asked for.
CREATE TABLE tracking_facts (
    suborder_id uuid NOT NULL,
    carrier text NOT NULL,
    tracking text NOT NULL,
    happened_at timestamptz NOT NULL,
    step text NOT NULL,
    detail text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT tracking_facts_detail CHECK (length(detail) <= 80),
    CONSTRAINT tracking_facts_step CHECK (step IN ('accepted', 'moved', 'out', 'delivered', 'problem', 'returned')),
    CONSTRAINT tracking_facts_once PRIMARY KEY (suborder_id, carrier, tracking, happened_at, step, detail),
    CONSTRAINT tracking_facts_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
-- What nobody needs any more is deleted; rows are written in the order of time.
CREATE INDEX tracking_facts_by_time ON tracking_facts USING brin (recorded_at);
CREATE TRIGGER tracking_facts_append_only BEFORE DELETE OR UPDATE ON tracking_facts FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tracking_facts_no_truncate BEFORE TRUNCATE ON tracking_facts FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, DELETE ON tracking_facts TO market_app;

-- A parcel that its buyer picks up at a point. Its code exists from its arrival; it opens the parcel once.
CREATE TABLE pickups (
    suborder_id uuid PRIMARY KEY,
    point_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'expected',
    arrived_at timestamptz,
    code_hash bytea,
    code_sealed bytea,
    collected_at timestamptz,
    -- Another keeper of a pickup point, and the reminder before a parcel's last day there.
    reminded_at timestamptz,
    CONSTRAINT pickups_arrived CHECK ((state = 'expected') = (arrived_at IS NULL)),
    CONSTRAINT pickups_code CHECK (((state = 'expected') = (code_hash IS NULL))
        AND ((state = 'arrived') = (code_sealed IS NOT NULL))),
    CONSTRAINT pickups_collected CHECK ((state = 'collected') = (collected_at IS NOT NULL)),
    CONSTRAINT pickups_state CHECK (state IN ('expected', 'arrived', 'collected', 'returned')),
    CONSTRAINT pickups_point FOREIGN KEY (point_id) REFERENCES pickup_points(id),
    CONSTRAINT pickups_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE UNIQUE INDEX pickups_one_code ON pickups (code_hash);
CREATE INDEX pickups_open ON pickups (point_id, suborder_id) WHERE (state IN ('expected', 'arrived'));
CREATE INDEX pickups_waiting ON pickups (arrived_at) WHERE (state = 'arrived');
GRANT SELECT, INSERT (suborder_id, point_id), UPDATE (state, arrived_at, code_hash, code_sealed, collected_at,
    reminded_at) ON pickups TO market_app;

-- Points of a county where buyers pick parcels up; the keeper is the account that hands them over.
CREATE TABLE pickup_points (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    division_code text NOT NULL CONSTRAINT pickup_points_division REFERENCES divisions,
    county_code   text GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    name          text NOT NULL CONSTRAINT pickup_points_name CHECK (length(name) BETWEEN 1 AND 20),
    address       text NOT NULL CONSTRAINT pickup_points_address CHECK (length(address) BETWEEN 1 AND 60),
    phone         text NOT NULL CONSTRAINT pickup_points_phone CHECK (phone ~ '^[0-9]{5,12}$'),
    hours         text NOT NULL CONSTRAINT pickup_points_hours CHECK (length(hours) BETWEEN 1 AND 40),
    keeper_id     uuid NOT NULL CONSTRAINT pickup_points_keeper REFERENCES accounts,
    open          boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX pickup_points_one_name ON pickup_points (county_code, name) WHERE open;
CREATE INDEX pickup_points_by_county ON pickup_points (county_code, id);
CREATE INDEX pickup_points_by_keeper ON pickup_points (keeper_id);
GRANT SELECT, INSERT (division_code, name, address, phone, hours, keeper_id, created_at), UPDATE (open)
    ON pickup_points TO market_app;

-- A parcel that its buyer picks up at a point. Its code exists from its arrival; it opens the parcel once.
CREATE TABLE pickups (
    suborder_id  uuid PRIMARY KEY CONSTRAINT pickups_suborder REFERENCES suborders,
    point_id     uuid NOT NULL CONSTRAINT pickups_point REFERENCES pickup_points,
    state        text NOT NULL DEFAULT 'expected' CONSTRAINT pickups_state CHECK (
        state IN ('expected', 'arrived', 'collected', 'returned')),
    arrived_at   timestamptz,
    code_hash    bytea,
    code_sealed  bytea,
    collected_at timestamptz,
    CONSTRAINT pickups_arrived CHECK ((state = 'expected') = (arrived_at IS NULL)),
    CONSTRAINT pickups_code CHECK ((state = 'expected') = (code_hash IS NULL)
                                   AND (state = 'arrived') = (code_sealed IS NOT NULL)),
    CONSTRAINT pickups_collected CHECK ((state = 'collected') = (collected_at IS NOT NULL))
);
CREATE UNIQUE INDEX pickups_one_code ON pickups (code_hash);
CREATE INDEX pickups_open ON pickups (point_id, suborder_id) WHERE state IN ('expected', 'arrived');
CREATE INDEX pickups_waiting ON pickups (arrived_at) WHERE state = 'arrived';
GRANT SELECT, INSERT (suborder_id, point_id), UPDATE (state, arrived_at, code_hash, code_sealed, collected_at)
    ON pickups TO market_app;

-- Points of a county where buyers pick parcels up; the keeper is the account that hands them over.
CREATE TABLE pickup_points (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED,
    name text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    hours text NOT NULL,
    keeper_id uuid NOT NULL,
    open boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CONSTRAINT pickup_points_address CHECK (length(address) BETWEEN 1 AND 60),
    CONSTRAINT pickup_points_hours CHECK (length(hours) BETWEEN 1 AND 40),
    CONSTRAINT pickup_points_name CHECK (length(name) BETWEEN 1 AND 20),
    CONSTRAINT pickup_points_phone CHECK (phone ~ '^[0-9]{5,12}$'),
    CONSTRAINT pickup_points_division FOREIGN KEY (division_code) REFERENCES divisions(code),
    CONSTRAINT pickup_points_keeper FOREIGN KEY (keeper_id) REFERENCES accounts(id)
);
CREATE INDEX pickup_points_by_county ON pickup_points (county_code, id);
CREATE INDEX pickup_points_by_keeper ON pickup_points (keeper_id);
CREATE UNIQUE INDEX pickup_points_one_name ON pickup_points (county_code, name) WHERE open;
GRANT SELECT, INSERT (division_code, name, address, phone, hours, keeper_id, created_at), UPDATE (keeper_id,
    open) ON pickup_points TO market_app;

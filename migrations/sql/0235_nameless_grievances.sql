-- Package: grievances.
-- How many grievances without a name came from the networks of a bucket on a day, so that one network does not fill a
-- county. A bucket is a byte of a keyed hash of county, day and network: it stands for one network in 256, and says of
-- none that it wrote. Not linked to a grievance; deleted after the day.
CREATE TABLE nameless_grievances (
    county_code text NOT NULL CONSTRAINT nameless_grievances_county CHECK (county_code ~ '^[0-9]{6}$'),
    day         date NOT NULL,
    bucket      smallint NOT NULL CONSTRAINT nameless_grievances_bucket CHECK (bucket BETWEEN 0 AND 255),
    count       smallint NOT NULL DEFAULT 1 CONSTRAINT nameless_grievances_count CHECK (count > 0),
    CONSTRAINT nameless_grievances_pkey PRIMARY KEY (day, county_code, bucket)
);
GRANT SELECT, INSERT, DELETE ON nameless_grievances TO market_app;
GRANT UPDATE (count) ON nameless_grievances TO market_app;

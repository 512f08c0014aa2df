-- A stay is paid in two parts: a share at once, the rest until some days before arrival.
CREATE TABLE stay_deposits (
    listing_id  uuid PRIMARY KEY CONSTRAINT stay_deposits_listing REFERENCES listings,
    share_bp    integer NOT NULL CONSTRAINT stay_deposits_share CHECK (share_bp BETWEEN 500 AND 9000),
    days_before smallint NOT NULL CONSTRAINT stay_deposits_days CHECK (days_before BETWEEN 1 AND 90)
);
GRANT SELECT, INSERT, DELETE, UPDATE (share_bp, days_before) ON stay_deposits TO market_app;

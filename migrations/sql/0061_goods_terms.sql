-- How goods keep, and where they are not shipped. `storage` replaces `chilled`.
ALTER TABLE listings
    ADD COLUMN storage text NOT NULL DEFAULT 'ambient'
        CONSTRAINT listings_storage CHECK (storage IN ('ambient', 'chilled', 'frozen')),
    ADD COLUMN shelf_days smallint CONSTRAINT listings_shelf_days CHECK (shelf_days BETWEEN 1 AND 3650),
    ADD COLUMN no_ship text[] NOT NULL DEFAULT '{}'
        CONSTRAINT listings_no_ship CHECK (array_to_string(no_ship, ',') ~ '^([0-9]{2}(,|$))*$');
UPDATE listings SET storage = 'chilled' WHERE chilled;
-- squawk-ignore ban-drop-column
ALTER TABLE listings DROP COLUMN chilled;
COMMENT ON COLUMN listings.shelf_days IS 'how long it keeps from the day on which it is sent';
COMMENT ON COLUMN listings.no_ship IS 'provinces that it is not shipped to, besides those of its producer''s freight';
GRANT UPDATE (storage, shelf_days, no_ship) ON listings TO market_app;

-- Surcharges are added to the freight, also where it is free.
ALTER TABLE freight_templates
    ADD COLUMN cold_fen bigint NOT NULL DEFAULT 0
        CONSTRAINT freight_cold_surcharge CHECK (cold_fen BETWEEN 0 AND 1000000),
    ADD COLUMN no_cold text[] NOT NULL DEFAULT '{}'
        CONSTRAINT freight_no_cold CHECK (array_to_string(no_cold, ',') ~ '^([0-9]{2}(,|$))*$'),
    ADD COLUMN remote_fen bigint NOT NULL DEFAULT 0
        CONSTRAINT freight_remote_surcharge CHECK (remote_fen BETWEEN 0 AND 1000000),
    ADD COLUMN remote text[] NOT NULL DEFAULT '{}'
        CONSTRAINT freight_remote CHECK (array_to_string(remote, ',') ~ '^([0-9]{2}(,|$))*$');
COMMENT ON COLUMN freight_templates.no_cold IS 'provinces that the cold chain does not reach';
GRANT UPDATE (cold_fen, no_cold, remote_fen, remote) ON freight_templates TO market_app;

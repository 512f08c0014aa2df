-- 收藏: what a person keeps of the shop. The positions bound how many there are.
CREATE TABLE favourites (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL,
    "position" smallint NOT NULL,
    listing_id uuid,
    producer_id uuid,
    added_at timestamptz NOT NULL,
    CONSTRAINT favourites_bound CHECK (("position" >= 1) AND ("position" <= 200)),
    CONSTRAINT favourites_one CHECK (num_nonnulls(listing_id, producer_id) = 1),
    CONSTRAINT favourites_listing_once UNIQUE (account_id, listing_id),
    CONSTRAINT favourites_position_unique UNIQUE (account_id, "position"),
    CONSTRAINT favourites_producer_once UNIQUE (account_id, producer_id),
    CONSTRAINT favourites_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT favourites_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT favourites_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX favourites_by_listing ON favourites (listing_id) WHERE (listing_id IS NOT NULL);
CREATE INDEX favourites_by_producer ON favourites (producer_id) WHERE (producer_id IS NOT NULL);
GRANT SELECT, DELETE, INSERT (account_id, "position", listing_id, producer_id, added_at) ON favourites TO market_app;

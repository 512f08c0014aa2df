CREATE TABLE photos (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner_id uuid NOT NULL,
    purpose text NOT NULL,
    sha256 bytea NOT NULL,
    name text GENERATED ALWAYS AS ("left"(encode(sha256, 'hex'), 40)) STORED NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT photos_height CHECK (height BETWEEN 1 AND 20000),
    CONSTRAINT photos_kind CHECK (kind IN ('webp', 'svg')),
    CONSTRAINT photos_purpose
        CHECK (purpose IN ('listing', 'certificate', 'parcel', 'claim', 'review', 'message', 'question', 'story')),
    CONSTRAINT photos_sha256_length CHECK (length(sha256) = 32),
    CONSTRAINT photos_width CHECK (width BETWEEN 1 AND 20000),
    CONSTRAINT photos_owner FOREIGN KEY (owner_id) REFERENCES accounts(id)
);
CREATE INDEX photos_by_name ON photos (name);
-- Unused photos are counted by account and deleted.
CREATE INDEX photos_by_owner ON photos (owner_id, created_at);
GRANT SELECT, INSERT, DELETE ON photos TO market_app;

-- How many bytes of files an account has sent on a business day, so that nobody fills the disk.
CREATE TABLE sent_bytes (
    account_id uuid NOT NULL,
    sent_on date NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT sent_bytes_positive CHECK (bytes > 0),
    PRIMARY KEY (account_id, sent_on),
    CONSTRAINT sent_bytes_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX sent_bytes_by_day ON sent_bytes (sent_on);
GRANT SELECT, INSERT, DELETE, UPDATE (bytes) ON sent_bytes TO market_app;

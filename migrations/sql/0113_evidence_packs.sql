-- Evidence packs: what a closed month rests on, sealed once. The packs of a county are a chain: each names the head of
-- the one before it.

CREATE TABLE evidence_packs (
    cycle_id        uuid NOT NULL CONSTRAINT evidence_packs_pkey PRIMARY KEY
                    CONSTRAINT evidence_packs_cycle REFERENCES cycles,
    county_code     text NOT NULL CONSTRAINT evidence_packs_county CHECK (county_code ~ '^[0-9]{6}$'),
    number          integer NOT NULL CONSTRAINT evidence_packs_number CHECK (number >= 1),
    previous_sha256 text,
    head_sha256     text NOT NULL CONSTRAINT evidence_packs_head CHECK (head_sha256 ~ '^[0-9a-f]{64}$'),
    public_key      text NOT NULL CONSTRAINT evidence_packs_public_key CHECK (public_key ~ '^[0-9a-f]{64}$'),
    signature       text NOT NULL CONSTRAINT evidence_packs_signature CHECK (signature ~ '^[0-9a-f]{128}$'),
    run_id          uuid NOT NULL CONSTRAINT evidence_packs_run REFERENCES runs,
    sealed_at       timestamptz NOT NULL,
    -- The members without the bytes of the files, and the keys.
    content_sealed  bytea NOT NULL,
    CONSTRAINT evidence_packs_number_unique UNIQUE (county_code, number),
    CONSTRAINT evidence_packs_head_unique UNIQUE (county_code, head_sha256),
    -- One pack is the first of a county, and each has at most one after it.
    CONSTRAINT evidence_packs_one_chain UNIQUE NULLS NOT DISTINCT (county_code, previous_sha256),
    CONSTRAINT evidence_packs_previous FOREIGN KEY (county_code, previous_sha256)
        REFERENCES evidence_packs (county_code, head_sha256),
    CONSTRAINT evidence_packs_first CHECK ((number = 1) = (previous_sha256 IS NULL))
);
-- Sealed bytes cannot be compressed.
ALTER TABLE evidence_packs ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
ALTER TABLE evidence_packs ENABLE ROW LEVEL SECURITY;
CREATE POLICY evidence_packs_visible_county ON evidence_packs TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON evidence_packs TO market_app;

-- Only the sealed column may change, when keys rotate.
CREATE TRIGGER evidence_packs_append_only
    BEFORE DELETE OR UPDATE OF cycle_id, county_code, number, previous_sha256, head_sha256, public_key, signature,
                               run_id, sealed_at ON evidence_packs
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_packs_no_truncate
    BEFORE TRUNCATE ON evidence_packs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE evidence_packs (
    cycle_id uuid PRIMARY KEY,
    county_code text NOT NULL,
    number integer NOT NULL,
    previous_sha256 text,
    head_sha256 text NOT NULL,
    public_key text NOT NULL,
    signature text NOT NULL,
    run_id uuid NOT NULL,
    sealed_at timestamptz NOT NULL,
    -- The members without the bytes of the files, and the keys.
    content_sealed bytea NOT NULL,
    CONSTRAINT evidence_packs_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT evidence_packs_first CHECK ((number = 1) = (previous_sha256 IS NULL)),
    CONSTRAINT evidence_packs_head CHECK (head_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT evidence_packs_number CHECK (number >= 1),
    CONSTRAINT evidence_packs_public_key CHECK (public_key ~ '^[0-9a-f]{64}$'),
    CONSTRAINT evidence_packs_signature CHECK (signature ~ '^[0-9a-f]{128}$'),
    CONSTRAINT evidence_packs_head_unique UNIQUE (county_code, head_sha256),
    CONSTRAINT evidence_packs_number_unique UNIQUE (county_code, number),
    -- One pack is the first of a county, and each has at most one after it.
    CONSTRAINT evidence_packs_one_chain UNIQUE NULLS NOT DISTINCT (county_code, previous_sha256),
    CONSTRAINT evidence_packs_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT evidence_packs_previous FOREIGN KEY (county_code, previous_sha256)
        REFERENCES evidence_packs(county_code, head_sha256),
    CONSTRAINT evidence_packs_run FOREIGN KEY (run_id) REFERENCES runs(id)
);
ALTER TABLE ONLY evidence_packs ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
-- Only the sealed column may change, when keys rotate.
CREATE TRIGGER evidence_packs_append_only BEFORE DELETE
    OR UPDATE OF cycle_id, county_code, number, previous_sha256, head_sha256, public_key, signature, run_id,
    sealed_at ON evidence_packs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_packs_no_truncate BEFORE TRUNCATE ON evidence_packs FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence_packs ENABLE ROW LEVEL SECURITY;
-- Sealed bytes cannot be compressed.
CREATE POLICY evidence_packs_visible_county ON evidence_packs TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON evidence_packs TO market_app;

-- The members of a pack whose bytes are not handed out any more. Their hashes stay, so that the chain can be verified.
CREATE TABLE erased_members (
    cycle_id uuid NOT NULL,
    member text NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    erased_at timestamptz NOT NULL,
    CONSTRAINT erased_members_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT erased_members_file CHECK (member ~ '^files/[0-9]{4,}[.]bin$'),
    CONSTRAINT erased_members_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT erased_members_unique PRIMARY KEY (cycle_id, member),
    CONSTRAINT erased_members_pack FOREIGN KEY (cycle_id) REFERENCES evidence_packs(cycle_id)
);
CREATE TRIGGER erased_members_append_only BEFORE DELETE OR UPDATE ON erased_members FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erased_members_no_truncate BEFORE TRUNCATE ON erased_members FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE erased_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY erased_members_visible_county ON erased_members TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON erased_members TO market_app;

CREATE TABLE sample_deposits (
    county_code text NOT NULL,
    month date NOT NULL,
    secret_sha256 text NOT NULL,
    deposited_at timestamptz NOT NULL,
    deposited_by uuid,
    CONSTRAINT sample_deposits_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT sample_deposits_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT sample_deposits_secret CHECK (secret_sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (county_code, month),
    CONSTRAINT sample_deposits_account FOREIGN KEY (deposited_by) REFERENCES accounts(id)
);
CREATE TRIGGER sample_deposits_append_only BEFORE DELETE OR UPDATE ON sample_deposits FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_deposits_before_opening BEFORE INSERT ON sample_deposits FOR EACH ROW
    EXECUTE FUNCTION refuse_late_deposit();
CREATE TRIGGER sample_deposits_no_truncate BEFORE TRUNCATE ON sample_deposits FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE sample_deposits ENABLE ROW LEVEL SECURITY;
CREATE POLICY sample_deposits_visible_county ON sample_deposits TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON sample_deposits TO market_app;
COMMENT ON COLUMN sample_deposits.deposited_by IS 'Null: deposited by the operator of the system, or before 0126.';

CREATE TABLE sample_draws (
    cycle_id uuid PRIMARY KEY,
    county_code text NOT NULL,
    month date NOT NULL,
    secret text NOT NULL,
    result_sha256 text NOT NULL,
    drawn_at timestamptz NOT NULL,
    CONSTRAINT sample_draws_secret_length CHECK (length(secret) BETWEEN 16 AND 200),
    CONSTRAINT sample_draws_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT sample_draws_deposit FOREIGN KEY (county_code, month) REFERENCES sample_deposits(county_code, month)
);
CREATE TRIGGER sample_draws_append_only BEFORE DELETE OR UPDATE ON sample_draws FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_draws_no_truncate BEFORE TRUNCATE ON sample_draws FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE sample_draws ENABLE ROW LEVEL SECURITY;
CREATE POLICY sample_draws_visible_county ON sample_draws TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON sample_draws TO market_app;

CREATE TABLE sample_lines (
    cycle_id uuid NOT NULL,
    "position" smallint NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    outcome text,
    checked_by uuid,
    checked_at timestamptz,
    CONSTRAINT sample_lines_checked CHECK ((outcome IS NULL) = (checked_at IS NULL)),
    CONSTRAINT sample_lines_outcome CHECK (outcome IN ('right', 'wrong', 'not_found')),
    CONSTRAINT sample_lines_position CHECK ("position" >= 1),
    CONSTRAINT sample_lines_line_unique UNIQUE (cycle_id, line_code),
    PRIMARY KEY (cycle_id, "position"),
    CONSTRAINT sample_lines_account FOREIGN KEY (checked_by) REFERENCES accounts(id),
    CONSTRAINT sample_lines_draw FOREIGN KEY (cycle_id) REFERENCES sample_draws(cycle_id)
);
CREATE TRIGGER sample_lines_drawn_only BEFORE DELETE
    OR UPDATE OF cycle_id, "position", county_code, line_code ON sample_lines FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_lines_no_truncate BEFORE TRUNCATE ON sample_lines FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE sample_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY sample_lines_visible_county ON sample_lines TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (cycle_id, "position", county_code, line_code), UPDATE (outcome, checked_by,
    checked_at) ON sample_lines TO market_app;

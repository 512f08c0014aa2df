-- Package: benefits.
-- Who gains from a sale, in a schema of its own. The service's role sees nothing of it: it must take market_benefits, which
-- only market/villages/benefits does. No query about the reduction can read it (SQLSTATE 42501).
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'market_benefits') THEN
        CREATE ROLE market_benefits NOLOGIN;
    END IF;
EXCEPTION
    -- A migration of another database on this server created the role concurrently.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT pg_has_role('market_app', 'market_benefits', 'SET') THEN
        GRANT market_benefits TO market_app WITH INHERIT FALSE, SET TRUE;
    END IF;
EXCEPTION
    WHEN unique_violation THEN NULL;
END $$;

CREATE SCHEMA benefits;
-- The name of the schema alone says nothing; what is in it is refused.
GRANT USAGE ON SCHEMA benefits TO market_app, market_benefits;

-- A household that gains from what a producer sells, by a code of the producer's; no household of the reduction's register.
CREATE TABLE benefits.households (
    id           uuid DEFAULT uuidv7() PRIMARY KEY,
    producer_id  uuid NOT NULL CONSTRAINT households_producer REFERENCES producers,
    code         text NOT NULL CONSTRAINT households_code CHECK (length(code) BETWEEN 1 AND 20),
    village_code text NOT NULL CONSTRAINT households_village CHECK (village_code ~ '^[0-9]{12}$'),
    account_id   uuid CONSTRAINT households_account REFERENCES accounts,
    added_by     uuid NOT NULL CONSTRAINT households_adder REFERENCES accounts,
    added_at     timestamptz NOT NULL,
    CONSTRAINT households_code_once UNIQUE (producer_id, code)
);
CREATE INDEX households_by_account ON benefits.households (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX households_by_village ON benefits.households (village_code text_pattern_ops);
CREATE INDEX households_by_adder ON benefits.households (added_by);
GRANT SELECT, INSERT (producer_id, code, village_code, added_by, added_at), UPDATE (account_id)
    ON benefits.households TO market_benefits;

-- How the payable of a listing is divided: a wage for each unit first, the rest by shares.
CREATE TABLE benefits.rules (
    id                uuid DEFAULT uuidv7() PRIMARY KEY,
    listing_id        uuid NOT NULL CONSTRAINT rules_listing REFERENCES listings,
    household_id      uuid NOT NULL CONSTRAINT rules_household REFERENCES benefits.households,
    how               text NOT NULL CONSTRAINT rules_how CHECK (how IN ('sale', 'wage', 'dividend', 'rent')),
    share_bp          integer CONSTRAINT rules_share CHECK (share_bp BETWEEN 1 AND 10000),
    wage_per_unit_fen bigint CONSTRAINT rules_wage CHECK (wage_per_unit_fen BETWEEN 1 AND 1000000),
    valid_during      daterange NOT NULL
                      CONSTRAINT rules_period CHECK (NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    CONSTRAINT rules_share_or_wage CHECK (
        (how = 'wage') = (wage_per_unit_fen IS NOT NULL) AND (how = 'wage') = (share_bp IS NULL)),
    CONSTRAINT rules_once EXCLUDE USING gist (
        listing_id WITH =, household_id WITH =, how WITH =, valid_during WITH &&)
);
CREATE INDEX rules_by_household ON benefits.rules (household_id);
GRANT SELECT, DELETE, INSERT (listing_id, household_id, how, share_bp, wage_per_unit_fen, valid_during),
    UPDATE (valid_during) ON benefits.rules TO market_benefits;

-- What became of a suborder's payable, as it happened: its release (no `before_fen`), and each refund after it.
CREATE TABLE benefits.payable_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    suborder_id uuid NOT NULL CONSTRAINT payable_changes_suborder REFERENCES suborders,
    before_fen  bigint,
    after_fen   bigint NOT NULL,
    lines       jsonb NOT NULL,
    at          timestamptz NOT NULL,
    recorded_at timestamptz
);
COMMENT ON COLUMN benefits.payable_changes.lines IS 'The lines then: id, listing, quantity, and what was left of each after refunds.';
CREATE INDEX payable_changes_to_record ON benefits.payable_changes (id) WHERE recorded_at IS NULL;
CREATE INDEX payable_changes_by_suborder ON benefits.payable_changes (suborder_id, id);
GRANT SELECT, UPDATE (recorded_at) ON benefits.payable_changes TO market_benefits;

-- What a household gained from a line, and what went back after refunds.
CREATE TABLE benefits.entries (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id     bigint NOT NULL CONSTRAINT entries_change REFERENCES benefits.payable_changes,
    order_line_id uuid NOT NULL CONSTRAINT entries_line REFERENCES order_lines,
    household_id  uuid NOT NULL CONSTRAINT entries_household REFERENCES benefits.households,
    how           text NOT NULL CONSTRAINT entries_how CHECK (how IN ('sale', 'wage', 'dividend', 'rent')),
    fen           bigint NOT NULL CONSTRAINT entries_not_zero CHECK (fen <> 0),
    day           date NOT NULL,
    CONSTRAINT entries_once UNIQUE (change_id, order_line_id, household_id, how)
);
CREATE INDEX entries_by_household ON benefits.entries (household_id, day);
CREATE INDEX entries_by_line ON benefits.entries (order_line_id);
GRANT SELECT, INSERT (change_id, order_line_id, household_id, how, fen, day) ON benefits.entries TO market_benefits;

CREATE TABLE benefits.files (
    producer_id uuid NOT NULL CONSTRAINT files_producer REFERENCES producers,
    sha256      bytea NOT NULL CONSTRAINT files_hash CHECK (length(sha256) = 32),
    name        text NOT NULL CONSTRAINT files_name CHECK (length(name) <= 200),
    rows        integer NOT NULL,
    imported_by uuid NOT NULL CONSTRAINT files_importer REFERENCES accounts,
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (producer_id, sha256)
);
CREATE INDEX files_by_importer ON benefits.files (imported_by);
GRANT SELECT, INSERT (producer_id, sha256, name, rows, imported_by, imported_at) ON benefits.files TO market_benefits;

CREATE TRIGGER suborders_payable_changed AFTER UPDATE OF payable_fen ON suborders
    FOR EACH ROW WHEN (OLD.payable_fen IS DISTINCT FROM NEW.payable_fen) EXECUTE FUNCTION note_payable_change();
CREATE CONSTRAINT TRIGGER rules_sum AFTER INSERT OR UPDATE OR DELETE ON benefits.rules DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_benefit_shares();
CREATE CONSTRAINT TRIGGER entries_sum AFTER INSERT ON benefits.entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_benefit_entries();
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON benefits.entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON benefits.entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE EXECUTE ON FUNCTION note_payable_change, check_benefit_shares, check_benefit_entries FROM PUBLIC;

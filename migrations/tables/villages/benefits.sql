CREATE TABLE benefits.files (
    producer_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    name text NOT NULL,
    rows integer NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT files_hash CHECK (length(sha256) = 32),
    CONSTRAINT files_name CHECK (length(name) <= 200),
    PRIMARY KEY (producer_id, sha256),
    CONSTRAINT files_importer FOREIGN KEY (imported_by) REFERENCES accounts(id),
    CONSTRAINT files_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX files_by_importer ON benefits.files (imported_by);
GRANT SELECT, INSERT (producer_id, sha256, name, rows, imported_by, imported_at) ON benefits.files TO market_benefits;

-- A household that gains from what a producer sells, by a code of the producer's; no household of the reduction's
-- register.
CREATE TABLE benefits.households (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    code text NOT NULL,
    village_code text NOT NULL,
    account_id uuid,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    phone_index bytea,
    phone_sealed bytea,
    CONSTRAINT households_code CHECK (length(code) BETWEEN 1 AND 20),
    CONSTRAINT households_one CHECK (num_nonnulls(account_id, phone_index) <= 1),
    CONSTRAINT households_village CHECK (village_code ~ '^[0-9]{12}$'),
    CONSTRAINT households_code_once UNIQUE (producer_id, code),
    CONSTRAINT households_phone CHECK ((phone_sealed IS NULL) = (phone_index IS NULL)) NOT VALID,
    CONSTRAINT households_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT households_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT households_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX households_by_account ON benefits.households (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX households_by_adder ON benefits.households (added_by);
CREATE INDEX households_by_phone ON benefits.households (phone_index) WHERE (phone_index IS NOT NULL);
CREATE INDEX households_by_village ON benefits.households (village_code text_pattern_ops);
GRANT SELECT, INSERT (producer_id, code, village_code, added_by, added_at), UPDATE (account_id, phone_index,
    phone_sealed) ON benefits.households TO market_benefits;

-- What became of a suborder's payable, as it happened: its release (no `before_fen`), and each refund after it.
CREATE TABLE benefits.payable_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    suborder_id uuid NOT NULL,
    before_fen bigint,
    after_fen bigint NOT NULL,
    lines jsonb NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz,
    CONSTRAINT payable_changes_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX payable_changes_by_suborder ON benefits.payable_changes (suborder_id, id);
CREATE INDEX payable_changes_to_record ON benefits.payable_changes (id) WHERE (recorded_at IS NULL);
GRANT SELECT, UPDATE (recorded_at) ON benefits.payable_changes TO market_benefits;
COMMENT ON COLUMN benefits.payable_changes.lines IS 'The lines then: id, listing, quantity, and what was left of each after refunds.';

-- What a household gained from a line, and what went back after refunds.
CREATE TABLE benefits.entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id bigint NOT NULL,
    order_line_id uuid NOT NULL,
    household_id uuid NOT NULL,
    how text NOT NULL,
    fen bigint NOT NULL,
    day date NOT NULL,
    CONSTRAINT entries_how CHECK (how IN ('sale', 'wage', 'dividend', 'rent')),
    CONSTRAINT entries_not_zero CHECK (fen <> 0),
    CONSTRAINT entries_once UNIQUE (change_id, order_line_id, household_id, how),
    CONSTRAINT entries_change FOREIGN KEY (change_id) REFERENCES benefits.payable_changes(id),
    CONSTRAINT entries_household FOREIGN KEY (household_id) REFERENCES benefits.households(id),
    CONSTRAINT entries_line FOREIGN KEY (order_line_id) REFERENCES order_lines(id)
);
CREATE INDEX entries_by_household ON benefits.entries (household_id, day);
CREATE INDEX entries_by_line ON benefits.entries (order_line_id);
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON benefits.entries FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON benefits.entries FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER entries_sum AFTER INSERT ON benefits.entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_benefit_entries();
GRANT SELECT, INSERT (change_id, order_line_id, household_id, how, fen, day) ON benefits.entries TO market_benefits;

-- How the payable of a listing is divided: a wage for each unit first, the rest by shares.
CREATE TABLE benefits.rules (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id uuid NOT NULL,
    household_id uuid NOT NULL,
    how text NOT NULL,
    share_bp integer,
    wage_per_unit_fen bigint,
    valid_during daterange NOT NULL,
    CONSTRAINT rules_how CHECK (how IN ('sale', 'wage', 'dividend', 'rent')),
    CONSTRAINT rules_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    CONSTRAINT rules_share CHECK (share_bp BETWEEN 1 AND 10000),
    CONSTRAINT rules_share_or_wage CHECK (((how = 'wage') = (wage_per_unit_fen IS NOT NULL))
        AND ((how = 'wage') = (share_bp IS NULL))),
    CONSTRAINT rules_wage CHECK (wage_per_unit_fen BETWEEN 1 AND 1000000),
    CONSTRAINT rules_once EXCLUDE
        USING gist (listing_id WITH =, household_id WITH =, how WITH =, valid_during WITH &&),
    CONSTRAINT rules_household FOREIGN KEY (household_id) REFERENCES benefits.households(id),
    CONSTRAINT rules_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
CREATE INDEX rules_by_household ON benefits.rules (household_id);
CREATE CONSTRAINT TRIGGER rules_sum AFTER INSERT OR DELETE OR UPDATE ON benefits.rules DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_benefit_shares();
GRANT SELECT, DELETE, INSERT (listing_id, household_id, how, share_bp, wage_per_unit_fen, valid_during),
    UPDATE (valid_during) ON benefits.rules TO market_benefits;

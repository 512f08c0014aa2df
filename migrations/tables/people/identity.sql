CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    handle text,
    name text NOT NULL,
    phone_index bytea,
    phone_sealed bytea,
    totp_sealed bytea,
    elder boolean NOT NULL DEFAULT false,
    sample boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- Which person an account belongs to: the sealed identity number of an official, and a key that two accounts of
    -- one person share. Accounts without an identity number count as a person each.
    identity_index bytea,
    identity_sealed bytea,
    -- Who corrected a verified name on the desk does not agree to the payout account that is entered under it.
    name_corrected_by uuid,
    -- A request that began before an account was closed may still write for it: when the account is erased once more.
    erase_again_at timestamptz,
    -- A request that began before an account was closed may still queue a message to its telephone, which is found by
    -- this.
    erased_phone_index bytea,
    CONSTRAINT accounts_erased_when_closed CHECK ((erase_again_at IS NULL) OR (closed_at IS NOT NULL)),
    CONSTRAINT accounts_handle_format CHECK (handle ~ '^[a-z][a-z0-9_.-]{1,31}$'),
    CONSTRAINT accounts_identity_complete CHECK ((identity_index IS NULL) = (identity_sealed IS NULL)),
    CONSTRAINT accounts_name_length CHECK (length(name) BETWEEN 1 AND 60),
    CONSTRAINT accounts_phone_complete CHECK ((phone_index IS NULL) = (phone_sealed IS NULL)),
    CONSTRAINT accounts_telephone_until_erased CHECK ((erased_phone_index IS NULL) OR (erase_again_at IS NOT NULL)),
    CONSTRAINT accounts_handle_unique UNIQUE (handle),
    CONSTRAINT accounts_phone_unique UNIQUE (phone_index),
    CONSTRAINT accounts_name_corrected_by FOREIGN KEY (name_corrected_by) REFERENCES accounts(id)
);
CREATE INDEX accounts_by_identity ON accounts (identity_index) WHERE (identity_index IS NOT NULL);
CREATE INDEX accounts_by_official_name ON accounts (fold_official_name(name)) WHERE ((handle IS NOT NULL)
    AND (closed_at IS NULL));
CREATE INDEX accounts_to_erase_again ON accounts (erase_again_at) WHERE (erase_again_at IS NOT NULL);
CREATE TRIGGER accounts_link_households AFTER INSERT OR UPDATE OF phone_index ON accounts
    FOR EACH ROW WHEN ((new.phone_index IS NOT NULL)) EXECUTE FUNCTION link_benefit_households();
CREATE TRIGGER accounts_link_stories AFTER INSERT OR UPDATE OF phone_index ON accounts
    FOR EACH ROW WHEN ((new.phone_index IS NOT NULL)) EXECUTE FUNCTION link_story_people();
GRANT SELECT, INSERT (name, phone_index, phone_sealed, sample, created_at), UPDATE (name, elder, name_corrected_by,
    erase_again_at, erased_phone_index) ON accounts TO market_app;
COMMENT ON COLUMN accounts.name_corrected_by IS 'Null: never corrected, or at the command line.';
COMMENT ON COLUMN accounts.erase_again_at IS 'When what requests wrote that were under way at the closing is erased; null: open, or done.';
COMMENT ON COLUMN accounts.erased_phone_index IS 'The keyed hash of the telephone of a closed account, until what requests wrote that were under way is erased.';

-- Roles of officials, each with a scope and a period. Members of producers are in producer_members.
CREATE TABLE grants (
    account_id uuid NOT NULL,
    role text NOT NULL,
    scope text NOT NULL,
    valid_during daterange NOT NULL,
    -- A role that is held for a time in another official's stead.
    deputy_for uuid,
    CONSTRAINT grants_auditor_for_a_time CHECK ((role <> 'auditor')
        OR COALESCE(((upper(valid_during) - lower(valid_during)) <= 180), false)),
    CONSTRAINT grants_auditor_no_deputy CHECK ((role <> 'auditor') OR (deputy_for IS NULL)),
    CONSTRAINT grants_auditor_scope CHECK ((role <> 'auditor') OR (length(scope) <= 6)),
    CONSTRAINT grants_deputy_for_a_time CHECK ((deputy_for IS NULL)
        OR COALESCE(((upper(valid_during) - lower(valid_during)) <= 90), false)),
    CONSTRAINT grants_deputy_is_another CHECK (deputy_for <> account_id),
    -- An auditor's role: for a county or wider, for 180 days at most, and never beside another role or in another's
    -- stead.
    CONSTRAINT grants_role
        CHECK (role IN ('importer', 'policy', 'village', 'township', 'county', 'finance', 'reconciler', 'platform',
        'supervisor', 'auditor')),
    CONSTRAINT grants_scope CHECK (scope ~ '^[0-9]{2}([0-9]{2}){0,2}$|^[0-9]{9}([0-9]{3})?$'),
    CONSTRAINT grants_supervisor_scope CHECK ((role <> 'supervisor') OR (length(scope) = ANY (ARRAY[2, 4]))),
    CONSTRAINT grants_auditor_alone EXCLUDE
        USING gist (account_id WITH =, (((role = 'auditor'))::integer) WITH <>, valid_during WITH &&),
    CONSTRAINT grants_unique PRIMARY KEY (account_id, role, scope, valid_during WITHOUT OVERLAPS),
    CONSTRAINT grants_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT grants_deputy_for FOREIGN KEY (deputy_for) REFERENCES accounts(id)
);
CREATE INDEX grants_by_deputy_for ON grants (deputy_for) WHERE (deputy_for IS NOT NULL);
CREATE INDEX grants_by_scope ON grants (scope);
CREATE TRIGGER grants_no_operator BEFORE INSERT ON grants FOR EACH ROW EXECUTE FUNCTION refuse_operator_in_office();
GRANT SELECT ON grants TO market_app;

-- The operators of networks. The subsidies know the three that conceded reductions (rulebook); 广电 answers outages too.
CREATE TABLE operators (
    code text PRIMARY KEY,
    name text NOT NULL,
    rank smallint NOT NULL,
    CONSTRAINT operators_name UNIQUE (name),
    CONSTRAINT operators_rank UNIQUE (rank)
);
INSERT INTO operators (code, name, rank) VALUES
    ('broadnet', '中国广电', 4),
    ('mobile', '中国移动', 1),
    ('telecom', '中国电信', 3),
    ('unicom', '中国联通', 2);
GRANT SELECT ON operators TO market_app;

-- An operator's account sends the files of one operator for counties or a wider division. It has no role: the sender
-- of a bill does not examine it.
CREATE TABLE operator_grants (
    account_id uuid NOT NULL,
    operator text NOT NULL,
    scope text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT operator_grants_scope CHECK (scope ~ '^[0-9]{2}([0-9]{2}){0,2}$'),
    CONSTRAINT operator_grants_one_operator EXCLUDE
        USING gist (account_id WITH =, operator WITH <>, valid_during WITH &&),
    CONSTRAINT operator_grants_unique PRIMARY KEY (account_id, scope, valid_during WITHOUT OVERLAPS),
    CONSTRAINT operator_grants_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT operator_grants_operator FOREIGN KEY (operator) REFERENCES operators(code)
);
CREATE INDEX operator_grants_by_operator ON operator_grants (operator, scope);
CREATE TRIGGER operator_grants_no_office BEFORE INSERT ON operator_grants FOR EACH ROW
    EXECUTE FUNCTION refuse_operator_in_office();
GRANT SELECT ON operator_grants TO market_app;

-- The key of what a person wrote into tables that are not rewritten: with it, what was written is gone.
CREATE TABLE person_keys (
    account_id uuid PRIMARY KEY,
    key_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT person_keys_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
ALTER TABLE person_keys ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (account_id, key_sealed, made_at) ON person_keys TO market_app;

-- Used TOTP steps, so that each code works once.
CREATE TABLE second_factor_uses (
    account_id uuid NOT NULL,
    step bigint NOT NULL,
    CONSTRAINT second_factor_uses_unique PRIMARY KEY (account_id, step),
    CONSTRAINT second_factor_uses_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
GRANT SELECT, INSERT, DELETE ON second_factor_uses TO market_app;

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    id uuid NOT NULL DEFAULT uuidv7(),
    account_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    second_factor boolean NOT NULL DEFAULT false,
    factor_attempts smallint NOT NULL DEFAULT 0,
    device text NOT NULL DEFAULT '',
    revoked_at timestamptz,
    -- The device of a session: the hash of a random key that the browser stores, by which a new device is noticed.
    device_key bytea,
    CONSTRAINT sessions_factor_attempts CHECK (factor_attempts BETWEEN 0 AND 5),
    CONSTRAINT sessions_id UNIQUE (id),
    CONSTRAINT sessions_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_age ON sessions (created_at);
GRANT SELECT, DELETE, UPDATE (seen_at, factor_attempts, revoked_at) ON sessions TO market_app;

CREATE TABLE sign_in_codes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    phone_index bytea NOT NULL,
    code_hash bytea NOT NULL,
    network text NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    used_at timestamptz,
    -- Attempts at a code are counted per network, and codes of devices on which the account was used are kept apart.
    known_device boolean NOT NULL DEFAULT false,
    -- Codes are also counted by the /48 around a /64 of IPv6.
    wide_network text,
    CONSTRAINT sign_in_codes_attempts CHECK (attempts BETWEEN 0 AND 15),
    CONSTRAINT sign_in_codes_expire_after_sending CHECK (expires_at > sent_at)
);
CREATE INDEX sign_in_codes_by_network ON sign_in_codes (network, sent_at DESC);
CREATE INDEX sign_in_codes_by_phone ON sign_in_codes (phone_index, sent_at DESC);
CREATE INDEX sign_in_codes_by_time ON sign_in_codes (sent_at DESC);
CREATE INDEX sign_in_codes_by_wide_network ON sign_in_codes (wide_network, sent_at);
GRANT SELECT, INSERT, DELETE, UPDATE (attempts, used_at) ON sign_in_codes TO market_app;

CREATE TABLE sign_in_attempts (
    code_id uuid NOT NULL,
    network text NOT NULL,
    attempts smallint NOT NULL DEFAULT 1,
    CONSTRAINT sign_in_attempts_range CHECK (attempts BETWEEN 1 AND 5),
    CONSTRAINT sign_in_attempts_unique PRIMARY KEY (code_id, network),
    CONSTRAINT sign_in_attempts_code FOREIGN KEY (code_id) REFERENCES sign_in_codes(id) ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE (attempts) ON sign_in_attempts TO market_app;

-- Shared functions, and the tables of divisions, identity, audit, storage and notify.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', tg_table_name USING ERRCODE = 'P0100';
END
$$;

-- Return the business day of a point in time. No other SQL names the time zone.
CREATE FUNCTION business_day(moment timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (moment AT TIME ZONE 'Asia/Shanghai')::date;

-- Division codes: the digits of a province (level 1), a prefecture, a county, a township and a village (5). Only the
-- generated columns `county_code` name a width themselves. market/kernel/division_codes.py has the same functions.
CREATE FUNCTION truncate_code(code text, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(code, (ARRAY[2, 4, 6, 9, 12])[level]);

CREATE FUNCTION ancestor_code(code text, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rpad(truncate_code(code, level), 12, '0');

-- divisions -----------------------------------------------------------------------------------------------------------

CREATE TABLE divisions (
    code        text PRIMARY KEY CONSTRAINT divisions_code_format CHECK (code ~ '^[0-9]{12}$'),
    name        text NOT NULL,
    level       smallint NOT NULL CONSTRAINT divisions_level CHECK (level BETWEEN 1 AND 5),
    parent_code text CONSTRAINT divisions_parent REFERENCES divisions,
    county_code text GENERATED ALWAYS AS (left(code, 6)) STORED NOT NULL,
    pinyin      text NOT NULL DEFAULT '',
    initials    text NOT NULL DEFAULT '',
    CONSTRAINT divisions_parent_unless_province CHECK ((parent_code IS NULL) = (level = 1))
);
CREATE INDEX divisions_by_parent ON divisions (parent_code, code);

-- Names and official codes by period: seven listed counties were renamed or got a new code.
CREATE TABLE division_names (
    code          text NOT NULL CONSTRAINT division_names_division REFERENCES divisions,
    valid_during  daterange NOT NULL CONSTRAINT division_names_period_not_empty CHECK (NOT isempty(valid_during)),
    name          text NOT NULL,
    official_code text NOT NULL,
    CONSTRAINT division_names_one_per_day PRIMARY KEY (code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT division_names_official_code_unique UNIQUE (official_code, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE listed_counties (
    county_code  text NOT NULL,
    list         text NOT NULL CONSTRAINT listed_counties_list CHECK (list IN ('national', 'provincial')),
    valid_during daterange NOT NULL,
    basis        text NOT NULL,
    CONSTRAINT listed_counties_unique PRIMARY KEY (county_code, list, valid_during WITHOUT OVERLAPS)
);

-- County settings that differ from the defaults in market/places/counties/settings.py, by period.
CREATE TABLE county_settings (
    county_code  text NOT NULL CONSTRAINT county_settings_county CHECK (county_code ~ '^[0-9]{6}$'),
    name         text NOT NULL CONSTRAINT county_settings_name CHECK (name ~ '^[a-z_]{1,60}$'),
    valid_during daterange NOT NULL CONSTRAINT county_settings_period_not_empty CHECK (NOT isempty(valid_during)),
    value        integer NOT NULL CONSTRAINT county_settings_value CHECK (value >= 0),
    basis        text NOT NULL CONSTRAINT county_settings_basis_length CHECK (length(basis) BETWEEN 1 AND 300),
    CONSTRAINT county_settings_one_per_day PRIMARY KEY (county_code, name, valid_during WITHOUT OVERLAPS)
);

-- Return the value that a county has set for a day, or NULL if the default applies.
CREATE FUNCTION get_county_setting(p_county text, p_name text, p_day date) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT value FROM county_settings WHERE county_code = p_county AND name = p_name AND valid_during @> p_day);

CREATE TABLE holidays (
    day     date PRIMARY KEY,
    name    text NOT NULL,
    day_off boolean NOT NULL
);

-- identity ------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    handle       text CONSTRAINT accounts_handle_unique UNIQUE
                 CONSTRAINT accounts_handle_format CHECK (handle ~ '^[a-z][a-z0-9_.-]{1,31}$'),
    name         text NOT NULL CONSTRAINT accounts_name_length CHECK (length(name) BETWEEN 1 AND 60),
    phone_index  bytea CONSTRAINT accounts_phone_unique UNIQUE,
    phone_sealed bytea,
    totp_sealed  bytea,
    elder        boolean NOT NULL DEFAULT false,
    sample       boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL,
    closed_at    timestamptz,
    CONSTRAINT accounts_phone_complete CHECK ((phone_index IS NULL) = (phone_sealed IS NULL))
);

-- Roles of officials, each with a scope and a period. Members of producers are in producer_members.
CREATE TABLE grants (
    account_id   uuid NOT NULL CONSTRAINT grants_account REFERENCES accounts,
    role         text NOT NULL CONSTRAINT grants_role CHECK (role IN (
        'importer', 'policy', 'village', 'township', 'county', 'finance', 'reconciler', 'platform')),
    scope        text NOT NULL
                 CONSTRAINT grants_scope CHECK (scope ~ '^[0-9]{2}([0-9]{2}){0,2}$|^[0-9]{9}([0-9]{3})?$'),
    valid_during daterange NOT NULL,
    CONSTRAINT grants_unique PRIMARY KEY (account_id, role, scope, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE sign_in_codes (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    phone_index bytea NOT NULL,
    code_hash   bytea NOT NULL,
    network     text NOT NULL,
    sent_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    attempts    smallint NOT NULL DEFAULT 0 CONSTRAINT sign_in_codes_attempts CHECK (attempts BETWEEN 0 AND 5),
    used_at     timestamptz,
    CONSTRAINT sign_in_codes_expire_after_sending CHECK (expires_at > sent_at)
);
CREATE INDEX sign_in_codes_by_phone ON sign_in_codes (phone_index, sent_at DESC);
CREATE INDEX sign_in_codes_by_network ON sign_in_codes (network, sent_at DESC);
CREATE INDEX sign_in_codes_by_time ON sign_in_codes (sent_at DESC);

CREATE TABLE sessions (
    token_hash      bytea PRIMARY KEY,
    id              uuid NOT NULL DEFAULT uuidv7() CONSTRAINT sessions_id UNIQUE,
    account_id      uuid NOT NULL CONSTRAINT sessions_account REFERENCES accounts,
    created_at      timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    second_factor   boolean NOT NULL DEFAULT false,
    factor_attempts smallint NOT NULL DEFAULT 0
                    CONSTRAINT sessions_factor_attempts CHECK (factor_attempts BETWEEN 0 AND 5),
    device          text NOT NULL DEFAULT '',
    revoked_at      timestamptz
);
CREATE INDEX sessions_by_account ON sessions (account_id) WHERE revoked_at IS NULL;

-- Used TOTP steps, so that each code works once.
CREATE TABLE second_factor_uses (
    account_id uuid NOT NULL CONSTRAINT second_factor_uses_account REFERENCES accounts,
    step       bigint NOT NULL,
    CONSTRAINT second_factor_uses_unique PRIMARY KEY (account_id, step)
);

-- audit ---------------------------------------------------------------------------------------------------------------

CREATE TABLE audit_entries (
    chain    smallint NOT NULL CONSTRAINT audit_entries_chain CHECK (chain BETWEEN 0 AND 15),
    sequence bigint NOT NULL,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    action   text NOT NULL,
    object   text NOT NULL,
    detail   jsonb NOT NULL,
    previous bytea NOT NULL,
    hash     bytea NOT NULL,
    CONSTRAINT audit_entries_sequence_unique PRIMARY KEY (chain, sequence)
);
CREATE INDEX audit_entries_by_object ON audit_entries (object, at);
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION hash_audit_entry(previous bytea, chain smallint, sequence bigint, at timestamptz, actor text,
                                 action text, object text, detail jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || convert_to(jsonb_build_array(
    chain, sequence, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, object,
    detail)::text, 'UTF8'));

-- storage -------------------------------------------------------------------------------------------------------------

CREATE TABLE photos (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    owner_id   uuid NOT NULL CONSTRAINT photos_owner REFERENCES accounts,
    purpose    text NOT NULL CONSTRAINT photos_purpose CHECK (purpose IN ('listing', 'certificate', 'parcel')),
    sha256     bytea NOT NULL CONSTRAINT photos_sha256_length CHECK (length(sha256) = 32),
    name       text GENERATED ALWAYS AS (left(encode(sha256, 'hex'), 40)) STORED NOT NULL,
    width      integer NOT NULL CONSTRAINT photos_width CHECK (width BETWEEN 1 AND 20000),
    height     integer NOT NULL CONSTRAINT photos_height CHECK (height BETWEEN 1 AND 20000),
    kind       text NOT NULL CONSTRAINT photos_kind CHECK (kind IN ('webp', 'svg')),
    created_at timestamptz NOT NULL
);
CREATE INDEX photos_by_name ON photos (name);

-- notify --------------------------------------------------------------------------------------------------------------

CREATE TABLE messages (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    phone_sealed bytea NOT NULL,
    template     text NOT NULL,
    facts_sealed bytea NOT NULL,
    queued_at    timestamptz NOT NULL,
    attempted_at timestamptz,
    sent_at      timestamptz,
    attempts     smallint NOT NULL DEFAULT 0
);
CREATE INDEX messages_to_send ON messages (queued_at) WHERE sent_at IS NULL;

-- idempotency ---------------------------------------------------------------------------------------------------------

CREATE TABLE idempotency_keys (
    actor       text NOT NULL,
    key         text NOT NULL CONSTRAINT idempotency_keys_length CHECK (length(key) BETWEEN 1 AND 200),
    fingerprint bytea NOT NULL,
    status      smallint,
    response    bytea,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    replays     integer NOT NULL DEFAULT 0,
    CONSTRAINT idempotency_keys_unique PRIMARY KEY (actor, key),
    CONSTRAINT idempotency_keys_response_complete CHECK ((status IS NULL) = (response IS NULL))
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

GRANT USAGE ON SCHEMA public TO market_app;
GRANT SELECT ON divisions, division_names, listed_counties, holidays, audit_entries TO market_app;
GRANT SELECT, INSERT, UPDATE ON accounts, grants, sign_in_codes, sessions, messages TO market_app;
GRANT SELECT, INSERT ON photos, second_factor_uses TO market_app;
GRANT DELETE ON sign_in_codes TO market_app;
GRANT SELECT, INSERT, DELETE, UPDATE (status, response, replays) ON idempotency_keys TO market_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON county_settings TO market_app;

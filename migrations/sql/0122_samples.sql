-- Spot checks of a month: an auditor deposits the hash of a secret before the month is opened; secret and result draw the
-- lines, which nobody could choose.

CREATE TABLE sample_deposits (
    county_code   text NOT NULL CONSTRAINT sample_deposits_county CHECK (county_code ~ '^[0-9]{6}$'),
    month         date NOT NULL CONSTRAINT sample_deposits_month CHECK (extract(day FROM month) = 1),
    secret_sha256 text NOT NULL CONSTRAINT sample_deposits_secret CHECK (secret_sha256 ~ '^[0-9a-f]{64}$'),
    deposited_at  timestamptz NOT NULL,
    CONSTRAINT sample_deposits_pkey PRIMARY KEY (county_code, month)
);

CREATE TABLE sample_draws (
    cycle_id      uuid NOT NULL CONSTRAINT sample_draws_pkey PRIMARY KEY CONSTRAINT sample_draws_cycle REFERENCES cycles,
    county_code   text NOT NULL,
    month         date NOT NULL,
    secret        text NOT NULL CONSTRAINT sample_draws_secret_length CHECK (length(secret) BETWEEN 16 AND 200),
    result_sha256 text NOT NULL,
    drawn_at      timestamptz NOT NULL,
    CONSTRAINT sample_draws_deposit FOREIGN KEY (county_code, month) REFERENCES sample_deposits
);

CREATE TABLE sample_lines (
    cycle_id    uuid NOT NULL CONSTRAINT sample_lines_draw REFERENCES sample_draws,
    position    smallint NOT NULL CONSTRAINT sample_lines_position CHECK (position >= 1),
    county_code text NOT NULL,
    line_code   text NOT NULL,
    outcome     text CONSTRAINT sample_lines_outcome CHECK (outcome IN ('right', 'wrong', 'not_found')),
    checked_by  uuid CONSTRAINT sample_lines_account REFERENCES accounts,
    checked_at  timestamptz,
    CONSTRAINT sample_lines_pkey PRIMARY KEY (cycle_id, position),
    CONSTRAINT sample_lines_line_unique UNIQUE (cycle_id, line_code),
    CONSTRAINT sample_lines_checked CHECK ((outcome IS NULL) = (checked_at IS NULL))
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sample_deposits', 'sample_draws', 'sample_lines']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) '
                       'THEN true ELSE false END)', name || '_visible_county', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       name || '_no_truncate', name);
    END LOOP;
END
$$;
CREATE TRIGGER sample_deposits_append_only
    BEFORE DELETE OR UPDATE ON sample_deposits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_draws_append_only
    BEFORE DELETE OR UPDATE ON sample_draws FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_lines_drawn_only
    BEFORE DELETE OR UPDATE OF cycle_id, position, county_code, line_code ON sample_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sample_deposits_before_opening
    BEFORE INSERT ON sample_deposits FOR EACH ROW EXECUTE FUNCTION refuse_late_deposit();
GRANT SELECT, INSERT ON sample_deposits, sample_draws TO market_app;
GRANT SELECT, INSERT (cycle_id, position, county_code, line_code), UPDATE (outcome, checked_by, checked_at)
   ON sample_lines TO market_app;

CREATE TABLE programmes (
    county_code text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kinds text[] NOT NULL,
    max_lines smallint NOT NULL,
    proration text NOT NULL,
    idle_days integer,
    cure_days integer,
    document_number text NOT NULL,
    document_name text NOT NULL,
    document_sha256 text NOT NULL,
    document_text text NOT NULL,
    file_id uuid,
    CONSTRAINT programmes_code_length CHECK (length(code) BETWEEN 1 AND 20),
    CONSTRAINT programmes_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT programmes_cure_days CHECK (cure_days >= 0),
    CONSTRAINT programmes_document_sha256 CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT programmes_idle_complete CHECK ((idle_days IS NULL) = (cure_days IS NULL)),
    CONSTRAINT programmes_idle_days CHECK (idle_days >= 1),
    CONSTRAINT programmes_kinds CHECK ((kinds <@ ARRAY['mobile', 'broadband', 'television'])
        AND (cardinality(kinds) > 0)),
    CONSTRAINT programmes_max_lines CHECK (max_lines >= 1),
    CONSTRAINT programmes_proration CHECK (proration IN ('daily', 'none')),
    CONSTRAINT programmes_code PRIMARY KEY (county_code, code)
);
CREATE TRIGGER programmes_keep_changed AFTER UPDATE ON programmes FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*))
    EXECUTE FUNCTION keep_fact_version('code');
CREATE TRIGGER programmes_keep_removed AFTER DELETE ON programmes FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('code');
ALTER TABLE programmes ENABLE ROW LEVEL SECURITY;
CREATE POLICY programmes_visible_county ON programmes TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (name, kinds, max_lines, proration, idle_days, cure_days, document_number, document_name,
    document_sha256, document_text, file_id) ON programmes TO market_app;

CREATE TABLE programme_terms (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    valid_during daterange NOT NULL,
    kind text NOT NULL,
    household_pays_bp integer,
    fixed_fen bigint,
    line_cap_fen bigint,
    household_cap_fen bigint,
    funders text[] NOT NULL,
    shares_bp integer[] NOT NULL,
    file_id uuid,
    -- The monitoring types (监测类型) whose households a version of a programme's terms entitles, besides those 原建档立卡. All
    -- three by default.
    monitoring text[] NOT NULL DEFAULT '{脱贫不稳定户,边缘易致贫户,突发严重困难户}'::text[],
    -- Proration and the idle rule are terms (R8): a version of the terms may have its own, from the first of a month;
    -- the others have those of the programme.
    proration text,
    idle_days integer,
    cure_days integer,
    CONSTRAINT programme_terms_cure_days CHECK (cure_days >= 0),
    CONSTRAINT programme_terms_fixed CHECK (fixed_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT programme_terms_funders
        CHECK (funders <@ ARRAY['operator', 'county', 'prefecture', 'province', 'central', 'other']),
    CONSTRAINT programme_terms_household_cap CHECK (household_cap_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT programme_terms_idle_days CHECK (idle_days >= 1),
    CONSTRAINT programme_terms_kind CHECK (kind IN ('percent_off', 'fixed')),
    CONSTRAINT programme_terms_line_cap CHECK (line_cap_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT programme_terms_monitoring CHECK (monitoring <@ ARRAY['脱贫不稳定户', '边缘易致贫户', '突发严重困难户']),
    CONSTRAINT programme_terms_parameter
        CHECK (
CASE kind
    WHEN 'percent_off' THEN ((household_pays_bp IS NOT NULL)
        AND (fixed_fen IS NULL))
    ELSE ((fixed_fen IS NOT NULL) AND (household_pays_bp IS NULL))
END),
    CONSTRAINT programme_terms_pays CHECK (household_pays_bp BETWEEN 0 AND 10000),
    CONSTRAINT programme_terms_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT programme_terms_proration CHECK (proration IN ('daily', 'none')),
    CONSTRAINT programme_terms_rules_complete CHECK (((idle_days IS NULL) = (cure_days IS NULL))
        AND ((proration IS NOT NULL) OR (idle_days IS NULL))),
    CONSTRAINT programme_terms_shares_complete CHECK ((sum_array(shares_bp) = 10000) AND (0 <= ALL (shares_bp))
        AND (cardinality(shares_bp) = cardinality(funders))),
    CONSTRAINT programme_terms_one_per_day PRIMARY KEY (county_code, programme_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT programme_terms_programme FOREIGN KEY (county_code, programme_code)
        REFERENCES programmes(county_code, code)
);
CREATE TRIGGER programme_terms_keep_changed AFTER UPDATE ON programme_terms
    FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION keep_fact_version('programme_code');
CREATE TRIGGER programme_terms_keep_removed AFTER DELETE ON programme_terms FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('programme_code');
ALTER TABLE programme_terms ENABLE ROW LEVEL SECURITY;
CREATE POLICY programme_terms_visible_county ON programme_terms TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON programme_terms TO market_app;

-- What a programme sets of a check from a day on: whether it is made, and its thresholds.
CREATE TABLE programme_checks (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    check_code text NOT NULL,
    valid_during daterange NOT NULL,
    enabled boolean NOT NULL,
    thresholds jsonb NOT NULL,
    basis text NOT NULL,
    file_id uuid NOT NULL,
    CONSTRAINT programme_checks_basis_length CHECK (length(basis) BETWEEN 1 AND 300),
    CONSTRAINT programme_checks_check CHECK (check_code ~ '^[a-z_]{1,60}$'),
    CONSTRAINT programme_checks_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT programme_checks_thresholds CHECK (jsonb_typeof(thresholds) = 'object'),
    CONSTRAINT programme_checks_unique PRIMARY KEY (county_code, programme_code, check_code,
        valid_during WITHOUT OVERLAPS),
    CONSTRAINT programme_checks_programme FOREIGN KEY (county_code, programme_code)
        REFERENCES programmes(county_code, code)
);
CREATE TRIGGER programme_checks_keep_changed AFTER UPDATE ON programme_checks
    FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION keep_fact_version('programme_code');
CREATE TRIGGER programme_checks_keep_removed AFTER DELETE ON programme_checks FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('programme_code');
ALTER TABLE programme_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY programme_checks_visible_county ON programme_checks TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON programme_checks TO market_app;

-- The sources of a programme's figures: a quote, with the text before and after it in the document.
CREATE TABLE programme_sentences (
    county_code text NOT NULL,
    programme_code text NOT NULL,
    "position" smallint NOT NULL,
    subjects text[] NOT NULL,
    prefix text NOT NULL,
    quote text NOT NULL,
    suffix text NOT NULL,
    read_by uuid NOT NULL,
    read_at timestamptz NOT NULL,
    file_id uuid,
    CONSTRAINT programme_sentences_quote CHECK (quote <> ''),
    CONSTRAINT programme_sentences_unique PRIMARY KEY (county_code, programme_code, "position"),
    CONSTRAINT programme_sentences_programme FOREIGN KEY (county_code, programme_code)
        REFERENCES programmes(county_code, code),
    CONSTRAINT programme_sentences_reader FOREIGN KEY (read_by) REFERENCES accounts(id)
);
CREATE TRIGGER programme_sentences_keep_changed AFTER UPDATE ON programme_sentences
    FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION keep_fact_version('programme_code');
CREATE TRIGGER programme_sentences_keep_removed AFTER DELETE ON programme_sentences FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('programme_code');
ALTER TABLE programme_sentences ENABLE ROW LEVEL SECURITY;
CREATE POLICY programme_sentences_visible_county ON programme_sentences TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON programme_sentences TO market_app;

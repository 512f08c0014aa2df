-- County settings that differ from the defaults in market/places/counties/settings.py, by period.
CREATE TABLE county_settings (
    county_code text NOT NULL,
    name text NOT NULL,
    valid_during daterange NOT NULL,
    value integer NOT NULL,
    basis text NOT NULL,
    CONSTRAINT county_settings_basis_length CHECK (length(basis) BETWEEN 1 AND 300),
    CONSTRAINT county_settings_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT county_settings_name CHECK (name ~ '^[a-z_]{1,60}$'),
    CONSTRAINT county_settings_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT county_settings_value CHECK (value >= 0),
    CONSTRAINT county_settings_one_per_day PRIMARY KEY (county_code, name, valid_during WITHOUT OVERLAPS)
);
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON county_settings TO market_app;

-- The contact of a village station, or of the desk of a township or a county; the audit record keeps former ones.
CREATE TABLE contacts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    hours text NOT NULL,
    away_during daterange,
    -- A day after 9999 cannot be read by the service, and the absence of a contact is read with every session of its
    -- sellers.
    CONSTRAINT contacts_away_ends CHECK (upper(away_during) < '3000-01-01'::date),
    CONSTRAINT contacts_away_not_empty CHECK (NOT isempty(away_during)),
    CONSTRAINT contacts_hours_length CHECK (length(hours) BETWEEN 1 AND 60),
    CONSTRAINT contacts_level CHECK (division_code !~ '^[0-9]{4}00'),
    CONSTRAINT contacts_name_length CHECK (length(name) BETWEEN 1 AND 30),
    CONSTRAINT contacts_phone CHECK (phone ~ '^[0-9]{5,12}$'),
    CONSTRAINT contacts_one_per_division UNIQUE (division_code),
    CONSTRAINT contacts_division FOREIGN KEY (division_code) REFERENCES divisions(code)
);
CREATE INDEX contacts_by_county ON contacts (county_code);
GRANT SELECT, INSERT, DELETE, UPDATE (name, phone, hours, away_during) ON contacts TO market_app;
COMMENT ON COLUMN contacts.away_during IS 'days on which nobody answers; farmers see the next wider office meanwhile';

CREATE TABLE form_numbers (
    county_code text NOT NULL,
    form text NOT NULL,
    number text NOT NULL,
    authority text NOT NULL,
    document text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT form_numbers_authority CHECK (length(authority) BETWEEN 1 AND 60),
    CONSTRAINT form_numbers_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT form_numbers_document CHECK (length(document) <= 60),
    CONSTRAINT form_numbers_form CHECK (form IN ('approval', 'payment', 'quarter', 'report')),
    CONSTRAINT form_numbers_number CHECK (length(number) BETWEEN 1 AND 40),
    CONSTRAINT form_numbers_period CHECK (NOT isempty(valid_during)),
    CONSTRAINT form_numbers_one_a_day PRIMARY KEY (county_code, form, valid_during WITHOUT OVERLAPS)
);
ALTER TABLE form_numbers ENABLE ROW LEVEL SECURITY;
CREATE POLICY form_numbers_visible ON form_numbers TO market_app
    USING (starts_with(county_code, (SELECT get_visible_county())));
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON form_numbers TO market_app;
COMMENT ON TABLE form_numbers IS 'Package: counties. The number in the head of a printed form (表号).';

-- When a county sent in (报送) its report of a quarter, who says so, and the figures that it sent; another row is a
-- correction.
CREATE TABLE quarter_submissions (
    county_code text NOT NULL,
    quarter date NOT NULL,
    sent_on date NOT NULL,
    closed_months smallint NOT NULL,
    users integer NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    account_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT quarter_submissions_after_quarter CHECK (sent_on >= (quarter + '3 mons'::interval)),
    CONSTRAINT quarter_submissions_closed_months CHECK (closed_months BETWEEN 0 AND 3),
    CONSTRAINT quarter_submissions_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT quarter_submissions_past CHECK (sent_on <= business_day(recorded_at)),
    CONSTRAINT quarter_submissions_quarter CHECK ((EXTRACT(day FROM quarter) = (1)::numeric)
        AND (EXTRACT(month FROM quarter) = ANY (ARRAY[(1)::numeric, (4)::numeric, (7)::numeric, (10)::numeric]))),
    CONSTRAINT quarter_submissions_users CHECK (users >= 0),
    CONSTRAINT quarter_submissions_unique PRIMARY KEY (county_code, quarter, sent_on),
    CONSTRAINT quarter_submissions_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX quarter_submissions_by_account ON quarter_submissions (account_id);
CREATE TRIGGER quarter_submissions_append_only BEFORE DELETE OR UPDATE ON quarter_submissions FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quarter_submissions_no_truncate BEFORE TRUNCATE ON quarter_submissions FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE quarter_submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY quarter_submissions_visible_region ON quarter_submissions TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT ON quarter_submissions TO market_app;
COMMENT ON COLUMN quarter_submissions.closed_months IS 'Of the three months, those that were final when it was sent; fewer than three are provisional figures.';

-- 扶持: what a county offers to its producers, for a time.
CREATE TABLE fund_calls (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    county_code text NOT NULL,
    name text NOT NULL,
    department text NOT NULL,
    kind text NOT NULL,
    amount_fen bigint,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT fund_calls_amount CHECK (amount_fen BETWEEN 1 AND '10000000000'::bigint),
    CONSTRAINT fund_calls_basis CHECK (length(basis) BETWEEN 2 AND 200),
    CONSTRAINT fund_calls_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT fund_calls_department CHECK (length(department) BETWEEN 2 AND 60),
    CONSTRAINT fund_calls_kind CHECK (kind IN ('fund', 'loan', 'incubator', 'course')),
    CONSTRAINT fund_calls_name CHECK (length(name) BETWEEN 2 AND 60),
    CONSTRAINT fund_calls_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    CONSTRAINT fund_calls_number UNIQUE (number),
    CONSTRAINT fund_calls_of_county UNIQUE (id, county_code),
    CONSTRAINT fund_calls_once EXCLUDE USING gist (county_code WITH =, name WITH =, valid_during WITH &&),
    CONSTRAINT fund_calls_adder FOREIGN KEY (added_by) REFERENCES accounts(id)
);
CREATE INDEX fund_calls_by_adder ON fund_calls (added_by);
GRANT SELECT, INSERT (county_code, name, department, kind, amount_fen, valid_during, basis, added_by, added_at),
    UPDATE (department, kind, amount_fen, valid_during, basis) ON fund_calls TO market_app;

-- An application of a producer, once to a call; what the market knew of it then is kept with it.
CREATE TABLE fund_applications (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'fund',
    call_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    snapshot jsonb NOT NULL,
    wanted_fen bigint,
    granted_fen bigint,
    CONSTRAINT fund_applications_category CHECK (category = 'fund'),
    CONSTRAINT fund_applications_granted CHECK (granted_fen > 0),
    CONSTRAINT fund_applications_wanted CHECK (wanted_fen > 0),
    CONSTRAINT fund_applications_once UNIQUE (call_id, producer_id),
    CONSTRAINT fund_applications_call FOREIGN KEY (call_id) REFERENCES fund_calls(id),
    CONSTRAINT fund_applications_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT fund_applications_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX fund_applications_by_producer ON fund_applications (producer_id);
CREATE TRIGGER fund_applications_fit BEFORE INSERT OR UPDATE ON fund_applications FOR EACH ROW
    EXECUTE FUNCTION check_fund_application();
ALTER TABLE fund_applications ENABLE ROW LEVEL SECURITY;
CREATE POLICY fund_applications_visible ON fund_applications TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = fund_applications.case_id))));
GRANT SELECT, INSERT (case_id, call_id, producer_id, snapshot, wanted_fen),
    UPDATE (granted_fen) ON fund_applications TO market_app;

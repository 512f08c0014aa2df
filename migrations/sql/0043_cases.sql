-- What a category of cases is called, who answers it (level by level), and how long each level has.
CREATE TABLE case_categories (
    code         text NOT NULL,
    valid_during daterange NOT NULL CONSTRAINT case_categories_valid CHECK (NOT isempty(valid_during)),
    name         text NOT NULL,
    path         text[] NOT NULL CONSTRAINT case_categories_path CHECK (
        path <@ '{seller,village,township,county,finance,platform}' AND cardinality(path) BETWEEN 1 AND 5),
    units        text[] NOT NULL CONSTRAINT case_categories_units CHECK (units <@ '{hour,day,working_day}'),
    dues         integer[] NOT NULL CONSTRAINT case_categories_dues CHECK (1 <= ALL (dues) AND 60 >= ALL (dues)),
    extension    integer NOT NULL CONSTRAINT case_categories_extension CHECK (extension BETWEEN 0 AND 60),
    basis        text NOT NULL,
    CONSTRAINT case_categories_key PRIMARY KEY (code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT case_categories_levels CHECK (
        cardinality(units) = cardinality(path) AND cardinality(dues) = cardinality(path))
);
GRANT SELECT ON case_categories TO market_app;

CREATE TABLE cases (
    id                  uuid PRIMARY KEY DEFAULT uuidv7(),
    number              bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT cases_number UNIQUE,
    category            text NOT NULL,
    division_code       text NOT NULL CONSTRAINT cases_division CHECK (division_code ~ '^[0-9]{12}$'),
    county_code         text NOT NULL GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    asker_id            uuid NOT NULL CONSTRAINT cases_asker REFERENCES accounts,
    against_producer_id uuid CONSTRAINT cases_against_producer REFERENCES producers,
    against_account_id  uuid CONSTRAINT cases_against_account REFERENCES accounts,
    text_sealed         bytea NOT NULL,
    path                text[] NOT NULL,
    level               integer NOT NULL DEFAULT 1,
    received_at         timestamptz NOT NULL,
    received_during     daterange NOT NULL GENERATED ALWAYS AS (daterange(
        (received_at AT TIME ZONE 'Asia/Shanghai')::date, (received_at AT TIME ZONE 'Asia/Shanghai')::date, '[]')) STORED,
    due_at              timestamptz NOT NULL,
    stopped_at          timestamptz,
    extension_reason    text,
    reopened_at         timestamptz,
    state               text NOT NULL DEFAULT 'received' CONSTRAINT cases_state CHECK (state IN (
        'received', 'assigned', 'answered', 'closed')),
    outcome             text CONSTRAINT cases_outcome CHECK (outcome IN (
        'solved', 'unsolved', 'not_ours', 'duplicate', 'withdrawn')),
    answered_by         uuid CONSTRAINT cases_answerer REFERENCES accounts,
    closed_at           timestamptz,
    CONSTRAINT cases_category UNIQUE (id, category),
    CONSTRAINT cases_category_on_the_day FOREIGN KEY (category, PERIOD received_during)
        REFERENCES case_categories (code, PERIOD valid_during),
    CONSTRAINT cases_level CHECK (level BETWEEN 1 AND cardinality(path)),
    CONSTRAINT cases_closed CHECK ((state = 'closed') = (outcome IS NOT NULL) AND (state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT cases_extended CHECK (extension_reason <> ''),
    CONSTRAINT cases_stopped CHECK (stopped_at IS NULL OR state = 'assigned'),
    CONSTRAINT cases_answered CHECK (state <> 'answered' OR answered_by IS NOT NULL)
);
CREATE INDEX cases_due ON cases (due_at) WHERE state = 'assigned' AND stopped_at IS NULL;
CREATE INDEX cases_open_by_county ON cases (county_code, due_at) WHERE state IN ('received', 'assigned', 'answered');
CREATE INDEX cases_by_asker ON cases (asker_id);
CREATE INDEX cases_by_producer ON cases (against_producer_id);

CREATE TABLE case_events (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    case_id    uuid NOT NULL CONSTRAINT case_events_case REFERENCES cases,
    move       text NOT NULL CONSTRAINT case_events_move CHECK (move IN (
        'receive', 'assign', 'extend', 'ask', 'supply', 'escalate', 'answer', 'close', 'reopen', 'withdraw')),
    account_id uuid CONSTRAINT case_events_account REFERENCES accounts,
    level      integer NOT NULL,
    reason     text NOT NULL DEFAULT '',
    old_due_at timestamptz,
    due_at     timestamptz NOT NULL,
    at         timestamptz NOT NULL,
    CONSTRAINT case_events_reason CHECK (reason <> '' OR move NOT IN ('extend', 'ask')),
    CONSTRAINT case_events_account_or_clock CHECK (account_id IS NOT NULL OR move IN ('assign', 'escalate', 'close'))
);
CREATE INDEX case_events_by_case ON case_events (case_id, id);

-- A case is read in a transaction of its county (the worker's), or for a person: who asked, a member of the producer
-- that it is against, an official with a role of its path. Whether a membership or a role is valid today is checked by
-- the service, whose clock may differ from the server's.
ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_visible ON cases TO market_app USING (CASE
    WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
    WHEN asker_id = (SELECT get_visible_person()) THEN true
    WHEN against_producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person()))
        THEN true
    WHEN EXISTS (SELECT FROM grants
                  WHERE account_id = (SELECT get_visible_person()) AND role = ANY(path) AND starts_with(county_code, scope))
        THEN true
    ELSE false END);
ALTER TABLE case_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_events_visible ON case_events TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (category, division_code, asker_id, against_producer_id, against_account_id, text_sealed, path,
    received_at, due_at) ON cases TO market_app;
GRANT UPDATE (level, due_at, stopped_at, extension_reason, reopened_at, state, outcome, answered_by, closed_at) ON cases
    TO market_app;
GRANT SELECT, INSERT ON case_events TO market_app;

-- Who answers is not who asked nor who is complained of, by whatever account; a seller answers only as the seller.
CREATE FUNCTION check_case_answerer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF is_same_person(NEW.answered_by, NEW.asker_id)
       OR is_same_person(NEW.answered_by, NEW.against_account_id)
       OR (NEW.path[NEW.level] <> 'seller' AND EXISTS (
               SELECT FROM producer_members
                WHERE producer_id = NEW.against_producer_id AND is_same_person(NEW.answered_by, account_id))) THEN
        RAISE EXCEPTION 'the case % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER cases_answerer BEFORE UPDATE ON cases
    FOR EACH ROW WHEN (NEW.answered_by IS NOT NULL AND NEW.answered_by IS DISTINCT FROM OLD.answered_by)
    EXECUTE FUNCTION check_case_answerer();

INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('bad_fruit', '[2015-01-01,)', '坏果包赔', '{seller,finance,platform}', '{hour,working_day,working_day}', '{24,2,2}', 1,
     'marketplace.md, After the sale');

-- 坏果包赔: the buyer claims a share of a line, once, with photos.
CREATE TABLE bad_fruit_claims (
    case_id     uuid PRIMARY KEY,
    category    text NOT NULL DEFAULT 'bad_fruit' CONSTRAINT bad_fruit_claims_category CHECK (category = 'bad_fruit'),
    line_id     uuid NOT NULL CONSTRAINT bad_fruit_claims_line REFERENCES order_lines,
    bad         integer NOT NULL,
    total       integer NOT NULL,
    amount_fen  bigint NOT NULL CONSTRAINT bad_fruit_claims_amount CHECK (amount_fen > 0),
    granted_fen bigint CONSTRAINT bad_fruit_claims_granted CHECK (granted_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT bad_fruit_claims_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT bad_fruit_claims_once UNIQUE (line_id),
    CONSTRAINT bad_fruit_claims_share CHECK (bad >= 1 AND bad <= total AND total <= 100000)
);
CREATE TABLE claim_photos (
    case_id  uuid NOT NULL CONSTRAINT claim_photos_claim REFERENCES bad_fruit_claims,
    photo_id uuid NOT NULL CONSTRAINT claim_photos_photo REFERENCES photos,
    CONSTRAINT claim_photos_key PRIMARY KEY (case_id, photo_id)
);
CREATE INDEX claim_photos_by_photo ON claim_photos (photo_id);
ALTER TABLE bad_fruit_claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY bad_fruit_claims_visible ON bad_fruit_claims TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, line_id, bad, total, amount_fen), UPDATE (granted_fen) ON bad_fruit_claims TO market_app;
GRANT SELECT, INSERT ON claim_photos TO market_app;

-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE photos DROP CONSTRAINT photos_purpose;
ALTER TABLE photos ADD CONSTRAINT photos_purpose
    CHECK (purpose IN ('listing', 'certificate', 'parcel', 'claim')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE photos VALIDATE CONSTRAINT photos_purpose;

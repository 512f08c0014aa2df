-- 公益: what an organisation asks people to come to, inside a period of its licence; another person of the county checks
-- it before anybody reads it. It collects no money: there is no field for it, and no words that ask for it.
CREATE TABLE charity_notices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organisation_id uuid NOT NULL,
    village_code text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    place text NOT NULL,
    note text NOT NULL,
    valid_during daterange NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    reason text NOT NULL DEFAULT '',
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    checked_by uuid,
    checked_at timestamptz,
    licensed_during daterange GENERATED ALWAYS AS (
CASE
    WHEN (state IN ('draft',
        'live')) THEN valid_during
    ELSE NULL::daterange
END) STORED,
    CONSTRAINT charity_notices_checked CHECK (((checked_by IS NULL) = (checked_at IS NULL))
        AND ((state IN ('live', 'refused')) <= (checked_by IS NOT NULL))),
    CONSTRAINT charity_notices_kind CHECK (kind IN ('blood', 'school', 'visit', 'goods', 'other')),
    CONSTRAINT charity_notices_no_account CHECK ((((title || place) || note) !~ '[0-9０-９]{9}')
        AND (((title || place) || note) !~ '://|二维码|扫码|捐款|转账|汇款|收款')),
    CONSTRAINT charity_notices_note CHECK (length(note) <= 300),
    CONSTRAINT charity_notices_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    CONSTRAINT charity_notices_place CHECK (length(place) BETWEEN 2 AND 60),
    CONSTRAINT charity_notices_reason CHECK (length(reason) <= 200),
    CONSTRAINT charity_notices_refused CHECK ((state = 'refused') = (reason <> '')),
    CONSTRAINT charity_notices_state CHECK (state IN ('draft', 'live', 'refused', 'ended')),
    CONSTRAINT charity_notices_title CHECK (length(title) BETWEEN 2 AND 30),
    CONSTRAINT charity_notices_two_people CHECK (checked_by <> added_by),
    CONSTRAINT charity_notices_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT charity_notices_checker FOREIGN KEY (checked_by) REFERENCES accounts(id),
    CONSTRAINT charity_notices_licence FOREIGN KEY (organisation_id, PERIOD licensed_during)
        REFERENCES organisation_licences(organisation_id, PERIOD valid_during),
    CONSTRAINT charity_notices_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT charity_notices_village FOREIGN KEY (village_code, PERIOD licensed_during)
        REFERENCES village_periods(code, PERIOD valid_during)
);
CREATE INDEX charity_notices_by_adder ON charity_notices (added_by);
CREATE INDEX charity_notices_by_checker ON charity_notices (checked_by) WHERE (checked_by IS NOT NULL);
CREATE INDEX charity_notices_by_organisation ON charity_notices (organisation_id);
CREATE INDEX charity_notices_by_village ON charity_notices (village_code);
CREATE INDEX charity_notices_to_check ON charity_notices (village_code) WHERE (state = 'draft');
CREATE TRIGGER charity_notices_organiser BEFORE INSERT ON charity_notices FOR EACH ROW
    EXECUTE FUNCTION check_charity_notice();
GRANT SELECT, INSERT (organisation_id, village_code, kind, title, place, note, valid_during, added_by, added_at),
    UPDATE (valid_during, state, reason, checked_by, checked_at) ON charity_notices TO market_app;

-- What a citizen asks of a village's county.
CREATE TABLE inquiries (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    village_code text NOT NULL,
    CONSTRAINT inquiries_category CHECK (category IN ('inquiry', 'disclosure')),
    CONSTRAINT inquiries_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT inquiries_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX inquiries_by_village ON inquiries (village_code);
ALTER TABLE inquiries ENABLE ROW LEVEL SECURITY;
CREATE POLICY inquiries_visible ON inquiries TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = inquiries.case_id))));
GRANT SELECT, INSERT ON inquiries TO market_app;

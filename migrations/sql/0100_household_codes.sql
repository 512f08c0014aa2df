-- The code of a household is in capitals: h01 and H01 are one household, and one subject of a finding.

DO $$
DECLARE
    twice text;
BEGIN
    SELECT string_agg(DISTINCT county_code || ' ' || upper(code), '、') INTO twice
      FROM households WHERE code ~ '[a-z]'
       AND EXISTS (SELECT FROM households o WHERE o.county_code = households.county_code AND o.code <> households.code
                      AND upper(o.code) = upper(households.code));
    IF twice IS NOT NULL THEN
        RAISE EXCEPTION 'Households whose codes differ in capitals alone, to be made one first: %', twice;
    END IF;
END
$$;

INSERT INTO households (county_code, code, split_from)
SELECT county_code, upper(code), upper(split_from) FROM households WHERE code ~ '[a-z]'
 ORDER BY split_from IS NOT NULL;
UPDATE household_statuses SET household_code = upper(household_code) WHERE household_code ~ '[a-z]';
UPDATE memberships SET household_code = upper(household_code) WHERE household_code ~ '[a-z]';
UPDATE enrolments SET household_code = upper(household_code) WHERE household_code ~ '[a-z]';
UPDATE openings SET household_code = upper(household_code) WHERE household_code ~ '[a-z]';
UPDATE households SET split_from = upper(split_from) WHERE split_from ~ '[a-z]';
DELETE FROM households WHERE code ~ '[a-z]';
UPDATE findings SET subject = upper(subject) WHERE check_code = 'two_operators_one_household' AND subject ~ '[a-z]';

ALTER TABLE households ADD CONSTRAINT households_code_in_capitals CHECK (code !~ '[a-z]') NOT VALID;
ALTER TABLE households VALIDATE CONSTRAINT households_code_in_capitals;
ALTER TABLE enrolments ADD CONSTRAINT enrolments_household_in_capitals CHECK (household_code !~ '[a-z]') NOT VALID;
ALTER TABLE enrolments VALIDATE CONSTRAINT enrolments_household_in_capitals;
ALTER TABLE openings ADD CONSTRAINT openings_household_in_capitals CHECK (household_code !~ '[a-z]') NOT VALID;
ALTER TABLE openings VALIDATE CONSTRAINT openings_household_in_capitals;

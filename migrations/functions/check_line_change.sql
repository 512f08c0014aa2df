-- Package: subsidies.
-- Store who reported and who decided a change of a line, as each is known then. Refuse a second decision (P0170), and one by
-- the person who reported it, uses the line, or lives with who is enrolled for it or bound to it (P0171).
CREATE OR REPLACE FUNCTION check_line_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own_index bytea;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.reported_person = get_person_key(NEW.reported_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'the change was decided before' USING ERRCODE = 'P0170';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    own_index = (SELECT identity_index FROM accounts WHERE id = NEW.decided_by);
    IF NEW.decided_person = OLD.reported_person OR is_same_person(OLD.reported_by, NEW.decided_by)
       OR EXISTS (
            SELECT FROM (SELECT identity_index FROM enrolments
                          WHERE county_code = NEW.county_code AND line_code = NEW.line_code
                         UNION
                         SELECT identity_index FROM bindings
                          WHERE county_code = NEW.county_code AND line_code = NEW.line_code) AS users
              LEFT JOIN persons p ON p.county_code = NEW.county_code AND p.identity_index = users.identity_index
              LEFT JOIN memberships m ON m.person_id = p.id AND m.valid_during @> business_day(NEW.decided_at)
              LEFT JOIN memberships o ON o.county_code = NEW.county_code AND o.household_code = m.household_code
                                     AND o.valid_during @> business_day(NEW.decided_at)
              LEFT JOIN persons w ON w.id = o.person_id
             WHERE own_index IN (users.identity_index, w.identity_index)) THEN
        RAISE EXCEPTION 'the person is involved in the change' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_line_change FROM PUBLIC;

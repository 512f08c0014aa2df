-- Package: identity.
-- 县长, 局长, 科员 and their like are titles: what is stored of the names of officials is computed again. The row of a duty
-- keeps its key if another of the month has the new one already: both were taken before the title was known.
DROP TRIGGER cycle_duties_append_only ON cycle_duties;
CREATE TRIGGER cycle_duties_append_only
    BEFORE DELETE OR UPDATE OF county_code, cycle_id, duty, account_id, taken_at ON cycle_duties
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    known record;
BEGIN
    FOR known IN SELECT account_id, person_key AS before, get_person_key(account_id) AS now FROM keys_before LOOP
        CONTINUE WHEN known.now = known.before;
        UPDATE cycle_duties d SET person_key = known.now
         WHERE d.account_id = known.account_id AND d.person_key = known.before
           AND NOT EXISTS (SELECT FROM cycle_duties o WHERE o.cycle_id = d.cycle_id AND o.person_key = known.now);
        UPDATE producer_steps s SET person_key = known.now
         WHERE s.account_id = known.account_id AND s.person_key = known.before
           AND NOT EXISTS (SELECT FROM producer_steps o WHERE o.producer_id = s.producer_id AND o.person_key = known.now);
        UPDATE lead_steps SET person_key = known.now
         WHERE account_id = known.account_id AND person_key = known.before;
    END LOOP;
END
$$;
-- The index has what the function returned before; it has the officials alone, a few hundred rows.
-- squawk-ignore require-concurrent-reindex
REINDEX INDEX accounts_by_official_name;

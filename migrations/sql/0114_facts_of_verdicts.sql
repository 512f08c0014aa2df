-- A verdict rests on the facts that the calculation saw whose evidence was shown, whenever it is given.

-- The time of the facts of the month's last calculation, also of one that found nothing new: whatever was imported before
-- is at most as old, whatever is imported later is younger. Clocks are read before a lock is waited for, so that the times
-- of files and calculations are compared with it when they are written.
ALTER TABLE cycles ADD COLUMN calculated_at timestamptz;

-- The time of the facts on which the evidence rests.
ALTER TABLE findings ADD COLUMN facts_at timestamptz;

-- The time of the facts with which the line was asked about last, if it is later than that of the finding; with a verdict, the
-- time of the facts on which it rests.
ALTER TABLE finding_lines ADD COLUMN facts_at timestamptz;

UPDATE findings SET facts_at = coalesce(seen_at, opened_at);
-- Verdicts of before rest on what was known when they were given, as they did then.
UPDATE finding_lines l
   SET facts_at = (SELECT max(decided_at) FROM finding_decisions d
                    WHERE d.finding_id = l.finding_id AND l.line_code = ANY (d.pays || d.stops))
 WHERE verdict IS NOT NULL;
UPDATE cycles c
   SET calculated_at = greatest(
       (SELECT max(ran_at) FROM runs r WHERE r.county_code = c.county_code),
       (SELECT max(facts_at) FROM findings f WHERE f.county_code = c.county_code),
       (SELECT max(facts_at) FROM finding_lines l WHERE l.county_code = c.county_code));

-- squawk-ignore adding-not-nullable-field
ALTER TABLE findings ALTER COLUMN facts_at SET NOT NULL;
ALTER TABLE cycles ADD CONSTRAINT cycles_calculated_at CHECK (run_id IS NULL OR calculated_at IS NOT NULL) NOT VALID;
ALTER TABLE cycles VALIDATE CONSTRAINT cycles_calculated_at;
ALTER TABLE finding_lines ADD CONSTRAINT finding_lines_facts_of_verdict
    CHECK (verdict IS NULL OR facts_at IS NOT NULL) NOT VALID;
ALTER TABLE finding_lines VALIDATE CONSTRAINT finding_lines_facts_of_verdict;

GRANT UPDATE (calculated_at) ON cycles TO market_app;
GRANT UPDATE (facts_at) ON findings, finding_lines TO market_app;

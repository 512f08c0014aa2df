-- Package: subsidies.
-- Take back only what was settled: of a line that a decided finding stops, of a settled month, at most what is left of its public part
-- after adjustments that are settled too, and in one clawback at a time (P0215). The line is that of the debtor.
CREATE OR REPLACE FUNCTION check_clawback_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whole clawbacks;
BEGIN
    SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.clawback_id;
    IF whole.county_code <> NEW.county_code OR whole.state <> 'proposed'
       OR NOT EXISTS (SELECT FROM finding_lines l JOIN findings f ON f.id = l.finding_id
                       WHERE l.finding_id = whole.finding_id AND l.line_code = NEW.line_code AND l.verdict = 'stop'
                         AND f.state = 'decided')
       OR NEW.fen > coalesce((SELECT sum(p.public_fen)
                                FROM subsidy_postings p
                                JOIN cycles q ON q.id = p.cycle_id AND q.state IN ('settled', 'reconciled', 'closed')
                               WHERE p.county_code = NEW.county_code AND p.line_code = NEW.line_code
                                 AND p.for_month = NEW.for_month
                                 AND (whole.operator IS NULL OR p.operator = whole.operator)), 0)
       OR (whole.household_code IS NOT NULL
           AND NOT EXISTS (SELECT FROM enrolments e JOIN persons p USING (county_code, identity_index)
                            WHERE e.county_code = NEW.county_code AND e.line_code = NEW.line_code AND p.id = whole.person_id))
       OR EXISTS (SELECT FROM clawback_items i JOIN clawbacks c ON c.id = i.clawback_id
                   WHERE i.county_code = NEW.county_code AND i.line_code = NEW.line_code AND i.for_month = NEW.for_month
                     AND i.clawback_id <> NEW.clawback_id AND c.state NOT IN ('refused', 'annulled')) THEN
        RAISE EXCEPTION 'nothing more of line % and month % can be taken back', NEW.line_code, NEW.for_month
              USING ERRCODE = 'P0215';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_clawback_item FROM PUBLIC;

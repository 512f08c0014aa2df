-- Package: subsidies.
-- Return whether a run's lines are needed: it is the latest of its month, or the month stands on it (so does its evidence
-- pack), somebody approved it, or a posting came of it.
CREATE OR REPLACE FUNCTION is_run_used(p_run uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM runs r JOIN runs l ON l.cycle_id = r.cycle_id AND l.n > r.n WHERE r.id = p_run)
        OR EXISTS (SELECT FROM runs r JOIN cycles c ON c.id = r.cycle_id AND c.run_id = r.id WHERE r.id = p_run)
        OR EXISTS (SELECT FROM runs r JOIN cycle_approvals a ON a.cycle_id = r.cycle_id AND a.run_id = r.id
                    WHERE r.id = p_run)
        OR EXISTS (SELECT FROM subsidy_postings WHERE run_id = p_run)
$$;
REVOKE ALL ON FUNCTION is_run_used FROM PUBLIC;

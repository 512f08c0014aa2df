-- The budget lines of the counties in the ledger: what was appropriated for a year, and of it what is left, committed,
-- spent and adjusted. Balances are summed, so that no month waits for a row; none has a floor, because a year without a
-- budget is not limited (rulebook R11).
INSERT INTO payments.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('appropriation', NULL, false), ('budget', NULL, false), ('committed', NULL, false), ('spent', NULL, false),
    ('adjusted', NULL, false);
-- What the decided months of before this revision hold, each under the key of its decision, then everything else.
DO $$
DECLARE
    entry record;
BEGIN
    FOR entry IN
        SELECT id, decisions, array_agg(code ORDER BY code) AS codes, array_agg(fen ORDER BY code) AS sums,
               budget, sum(fen)::bigint AS total
          FROM (SELECT c.id, format('committed:%s:%s:%s', c.county_code, extract(year FROM c.month), share.key) AS code,
                       format('budget:%s:%s', c.county_code, extract(year FROM c.month)) AS budget,
                       (SELECT count(*) FROM cycle_events
                         WHERE cycle_id = c.id AND state = 'decided' AND NOT returned) AS decisions,
                       sum(share.value::bigint)::bigint AS fen
                  FROM cycles c
                  JOIN run_lines r ON r.run_id = c.run_id
                 CROSS JOIN LATERAL jsonb_each_text(r.shares) AS share
                 WHERE c.state = 'decided' AND share.key <> 'operator'
                 GROUP BY c.id, share.key) AS sums
         WHERE fen <> 0
         GROUP BY id, decisions, budget
    LOOP
        PERFORM payments.post(
            format('subsidy:decided:%s:%s', entry.id, entry.decisions), 'month decided', NULL, clock_timestamp(), 'CNY',
            entry.codes || entry.budget, entry.sums || -entry.total);
    END LOOP;
    FOR entry IN
        WITH booked AS (
            SELECT accounts.code, sum(amount_minor)::bigint AS fen
              FROM payments.accounts JOIN payments.postings ON account_id = accounts.id
             WHERE kind IN ('budget', 'committed', 'spent', 'adjusted')
             GROUP BY accounts.code
        ), missing AS (
            SELECT code, coalesce(counted.fen, 0) - coalesce(booked.fen, 0) AS fen
              FROM sum_budget_lines() AS counted FULL JOIN booked USING (code))
        SELECT split_part(code, ':', 2) AS county, split_part(code, ':', 3) AS year,
               array_agg(code ORDER BY code) AS codes, array_agg(fen ORDER BY code) AS sums, sum(fen)::bigint AS total
          FROM missing WHERE fen <> 0
         GROUP BY 1, 2
         ORDER BY 1, 2
    LOOP
        PERFORM payments.post(
            format('subsidy:opening:%s:%s', entry.county, entry.year), 'budget opened', NULL, clock_timestamp(), 'CNY',
            CASE WHEN entry.total = 0 THEN entry.codes
                 ELSE entry.codes || format('appropriation:%s:%s', entry.county, entry.year) END,
            CASE WHEN entry.total = 0 THEN entry.sums ELSE entry.sums || -entry.total END);
    END LOOP;
END
$$;

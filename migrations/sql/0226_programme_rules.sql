-- Proration and the idle rule are terms (R8): a version of the terms may have its own, from the first of a month; the others have those
-- of the programme. The table has a row for each version of a programme, few enough to be read while it is locked.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE programme_terms
    ADD COLUMN proration text,
    ADD COLUMN idle_days integer,
    ADD COLUMN cure_days integer,
    ADD CONSTRAINT programme_terms_proration CHECK (proration IN ('daily', 'none')),
    ADD CONSTRAINT programme_terms_idle_days CHECK (idle_days >= 1),
    ADD CONSTRAINT programme_terms_cure_days CHECK (cure_days >= 0),
    ADD CONSTRAINT programme_terms_rules_complete CHECK (
        (idle_days IS NULL) = (cure_days IS NULL) AND (proration IS NOT NULL OR idle_days IS NULL));

-- The proration and the idle rule of a programme on the days of each version of its terms.
CREATE VIEW programme_rules WITH (security_invoker = true) AS
SELECT t.county_code, t.programme_code, t.valid_during, coalesce(t.proration, p.proration) AS proration,
       CASE WHEN t.proration IS NULL THEN p.idle_days ELSE t.idle_days END AS idle_days,
       CASE WHEN t.proration IS NULL THEN p.cure_days ELSE t.cure_days END AS cure_days
  FROM programme_terms t
  JOIN programmes p ON p.county_code = t.county_code AND p.code = t.programme_code;
GRANT SELECT ON programme_rules TO market_app;

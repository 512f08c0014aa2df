-- 能办的套餐: what everybody may read of the operators' plans, apart from the facts that the reduction is calculated from.
CREATE TABLE public_plans (
    county_code  text NOT NULL CONSTRAINT public_plans_county CHECK (county_code ~ '^[0-9]{6}$'),
    code         text NOT NULL,
    operator     text NOT NULL CONSTRAINT public_plans_operator REFERENCES operators,
    name         text NOT NULL,
    kinds        text[] NOT NULL CONSTRAINT public_plans_kinds
                 CHECK (cardinality(kinds) > 0 AND kinds <@ ARRAY['mobile', 'broadband', 'television']),
    monthly_fen  bigint NOT NULL CONSTRAINT public_plans_charge CHECK (monthly_fen BETWEEN 0 AND 1000000000000),
    data_mb      integer CONSTRAINT public_plans_data CHECK (data_mb BETWEEN 0 AND 10000000),
    apply_at     text NOT NULL DEFAULT '' CONSTRAINT public_plans_place CHECK (length(apply_at) <= 80),
    valid_during daterange NOT NULL CONSTRAINT public_plans_period CHECK (NOT isempty(valid_during)),
    CONSTRAINT public_plans_one_price_per_day PRIMARY KEY (county_code, code, valid_during WITHOUT OVERLAPS)
);
GRANT SELECT, INSERT, DELETE ON public_plans TO market_app;
INSERT INTO public_plans (county_code, code, operator, name, kinds, monthly_fen, valid_during)
SELECT county_code, code, min(operator), min(name), array_agg(kind ORDER BY kind), min(plan_fen), valid_during
  FROM plans
 GROUP BY county_code, code, valid_during;

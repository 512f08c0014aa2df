-- Planning these again for each leg costs more than running them.

ALTER FUNCTION {schema}.check_balanced() SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION {schema}.check_payment_sums() SET plan_cache_mode = force_generic_plan;

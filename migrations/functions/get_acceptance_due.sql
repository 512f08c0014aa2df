-- Package: procurement.
-- 验收到期: the unit has five working days from the day of the delivery, and is chased before and after it.
CREATE OR REPLACE FUNCTION get_acceptance_due(delivered_at timestamptz) RETURNS date LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN add_working_days((delivered_at AT TIME ZONE 'Asia/Shanghai')::date, 5);
REVOKE ALL ON FUNCTION get_acceptance_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION get_acceptance_due TO market_app;

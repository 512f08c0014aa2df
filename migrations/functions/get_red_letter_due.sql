-- Package: invoices.
-- 红字发票到期: the seller has five working days from the day on which it is told, is chased before and after it, and is told
-- again if more comes back.
CREATE OR REPLACE FUNCTION get_red_letter_due(since date) RETURNS date LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN add_working_days(since, 5);
REVOKE ALL ON FUNCTION get_red_letter_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION get_red_letter_due TO market_app;

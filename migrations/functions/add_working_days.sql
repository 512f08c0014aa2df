-- Package: divisions.
-- Return the n-th working day after a day, which is day zero itself. A day counts if the holidays name it as worked, or
-- do not name it and it is a Monday to Friday. NULL if n is out of range (0 to 60).
CREATE OR REPLACE FUNCTION add_working_days(p_day date, p_count integer) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN p_count = 0 THEN p_day WHEN p_count BETWEEN 1 AND 60 THEN (
    SELECT each.day
      FROM (SELECT p_day + step AS day FROM generate_series(1, 60 * 3) AS step) each
      LEFT JOIN holidays ON holidays.day = each.day
     WHERE coalesce(NOT day_off, extract(isodow FROM each.day) <= 5)
     ORDER BY each.day
    OFFSET p_count - 1 LIMIT 1) END;

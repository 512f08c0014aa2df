-- Package: orders.
-- The day that is so many days after another, not counting the days on which the producer is closed; these move it by at
-- most 30 days.
CREATE OR REPLACE FUNCTION add_sending_days(p_producer uuid, p_from date, p_days integer) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN p_days < 1 OR NOT EXISTS (SELECT FROM closures
                                    WHERE producer_id = p_producer
                                      AND closed_during && daterange(p_from + 1, p_from + p_days + 1))
    THEN p_from + p_days
    ELSE coalesce(
        (SELECT p_from + after
           FROM generate_series(1, p_days + 29) AS after
          WHERE NOT EXISTS (SELECT FROM closures
                             WHERE producer_id = p_producer AND closed_during @> p_from + after)
          ORDER BY after OFFSET p_days - 1 LIMIT 1),
        p_from + p_days + 30)
END;

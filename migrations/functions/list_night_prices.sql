-- Package: listings.
-- Return the nights of a stay from p_first up to, not including, p_until: what one room costs and how many nights a
-- guest stays at least, each with the rule that decides it; or the days of an activity: what one person costs, and what a
-- child does, which is never more. Dated terms come first, then those of the holiday, then those of weekends, then the
-- base price. A weekend day is a Saturday or Sunday that is not worked instead, and a weekend night the one before it. A
-- night or day of a run of days off belongs to each holiday of that run, its own first.
CREATE OR REPLACE FUNCTION list_night_prices(p_listing_id uuid, p_first date, p_until date)
RETURNS TABLE (night date, price_fen bigint, price_rule text, min_nights smallint, min_rule text, holiday text,
               child_price_fen bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 31
-- Planning it takes longer than running it, and the planner would do it anew for each call.
SET plan_cache_mode = force_generic_plan
AS $$
    SELECT each.day, coalesce(season.price_fen, feast.price_fen, weekend.price_fen, variants.price_fen),
           CASE WHEN season.price_fen IS NOT NULL THEN 'season' WHEN feast.price_fen IS NOT NULL THEN 'holiday'
                WHEN weekend.price_fen IS NOT NULL THEN 'weekend' ELSE 'always' END,
           coalesce(season.min_nights, feast.min_nights, weekend.min_nights, always.min_nights, 1::smallint),
           CASE WHEN season.min_nights IS NOT NULL THEN 'season' WHEN feast.min_nights IS NOT NULL THEN 'holiday'
                WHEN weekend.min_nights IS NOT NULL THEN 'weekend' ELSE 'always' END,
           holidays.name,
           CASE WHEN child.price_fen IS NOT NULL
                THEN least(coalesce(season.price_fen, feast.price_fen, weekend.price_fen, variants.price_fen),
                           coalesce(CASE WHEN season.price_fen IS NOT NULL THEN season.child_price_fen
                                         WHEN feast.price_fen IS NOT NULL THEN feast.child_price_fen
                                         ELSE weekend.child_price_fen END,
                                    child.price_fen)) END
      FROM (SELECT series::date AS day
              FROM generate_series(p_first::timestamp, p_until::timestamp - interval '1 day', interval '1 day') AS series
           ) AS each
      JOIN listings ON listings.id = p_listing_id
      JOIN variants ON variants.listing_id = p_listing_id AND variants.position = 0
      LEFT JOIN variants AS child ON child.listing_id = p_listing_id AND child.position = 1 AND listings.kind = 'activity'
      LEFT JOIN holidays ON holidays.day = each.day AND holidays.day_off
      LEFT JOIN night_prices AS season ON season.listing_id = p_listing_id AND season.valid_during @> each.day
      LEFT JOIN night_rules AS always ON always.listing_id = p_listing_id AND always.applies = 'always'
      LEFT JOIN night_rules AS weekend ON weekend.listing_id = p_listing_id AND weekend.applies = 'weekend'
                AND extract(isodow FROM each.day + (listings.kind = 'stay')::integer) IN (6, 7)
                AND NOT EXISTS (SELECT FROM holidays AS worked
                                 WHERE worked.day = each.day + (listings.kind = 'stay')::integer AND NOT worked.day_off)
      LEFT JOIN LATERAL (
           SELECT (array_agg(rule.price_fen ORDER BY rule.rank, rule.price_fen DESC)
                       FILTER (WHERE rule.price_fen IS NOT NULL))[1] AS price_fen,
                  (array_agg(rule.child_price_fen ORDER BY rule.rank, rule.price_fen DESC, rule.child_price_fen DESC)
                       FILTER (WHERE rule.price_fen IS NOT NULL))[1] AS child_price_fen,
                  (array_agg(rule.min_nights ORDER BY rule.rank, rule.min_nights DESC)
                       FILTER (WHERE rule.min_nights IS NOT NULL))[1] AS min_nights
             FROM (SELECT r.price_fen, r.child_price_fen, r.min_nights,
                          CASE r.holiday WHEN holidays.name THEN 0 WHEN '' THEN 2 ELSE 1 END AS rank
                     FROM night_rules AS r
                    WHERE holidays.name IS NOT NULL AND r.listing_id = p_listing_id AND r.applies = 'holiday'
                      AND (r.holiday IN (holidays.name, '')
                           OR EXISTS (SELECT FROM holidays AS near
                                       WHERE near.day_off AND near.name = r.holiday
                                         AND near.day BETWEEN each.day - 10 AND each.day + 10
                                         AND (SELECT count(*) FROM holidays AS run
                                               WHERE run.day_off AND run.day BETWEEN least(near.day, each.day)
                                                                                 AND greatest(near.day, each.day))
                                             = abs(near.day - each.day) + 1))
                  ) AS rule
           ) AS feast ON holidays.name IS NOT NULL
$$;

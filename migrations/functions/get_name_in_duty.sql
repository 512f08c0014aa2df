-- Package: identity.
-- The name of an official who acted in a role of a county, and of whom the official stood in for at that time.
CREATE OR REPLACE FUNCTION get_name_in_duty(p_account uuid, p_role text, p_county text, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
SELECT a.name || coalesce(
           (SELECT '（代' || min(absent.name) || '）'
              FROM grants g JOIN accounts absent ON absent.id = g.deputy_for
             WHERE g.account_id = p_account AND g.role = p_role AND g.valid_during @> business_day(p_at)
               AND (starts_with(p_county, g.scope) OR starts_with(g.scope, p_county))), '')
  FROM accounts a
 WHERE a.id = p_account
$$;

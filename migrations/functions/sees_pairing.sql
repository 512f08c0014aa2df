-- Package: pairing.
-- Return whether the transaction is one of the pairing's county, or of a member of its organisation.
CREATE OR REPLACE FUNCTION sees_pairing(p_pairing uuid) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM pairings
     WHERE id = p_pairing
       AND CASE WHEN starts_with(county_code, get_visible_county()) THEN true
                WHEN organisation_id IN (SELECT organisation_id FROM organisation_members
                                          WHERE account_id = get_visible_person()) THEN true
                ELSE false END);

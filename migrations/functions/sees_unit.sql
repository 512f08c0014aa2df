-- Package: organisations.
-- A unit reads its own book, a seller what was ordered from it, a county the units that are registered there.
CREATE OR REPLACE FUNCTION sees_unit(p_organisation uuid) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM public_buyers WHERE organisation_id = p_organisation AND account_id = get_visible_person())
    OR EXISTS (SELECT FROM organisations WHERE id = p_organisation AND starts_with(county_code, get_visible_county()));

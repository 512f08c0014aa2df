-- Package: listings.
-- Return the last day on which a producer has a verified certificate that a category requires: `infinity` if the category
-- requires none or the certificate has no end, `-infinity` if the producer has none of them.
CREATE OR REPLACE FUNCTION get_certified_until(p_producer uuid, p_category text) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN g.required_certificates = '{}' THEN 'infinity'::date
                ELSE coalesce((SELECT max(coalesce(c.expires_on, 'infinity')) FROM certificates c
                                WHERE c.producer_id = p_producer AND c.verified_at IS NOT NULL
                                  AND c.kind = ANY(g.required_certificates)), '-infinity') END
      FROM categories g WHERE g.code = p_category
$$;

-- Package: listings.
-- Store until when the listings of a producer are certified, after a certificate of it was verified or rejected.
CREATE OR REPLACE FUNCTION refresh_certified_until(p_producer uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE listings SET certified_until = get_certified_until(producer_id, category_code)
     WHERE producer_id = p_producer AND certified_until <> get_certified_until(producer_id, category_code)
$$;

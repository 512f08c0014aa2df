-- Package: content.
-- The telephones of a county's people who consented to warnings by SMS, at most so many, in the order of their accounts.
CREATE OR REPLACE FUNCTION list_warning_readers(p_county text, p_most integer) RETURNS TABLE (phone_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.phone_sealed
      FROM accounts a
     WHERE a.closed_at IS NULL AND a.phone_sealed IS NOT NULL
       AND EXISTS (SELECT FROM consents c
                    WHERE c.account_id = a.id AND c.purpose = 'warning_sms' AND upper_inf(c.valid_during))
       AND (EXISTS (SELECT FROM producer_members m JOIN producers p ON p.id = m.producer_id
                     WHERE m.account_id = a.id AND p.county_code = p_county)
            OR EXISTS (SELECT FROM leads l WHERE l.applicant_id = a.id AND starts_with(l.village_code, p_county)))
     ORDER BY a.id LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_warning_readers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_warning_readers TO market_app;

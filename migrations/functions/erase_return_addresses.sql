-- Package: aftersales.
-- Erase where goods were sent back to: of the returns that ended, to the household of an account whose owner closes it, unless
-- another member of the household accepted the return. The address of a company is the company's.
CREATE OR REPLACE FUNCTION erase_return_addresses(p_account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE goods_returns g SET address_sealed = ''
      FROM cases c, suborders s, producers p
     WHERE c.id = g.case_id AND s.id = g.suborder_id AND p.id = s.producer_id
       AND p.id IN (SELECT producer_id FROM producer_members WHERE account_id = p_account)
       AND p.kind IN ('household', 'homestay') AND c.state = 'closed' AND g.address_sealed <> ''
       AND NOT EXISTS (SELECT FROM producer_members o
                        WHERE o.producer_id = p.id AND o.account_id = g.accepted_by AND o.account_id <> p_account)
$$;
REVOKE ALL ON FUNCTION erase_return_addresses FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_return_addresses TO market_app;

-- Package: payouts.
-- Erase the accounts that a person entered for households of their own: name, number and its last digits.
CREATE OR REPLACE FUNCTION erase_payout_accounts(p_account uuid, p_name text, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE payout_accounts a
       SET holder = p_name, number_sealed = '', number_tail = '*',
           state = CASE a.state WHEN 'active' THEN 'ended' WHEN 'ended' THEN 'ended' ELSE 'rejected' END,
           reason = CASE WHEN a.state IN ('checking', 'waiting') THEN 'account_closed' ELSE a.reason END,
           checked_at = coalesce(a.checked_at, p_at)
      FROM producers p
     WHERE p.id = a.producer_id AND a.entered_by = p_account AND p.kind IN ('household', 'homestay');
END;
REVOKE ALL ON FUNCTION erase_payout_accounts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_payout_accounts TO market_app;

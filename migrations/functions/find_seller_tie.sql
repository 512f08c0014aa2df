-- Package: producers.
-- Return what ties a buyer to a seller, the strongest first, or null: 'member' (one account), 'identity' (one identity
-- number), 'phone' (the parcel goes to a phone of the seller), 'device' (a browser that both accounts signed in on), 'name'
-- (one name, of the account or of who receives the parcel; two identity numbers tell namesakes apart). Phone and name of the
-- parcel may be unknown. The name of every new account is nobody's.
CREATE OR REPLACE FUNCTION find_seller_tie(p_account uuid, p_producer uuid, p_phone_index bytea, p_name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT tie
      FROM accounts buyer
      JOIN producer_members member ON member.producer_id = p_producer
      JOIN accounts seller ON seller.id = member.account_id
     CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN seller.id = buyer.id THEN 'member'
                   WHEN seller.identity_index = buyer.identity_index THEN 'identity'
                   WHEN seller.phone_index = p_phone_index THEN 'phone'
                   WHEN EXISTS (SELECT FROM sessions used JOIN sessions own ON own.device_key = used.device_key
                                 WHERE used.account_id = buyer.id AND own.account_id = seller.id) THEN 'device'
                   WHEN seller.name <> '乡集用户'
                    AND (seller.identity_index IS NULL OR buyer.identity_index IS NULL)
                    AND fold_name(seller.name) IN (fold_name(nullif(buyer.name, '乡集用户')), fold_name(p_name))
                   THEN 'name'
               END AS tie) AS found
     WHERE buyer.id = p_account AND tie IS NOT NULL
     ORDER BY array_position(ARRAY['member', 'identity', 'phone', 'device', 'name'], tie)
     LIMIT 1;
$$;

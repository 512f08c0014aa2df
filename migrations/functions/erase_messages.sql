-- Package: conversations.
-- Erase what an account wrote as a buyer: the texts and the photos. What sellers wrote is of the shop and stays.
CREATE OR REPLACE FUNCTION erase_messages(p_account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM conversation_photos p USING conversation_messages m
     WHERE m.account_id = p_account AND m.from_buyer AND (p.suborder_id, p.position) = (m.suborder_id, m.position);
    UPDATE conversation_messages SET text_sealed = NULL
     WHERE account_id = p_account AND from_buyer AND text_sealed IS NOT NULL;
$$;
REVOKE ALL ON FUNCTION erase_messages FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_messages TO market_app;

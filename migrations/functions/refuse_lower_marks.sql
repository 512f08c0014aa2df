-- Package: conversations.
-- Keep the marks of a conversation: what was written or read stays so.
CREATE OR REPLACE FUNCTION refuse_lower_marks() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF new.messages < old.messages OR new.buyer_wrote < old.buyer_wrote OR new.seller_wrote < old.seller_wrote
       OR new.buyer_read < old.buyer_read OR new.seller_read < old.seller_read THEN
        RAISE EXCEPTION 'what was written or read of a conversation stays so' USING ERRCODE = 'P0161';
    END IF;
    RETURN new;
END
$$;
REVOKE ALL ON FUNCTION refuse_lower_marks FROM PUBLIC;

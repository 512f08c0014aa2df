-- Package: identity.
-- Refuse a role to an account that sends an operator's files on the same day, and the reverse. Both lock the account, so
-- that two transactions see each other.
CREATE OR REPLACE FUNCTION refuse_operator_in_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = NEW.account_id FOR NO KEY UPDATE;
    IF (tg_table_name = 'grants' AND EXISTS (
            SELECT FROM operator_grants WHERE account_id = NEW.account_id AND valid_during && NEW.valid_during))
       OR (tg_table_name = 'operator_grants' AND EXISTS (
            SELECT FROM grants WHERE account_id = NEW.account_id AND valid_during && NEW.valid_during)) THEN
        RAISE EXCEPTION 'an account of an operator has no role' USING ERRCODE = 'P0150';
    END IF;
    RETURN NEW;
END
$$;

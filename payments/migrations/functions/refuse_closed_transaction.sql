CREATE OR REPLACE FUNCTION {schema}.refuse_closed_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT posted_in FROM {schema}.transactions WHERE id = NEW.transaction_id)
       IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'transaction % is closed', NEW.transaction_id USING ERRCODE = 'PL005';
    END IF;
    RETURN NEW;
END $$;

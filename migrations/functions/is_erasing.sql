-- Package: kernel.
-- Evidence is append-only for everybody but `erase_register_person`, whose setting counts for the owner alone.
CREATE OR REPLACE FUNCTION is_erasing() RETURNS boolean LANGUAGE sql STABLE
    RETURN current_setting('market.erasing', true) = 'on' AND current_user <> 'market_app';

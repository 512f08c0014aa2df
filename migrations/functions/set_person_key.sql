-- Package: identity.
-- Store the key of the person who takes a step or a duty, as the person is known now.
CREATE OR REPLACE FUNCTION set_person_key() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.person_key = get_person_key(NEW.account_id);
    RETURN NEW;
END;
$$;

-- Package: answers.
-- A notice is of an organisation that an official verified, and of a kind that does such work.
CREATE OR REPLACE FUNCTION check_charity_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM organisations
                    WHERE id = NEW.organisation_id AND verified_at IS NOT NULL
                      AND kind IN ('charity', 'clinic', 'public_unit', 'organiser')) THEN
        RAISE EXCEPTION 'the organiser is not checked' USING ERRCODE = 'P0911';
    END IF;
    RETURN NEW;
END
$$;

-- Package: orders.
-- Refuse to send or receive a suborder with a line that is sold by weight and was not weighed.
CREATE OR REPLACE FUNCTION require_weights() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM order_lines JOIN catch_weights ON line_id = order_lines.id
                WHERE suborder_id = NEW.id AND weighed_at IS NULL) THEN
        RAISE EXCEPTION 'suborder % was not weighed', NEW.id USING ERRCODE = 'P0113';
    END IF;
    RETURN NEW;
END
$$;

-- Package: orders.
-- Refuse to weigh a line again: its difference was refunded by the first weight.
CREATE OR REPLACE FUNCTION refuse_second_weight() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'line % was weighed before', OLD.line_id USING ERRCODE = 'P0113';
END
$$;

-- Package: orders.
-- Refuse suborders and lines of an order that another transaction placed: its sums were checked at its commit.
CREATE OR REPLACE FUNCTION refuse_placed_order() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    placed bigint;
BEGIN
    IF TG_TABLE_NAME = 'suborders' THEN
        SELECT o.number INTO placed
          FROM added JOIN orders o ON o.id = added.order_id
         WHERE o.placed_in <> pg_current_xact_id() LIMIT 1;
    ELSE
        SELECT o.number INTO placed
          FROM added JOIN suborders s ON s.id = added.suborder_id JOIN orders o ON o.id = s.order_id
         WHERE o.placed_in <> pg_current_xact_id() LIMIT 1;
    END IF;
    IF placed IS NOT NULL THEN
        RAISE EXCEPTION 'order % was placed before', placed USING ERRCODE = 'P0105';
    END IF;
    RETURN NULL;
END
$$;

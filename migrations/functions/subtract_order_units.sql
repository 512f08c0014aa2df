-- Package: orders.
-- Return the available units of each lot after subtracting those that the admitted requests need.
CREATE OR REPLACE FUNCTION subtract_order_units(lot_ids uuid[], lot_available bigint[], need_n integer[],
                                                need_lot uuid[], need_units bigint[], admitted integer[])
RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT l.units - coalesce((SELECT sum(d.units) FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                                WHERE d.lot = l.id AND d.n = ANY(admitted)), 0)::bigint
      FROM unnest(lot_ids, lot_available) WITH ORDINALITY AS l (id, units, index)
     ORDER BY l.index);

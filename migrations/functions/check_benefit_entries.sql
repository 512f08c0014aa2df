-- Package: benefits.
-- No more goes back than was recorded, of each household and line; and a line gives at most what was paid for it.
CREATE OR REPLACE FUNCTION check_benefit_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
    IF EXISTS (SELECT FROM benefits.entries e WHERE e.order_line_id = NEW.order_line_id
                GROUP BY e.household_id, e.how HAVING sum(e.fen) < 0)
       OR (SELECT sum(e.fen) FROM benefits.entries e WHERE e.order_line_id = NEW.order_line_id)
          > (SELECT l.amount_fen - l.refunded_fen FROM order_lines l WHERE l.id = NEW.order_line_id)
          AND NOT EXISTS (SELECT FROM benefits.payable_changes c
                           WHERE c.recorded_at IS NULL AND c.suborder_id = (
                               SELECT suborder_id FROM order_lines WHERE id = NEW.order_line_id)) THEN
        RAISE EXCEPTION 'the benefits of a line do not add up' USING ERRCODE = 'P0916';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_benefit_entries FROM PUBLIC;

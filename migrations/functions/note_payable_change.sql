-- Package: benefits.
-- Note what became of a suborder's payable, if a listing of it has rules; market/villages/benefits divides it later.
CREATE OR REPLACE FUNCTION note_payable_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
    INSERT INTO benefits.payable_changes (suborder_id, before_fen, after_fen, lines, at)
    SELECT NEW.id, OLD.payable_fen, coalesce(NEW.payable_fen, 0),
           jsonb_agg(jsonb_build_object('id', l.id, 'listing_id', l.listing_id, 'quantity', l.quantity,
                                        'left_fen', l.amount_fen - l.refunded_fen) ORDER BY l.position),
           coalesce(CASE WHEN OLD.payable_fen IS NULL THEN NEW.released_at
                         ELSE (SELECT max(at) FROM line_refunds r JOIN order_lines o ON o.id = r.line_id
                                WHERE o.suborder_id = NEW.id) END, now())
      FROM order_lines l
     WHERE l.suborder_id = NEW.id
    HAVING bool_or(EXISTS (SELECT FROM benefits.rules r WHERE r.listing_id = l.listing_id));
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_payable_change FROM PUBLIC;

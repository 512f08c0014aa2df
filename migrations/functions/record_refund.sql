-- Package: orders.
-- Record a refund of a suborder: its lines, and in one statement with them the sums that it changes; the service
-- may not write these columns itself. After the release, the goods are charged to payable and commission exactly.
CREATE OR REPLACE FUNCTION record_refund(
    p_suborder uuid, p_lines uuid[], p_amounts bigint[], p_buyer_fen bigint, p_payable_fen bigint,
    p_commission_fen bigint, p_key text, p_reason text, p_by uuid, p_note text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    refunded_goods bigint := (SELECT coalesce(sum(fen), 0) FROM unnest(p_amounts) AS fen);
BEGIN
    WITH shares AS (
        SELECT l.id, fen
          FROM unnest(p_lines, p_amounts) AS shares (line_id, fen)
          JOIN order_lines l ON l.id = line_id AND l.suborder_id = p_suborder
         WHERE fen > 0
    ), recorded AS (
        INSERT INTO line_refunds (line_id, key, amount_fen, reason, requested_by, note, at)
        SELECT id, p_key, fen, p_reason, p_by, p_note, p_at FROM shares
    ), changed AS (
        UPDATE order_lines SET refunded_fen = refunded_fen + fen FROM shares WHERE order_lines.id = shares.id
        RETURNING fen
    )
    UPDATE suborders
       SET refunded_fen = refunded_fen + p_buyer_fen, payable_fen = payable_fen - p_payable_fen,
           commission_fen = commission_fen - p_commission_fen
     WHERE id = p_suborder
       AND least(p_buyer_fen, p_payable_fen, p_commission_fen) >= 0
       AND p_payable_fen + p_commission_fen = CASE WHEN released_at IS NULL THEN 0 ELSE refunded_goods END
       AND refunded_goods = (SELECT coalesce(sum(fen), 0) FROM changed);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the refund of suborder % does not add up', p_suborder USING ERRCODE = 'P0105';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION record_refund FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refund TO market_app;

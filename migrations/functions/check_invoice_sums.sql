-- Package: invoices.
-- Check that the invoices of a suborder, less the red-letter ones, are never above what was paid for it, and that a red-letter
-- invoice reduces an issued one by at most what is left of it. The lock makes two inserts wait for each other.
CREATE OR REPLACE FUNCTION check_invoice_sums() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sale suborders;
    net  bigint;
BEGIN
    SELECT * INTO sale FROM suborders WHERE id = NEW.suborder_id FOR NO KEY UPDATE;
    SELECT sum(CASE WHEN corrects_id IS NULL THEN amount_fen ELSE -amount_fen END) INTO net
      FROM invoices WHERE suborder_id = NEW.suborder_id;
    IF net > sale.goods_fen + sale.freight_fen - sale.discount_fen
       OR NOT EXISTS (SELECT FROM orders WHERE id = sale.order_id AND paid_at IS NOT NULL)
       OR (NEW.self_grown AND sale.kind <> 'goods')
       OR (NEW.corrects_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM invoices blue
                WHERE id = NEW.corrects_id AND corrects_id IS NULL AND self_grown = NEW.self_grown AND issued_on <= NEW.issued_on
                  AND amount_fen >= (SELECT sum(amount_fen) FROM invoices red WHERE red.corrects_id = blue.id))) THEN
        RAISE EXCEPTION 'the invoices of suborder % do not add up', NEW.suborder_id USING ERRCODE = 'P0141';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_invoice_sums FROM PUBLIC;

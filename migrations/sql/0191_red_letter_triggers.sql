-- Package: procurement.
CREATE TRIGGER procurement_red_letters_reduce AFTER INSERT ON procurement_red_letters
    FOR EACH ROW EXECUTE FUNCTION reduce_invoice();
UPDATE procurements p SET returned_fen = s.refunded_fen
  FROM suborders s
 WHERE s.order_id = p.order_id AND p.paid_at IS NOT NULL AND s.refunded_fen > 0;
SET CONSTRAINTS ALL IMMEDIATE;

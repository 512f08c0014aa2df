-- Package: procurement.
CREATE CONSTRAINT TRIGGER procurements_transfers AFTER INSERT OR UPDATE OF paid_at, accepted_fen ON procurements
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_sum();
CREATE CONSTRAINT TRIGGER bank_receipts_sum_up AFTER INSERT OR UPDATE OF order_id, fen ON bank_receipts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.order_id IS NOT NULL) EXECUTE FUNCTION check_transfer_sum();

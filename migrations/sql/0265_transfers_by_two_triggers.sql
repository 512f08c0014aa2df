-- Package: orders.
CREATE TRIGGER payments_found_by_two AFTER UPDATE OF captured_minor ON payments.payments FOR EACH ROW
    WHEN (new.method = 'bank' AND old.captured_minor = 0 AND new.captured_minor > 0) EXECUTE FUNCTION check_bank_payment();
CREATE CONSTRAINT TRIGGER refunds_found_by_two AFTER UPDATE OF state ON payments.refunds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (new.state = 'succeeded') EXECUTE FUNCTION check_bank_refund();

-- Package: orders.
CREATE TRIGGER transfer_records_audited AFTER INSERT ON transfer_records
    FOR EACH ROW EXECUTE FUNCTION audit_transfer_record();

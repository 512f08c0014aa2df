-- Package: procurement.
CREATE CONSTRAINT TRIGGER procurements_sum_up AFTER INSERT OR UPDATE ON procurements
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_procurement_sums();
CREATE TRIGGER suborders_quota AFTER UPDATE OF refunded_fen ON suborders
    FOR EACH ROW WHEN (new.refunded_fen <> old.refunded_fen) EXECUTE FUNCTION restore_quota();
CREATE TRIGGER quota_entries_kept BEFORE UPDATE OR DELETE ON quota_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_entry_change();

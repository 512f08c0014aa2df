-- After the functions, which know the rows of the tables.
CREATE TRIGGER clawbacks_moves BEFORE INSERT OR UPDATE ON clawbacks FOR EACH ROW EXECUTE FUNCTION check_clawback();
CREATE TRIGGER clawback_items_settled BEFORE INSERT ON clawback_items FOR EACH ROW EXECUTE FUNCTION check_clawback_item();
CREATE TRIGGER clawback_entries_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at ON clawback_entries
    FOR EACH ROW EXECUTE FUNCTION check_clawback_entry();
CREATE TRIGGER clawback_appeals_term BEFORE INSERT ON clawback_appeals FOR EACH ROW EXECUTE FUNCTION check_clawback_appeal();
CREATE CONSTRAINT TRIGGER clawbacks_add_up AFTER INSERT OR UPDATE ON clawbacks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE CONSTRAINT TRIGGER clawback_items_add_up AFTER INSERT ON clawback_items DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE CONSTRAINT TRIGGER clawback_entries_add_up AFTER INSERT OR UPDATE ON clawback_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE TRIGGER clawbacks_append_only BEFORE DELETE ON clawbacks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawbacks_no_truncate BEFORE TRUNCATE ON clawbacks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_items_append_only BEFORE DELETE OR UPDATE ON clawback_items
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_items_no_truncate BEFORE TRUNCATE ON clawback_items
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_entries_append_only
    BEFORE DELETE OR UPDATE OF id, clawback_id, county_code, kind, fen, cycle_id, paid_on, recorded_by, recorded_at
    ON clawback_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_entries_no_truncate BEFORE TRUNCATE ON clawback_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_appeals_append_only BEFORE DELETE OR UPDATE ON clawback_appeals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_appeals_no_truncate BEFORE TRUNCATE ON clawback_appeals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

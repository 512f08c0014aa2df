CREATE TRIGGER supervision_tasks_moves BEFORE INSERT OR UPDATE ON supervision_tasks
    FOR EACH ROW EXECUTE FUNCTION check_supervision_task();
CREATE TRIGGER supervision_tasks_recorded AFTER INSERT OR UPDATE ON supervision_tasks
    FOR EACH ROW EXECUTE FUNCTION record_supervision_move();
CREATE TRIGGER supervision_events_append_only BEFORE DELETE OR UPDATE ON supervision_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER supervision_events_no_truncate BEFORE TRUNCATE ON supervision_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

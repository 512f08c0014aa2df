-- Package: supervision.
-- List the tasks to be done that end within `p_before` days or ended within `p_after` days, and whose officials were not
-- reminded: once before, on each day after. `remind_day` is what the reminder is stored under.
CREATE OR REPLACE FUNCTION list_due_supervision(p_today date, p_before integer, p_after integer, p_most integer)
RETURNS TABLE (id uuid, number bigint, assignee_scope text, due_on date, remind_day date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id, t.number, t.assignee_scope, t.due_on, days.day
      FROM supervision_tasks t
      CROSS JOIN LATERAL (SELECT CASE WHEN t.due_on < p_today THEN p_today ELSE t.due_on - p_before END) AS days (day)
     WHERE t.state IN ('issued', 'returned') AND t.due_on BETWEEN p_today - p_after AND p_today + p_before
       AND NOT EXISTS (SELECT FROM supervision_events e
                        WHERE e.task_id = t.id AND e.kind = 'reminded' AND e.day = days.day)
     ORDER BY t.due_on, t.number
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_supervision FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_supervision TO market_app;

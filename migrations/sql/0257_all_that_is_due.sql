-- Package: casework.
-- Overdue cases are listed behind a case, and tasks of supervision as many as their caller asks for.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS list_overdue_cases(timestamptz, integer);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS list_due_supervision(date, integer, integer);

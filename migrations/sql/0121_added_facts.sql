-- The function that follows also returns leads.
-- squawk-ignore ban-drop-function
DROP FUNCTION list_added_facts(text, text[], timestamptz);

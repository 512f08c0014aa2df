-- The service of the release before calls it at night alone.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS erase_invoice_details(uuid, timestamptz, integer);

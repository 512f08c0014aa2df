-- Package: aftersales.
-- Whether one return is due is asked of the function that lists them all.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS list_due_goods_returns(timestamptz, timestamptz, integer);

-- Package: carriers.
-- Nothing has been written to it, nor read from it, since pushes keep nothing but the number.
-- squawk-ignore ban-drop-column
ALTER TABLE carrier_pushes DROP COLUMN body;

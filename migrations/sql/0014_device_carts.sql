-- The owner of a cart is an account or a device, whose id is the hash of the token in its cookie.
-- A cart may belong to a device, which has no row; carts are deleted with their last line.
-- squawk-ignore ban-drop-constraint
ALTER TABLE cart_lines DROP CONSTRAINT cart_lines_account;
-- squawk-ignore ban-drop-constraint
ALTER TABLE cart_nights DROP CONSTRAINT cart_nights_account;
-- squawk-ignore renaming-column
ALTER TABLE cart_lines RENAME COLUMN account_id TO owner_id;
-- squawk-ignore renaming-column
ALTER TABLE cart_nights RENAME COLUMN account_id TO owner_id;
COMMENT ON COLUMN cart_lines.owner_id IS 'an account, or a device before signing in';
COMMENT ON COLUMN cart_nights.owner_id IS 'an account, or a device before signing in';

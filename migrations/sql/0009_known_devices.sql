-- The device of a session: the hash of a random key that the browser stores, by which a new device is noticed.
ALTER TABLE sessions ADD COLUMN device_key bytea;

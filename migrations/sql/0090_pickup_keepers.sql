-- Another keeper of a pickup point, and the reminder before a parcel's last day there.
ALTER TABLE pickups ADD COLUMN reminded_at timestamptz;
GRANT UPDATE (reminded_at) ON pickups TO market_app;
GRANT UPDATE (keeper_id) ON pickup_points TO market_app;

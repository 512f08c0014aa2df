-- The reasons are encrypted by now: a person may be named in them.
-- squawk-ignore ban-drop-column
ALTER TABLE case_events DROP COLUMN reason;
ALTER TABLE case_events ADD CONSTRAINT case_events_reason
    CHECK (reason_sealed IS NOT NULL OR move NOT IN ('extend', 'ask')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_reason;
-- When a case was extended; why is in its event.
ALTER TABLE cases ADD COLUMN extended_at timestamptz;
UPDATE cases SET extended_at = (SELECT max(at) FROM case_events WHERE case_id = cases.id AND move = 'extend')
 WHERE extension_reason IS NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE cases DROP COLUMN extension_reason;
GRANT UPDATE (extended_at) ON cases TO market_app;

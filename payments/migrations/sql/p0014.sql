-- What nobody reads is not kept. An applied webhook, a consumed event and a call that succeeded are deleted; what they
-- did is in the payment, its refunds and the ledger. Queues are small, so that half of a page is left for the claims,
-- which move no entry of an index.

DELETE FROM {schema}.events WHERE consumed_at IS NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE {schema}.events DROP COLUMN consumed_at;
ALTER TABLE {schema}.events SET (fillfactor = 50);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX events_order ON {schema}.events (order_ref);

DELETE FROM {schema}.inbox WHERE state = 'done' AND error IS NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE {schema}.inbox DROP COLUMN body;
ALTER TABLE {schema}.inbox ADD COLUMN leased_until timestamptz;
ALTER TABLE {schema}.inbox SET (fillfactor = 50);

-- A charge is written as a call when it is started.
DELETE FROM {schema}.operations
 WHERE (state = 'ok' AND kind <> 'cancel') OR (state = 'pending' AND kind = 'create');
-- squawk-ignore ban-drop-column
ALTER TABLE {schema}.operations DROP COLUMN completed_at;
ALTER TABLE {schema}.operations SET (fillfactor = 50);

-- The parts of a payment differ in their names; that their numbers differ too needs no index.
-- squawk-ignore disallowed-unique-constraint, adding-serial-primary-key-field
ALTER TABLE {schema}.parts DROP CONSTRAINT parts_pkey, DROP CONSTRAINT parts_name,
      ADD CONSTRAINT parts_pkey PRIMARY KEY (payment_id, name);

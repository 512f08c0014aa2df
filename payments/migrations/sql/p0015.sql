-- A page keeps room for the next version of a payment. Only cancellations are looked up by their payment.

ALTER TABLE {schema}.payments SET (fillfactor = 70);
DROP INDEX {schema}.operations_payment;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX operations_cancel ON {schema}.operations (payment_id) WHERE kind = 'cancel';

-- A number of the bank is of one refund, as it is of one payment: `refunds_provider_ref`. Of refunds that were booked under
-- one number the first keeps it.

UPDATE {schema}.refunds SET provider_ref = 'bank:' || reason
 WHERE id IN (SELECT DISTINCT ON (refunds.reason) refunds.id
                FROM {schema}.refunds
                JOIN {schema}.transaction_keys ON transaction_keys.key = 'refunded:' || refunds.id || ':' || attempt
                JOIN {schema}.postings USING (transaction_id)
                JOIN {schema}.accounts ON accounts.id = account_id
               WHERE state = 'succeeded' AND code = 'clearing:bank' AND refunds.reason IS NOT NULL
               ORDER BY refunds.reason, refunds.id);

-- The provider takes its fee in the currency of the settlement, which may differ from the line's. Lines from before this
-- revision do not have it.
ALTER TABLE {schema}.statement_lines
    ADD COLUMN fee_currency text CONSTRAINT statement_lines_fee_currency CHECK (fee_currency ~ '^[A-Z]{3}$');

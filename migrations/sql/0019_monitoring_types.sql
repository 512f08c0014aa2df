-- The monitoring types (监测类型) whose households a version of a programme's terms entitles, besides those 原建档立卡.
-- All three by default, as before; a constant default rewrites nothing.
ALTER TABLE programme_terms
    -- squawk-ignore adding-field-with-default
    ADD COLUMN monitoring text[] NOT NULL DEFAULT '{脱贫不稳定户,边缘易致贫户,突发严重困难户}';
ALTER TABLE programme_terms ADD CONSTRAINT programme_terms_monitoring CHECK (
    monitoring <@ ARRAY['脱贫不稳定户', '边缘易致贫户', '突发严重困难户']) NOT VALID;
-- A county has few programmes, so that the check in the same transaction is short.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE programme_terms VALIDATE CONSTRAINT programme_terms_monitoring;

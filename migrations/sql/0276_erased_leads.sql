-- Package: subsidies.
-- People whom a lead names and who never came into the register are erased when the county's period is over.
ALTER TABLE leads ADD COLUMN persons_erased_at timestamptz;
COMMENT ON COLUMN leads.persons_erased_at IS
    'When those of its persons were erased who never came into the register; null: its period is not over.';
ALTER TABLE leads ADD CONSTRAINT leads_erased_when_ended
    CHECK (persons_erased_at IS NULL OR state IN ('decided', 'rejected', 'withdrawn'));
CREATE INDEX leads_to_erase ON leads (reported_at)
 WHERE persons_erased_at IS NULL AND state IN ('decided', 'rejected', 'withdrawn');

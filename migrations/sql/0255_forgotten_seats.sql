-- Package: slots.
-- The slots whose persons are still to be forgotten, by their end: the nightly job reads no others.
ALTER TABLE slots ADD COLUMN forgotten boolean NOT NULL DEFAULT false;
GRANT UPDATE (forgotten) ON slots TO market_app;
CREATE INDEX slots_to_forget ON slots (kind, upper(during), id) WHERE kind <> 'activity' AND NOT forgotten;

-- Package: services.
-- The applications that came to nothing, which are deleted half a year after the posting.
CREATE INDEX job_applications_unhired ON job_applications (posting_id) WHERE state IN ('applied', 'withdrawn');

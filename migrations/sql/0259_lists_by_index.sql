-- Lists and counts of the desk and of farmers are found by an index, whatever the market has besides.
-- Package: casework.
DROP INDEX cases_by_producer;
CREATE INDEX cases_by_producer ON cases (against_producer_id, category, id);
CREATE INDEX cases_open_by_producer ON cases (against_producer_id, category) WHERE state = 'assigned';
-- Package: producers.
CREATE INDEX producers_pending ON producers (id) WHERE state IN ('applied', 'confirmed', 'recommended');
CREATE INDEX certificates_waiting ON certificates (producer_id) WHERE verified_at IS NULL AND rejected_at IS NULL;
-- Package: services.
CREATE INDEX job_postings_to_check ON job_postings (village_code) WHERE state = 'draft';
-- Package: answers.
CREATE INDEX charity_notices_to_check ON charity_notices (village_code) WHERE state = 'draft';
-- Package: procurement.
CREATE INDEX procurements_due ON procurements (organisation_id, due_on) WHERE paid_at IS NULL AND due_on IS NOT NULL;
CREATE INDEX bank_receipts_listed ON bank_receipts
    ((order_id IS NOT NULL OR closed_at IS NOT NULL), recorded_at DESC, id DESC);

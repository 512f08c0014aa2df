-- A few certificates per seller: the new columns are empty, and their keys are checked in milliseconds.
ALTER TABLE certificates
    ADD COLUMN area text[] NOT NULL DEFAULT '{}',
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN submitted_by uuid CONSTRAINT certificates_submitter REFERENCES accounts,
    ADD COLUMN rejected_at timestamptz,
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN rejected_by uuid CONSTRAINT certificates_rejecter REFERENCES accounts,
    ADD COLUMN reject_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT certificates_area CHECK (array_to_string(area, ',') ~ '^([0-9]{2,12}(,|$))*$'),
    ADD CONSTRAINT certificates_rejection_complete CHECK (
        (rejected_at IS NULL) = (rejected_by IS NULL) AND (rejected_at IS NULL) = (reject_reason = '')),
    ADD CONSTRAINT certificates_verified_or_rejected CHECK (verified_at IS NULL OR rejected_at IS NULL);
COMMENT ON COLUMN certificates.area IS
    'of a geographical indication: the divisions of its protected area, each truncated to the digits of its level';
CREATE INDEX certificates_by_end ON certificates (expires_on) WHERE verified_at IS NOT NULL;
GRANT UPDATE (area, rejected_at, rejected_by, reject_reason) ON certificates TO market_app;

-- The stages of notice, in days before the end, that a certificate's seller was told.
CREATE TABLE certificate_notices (
    certificate_id uuid NOT NULL CONSTRAINT certificate_notices_certificate REFERENCES certificates,
    days           smallint NOT NULL CONSTRAINT certificate_notices_days CHECK (days >= 0),
    noticed_at     timestamptz NOT NULL,
    CONSTRAINT certificate_notices_unique PRIMARY KEY (certificate_id, days)
);
GRANT SELECT, INSERT ON certificate_notices TO market_app;

ALTER TABLE listings ADD COLUMN certified_until date NOT NULL DEFAULT 'infinity';
COMMENT ON COLUMN listings.certified_until IS
    'the last day on which a certificate that the category requires is valid; a listing is shown and sold until then';
GRANT UPDATE (certified_until) ON listings TO market_app;

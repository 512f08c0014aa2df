-- `wanted`: an invoice is to be issued with these details; `correcting`: the issued one is to be replaced by one with
-- them. `changed`: a refund, or the end of the account, which the worker has to look at.
CREATE TABLE invoice_requests (
    suborder_id uuid PRIMARY KEY,
    producer_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    title_sealed bytea,
    tax_number_sealed bytea,
    email_sealed bytea,
    wanted boolean NOT NULL DEFAULT true,
    correcting boolean NOT NULL DEFAULT false,
    changes smallint NOT NULL DEFAULT 0,
    changed boolean NOT NULL DEFAULT false,
    touched_at timestamptz NOT NULL,
    -- Requests of orders that are not paid are few, and found by an index; the trigger that marks those that are due
    -- marks these.
    paid boolean NOT NULL DEFAULT false,
    CONSTRAINT invoice_requests_changes CHECK (changes BETWEEN 0 AND 5),
    CONSTRAINT invoice_requests_correcting CHECK (wanted OR (NOT correcting)),
    CONSTRAINT invoice_requests_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT invoice_requests_erased CHECK ((title_sealed IS NOT NULL) OR (NOT (wanted OR correcting
        OR (tax_number_sealed IS NOT NULL) OR (email_sealed IS NOT NULL)))),
    CONSTRAINT invoice_requests_kind CHECK (kind IN ('person', 'unit')),
    CONSTRAINT invoice_requests_tax_number CHECK ((title_sealed IS NULL)
        OR ((kind = 'unit') = (tax_number_sealed IS NOT NULL))),
    CONSTRAINT invoice_requests_of_producer UNIQUE (suborder_id, producer_id),
    CONSTRAINT invoice_requests_buyer FOREIGN KEY (buyer_id) REFERENCES accounts(id),
    CONSTRAINT invoice_requests_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT invoice_requests_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX invoice_requests_by_age ON invoice_requests (touched_at) WHERE (title_sealed IS NOT NULL);
CREATE INDEX invoice_requests_by_buyer ON invoice_requests (buyer_id);
CREATE INDEX invoice_requests_by_producer ON invoice_requests (producer_id);
CREATE INDEX invoice_requests_changed ON invoice_requests (suborder_id) WHERE changed;
CREATE INDEX invoice_requests_unpaid ON invoice_requests (touched_at) WHERE ((title_sealed IS NOT NULL)
    AND (NOT paid));
ALTER TABLE invoice_requests ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (suborder_id, producer_id, buyer_id, county_code, kind, title_sealed, tax_number_sealed,
    email_sealed, touched_at, paid), UPDATE (kind, title_sealed, tax_number_sealed, email_sealed, wanted, correcting,
    changes, changed, touched_at) ON invoice_requests TO market_app;
COMMENT ON COLUMN invoice_requests.paid IS 'Whether the order was paid: its details are kept longer.';

CREATE TABLE invoice_tasks (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'invoice',
    suborder_id uuid NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    CONSTRAINT invoice_tasks_category CHECK (category = 'invoice'),
    CONSTRAINT invoice_tasks_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT invoice_tasks_request FOREIGN KEY (suborder_id) REFERENCES invoice_requests(suborder_id)
);
CREATE INDEX invoice_tasks_by_suborder ON invoice_tasks (suborder_id);
CREATE UNIQUE INDEX invoice_tasks_one_open ON invoice_tasks (suborder_id) WHERE (NOT closed);
ALTER TABLE invoice_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_tasks_visible ON invoice_tasks TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = invoice_tasks.case_id))));
GRANT SELECT, INSERT (case_id, suborder_id), UPDATE (closed) ON invoice_tasks TO market_app;

-- The number of a fully digital invoice begins with the year. A red-letter invoice reduces one issued invoice.
CREATE TABLE invoices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    corrects_id uuid,
    number text NOT NULL,
    issued_on date NOT NULL,
    amount_fen bigint NOT NULL,
    self_grown boolean NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    version smallint NOT NULL DEFAULT 1,
    CONSTRAINT invoices_amount CHECK (amount_fen > 0),
    CONSTRAINT invoices_number CHECK (number ~ '^[0-9]{20}$'),
    CONSTRAINT invoices_number_year CHECK ("left"(number, 2) = "right"((EXTRACT(year FROM issued_on))::text, 2)),
    CONSTRAINT invoices_version CHECK (version BETWEEN 1 AND 4),
    CONSTRAINT invoices_number_once UNIQUE (producer_id, number),
    CONSTRAINT invoices_of_suborder UNIQUE (id, suborder_id),
    CONSTRAINT invoices_corrected FOREIGN KEY (corrects_id, suborder_id) REFERENCES invoices(id, suborder_id),
    CONSTRAINT invoices_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id),
    CONSTRAINT invoices_request FOREIGN KEY (suborder_id, producer_id)
        REFERENCES invoice_requests(suborder_id, producer_id)
);
CREATE INDEX invoices_by_producer ON invoices (producer_id, id DESC);
CREATE INDEX invoices_by_suborder ON invoices (suborder_id);
CREATE TRIGGER invoices_sums AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION check_invoice_sums();
CREATE TRIGGER invoices_versions BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION keep_invoice_version();
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoices_visible ON invoices TO market_app USING ((EXISTS (SELECT FROM invoice_requests r
    WHERE (r.suborder_id = invoices.suborder_id))));
GRANT SELECT, INSERT (suborder_id, producer_id, corrects_id, number, issued_on, amount_fen, self_grown, recorded_by,
    recorded_at), UPDATE (number, recorded_by, recorded_at) ON invoices TO market_app;

-- A mistyped number of a recorded invoice is corrected as a new version: what it was stays, and is shown.
CREATE TABLE invoice_versions (
    invoice_id uuid NOT NULL,
    version smallint NOT NULL,
    number text NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    corrected_at timestamptz NOT NULL,
    CONSTRAINT invoice_versions_number CHECK (version BETWEEN 1 AND 3),
    CONSTRAINT invoice_versions_key PRIMARY KEY (invoice_id, version),
    CONSTRAINT invoice_versions_invoice FOREIGN KEY (invoice_id) REFERENCES invoices(id),
    CONSTRAINT invoice_versions_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
ALTER TABLE invoice_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_versions_visible ON invoice_versions TO market_app USING ((EXISTS (SELECT FROM invoices
    WHERE (invoices.id = invoice_versions.invoice_id))));
GRANT SELECT ON invoice_versions TO market_app;

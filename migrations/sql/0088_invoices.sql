-- 发票: a buyer asks for the invoice of a paid suborder; its seller issues it outside and records it. What has to be done next
-- follows from the sums; each time that something has to be done there is a case, so that it has a deadline and goes up.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('invoice', '[2015-01-01,)', '发票', '{seller,county,platform}', '{working_day,working_day,working_day}', '{5,5,5}', 5,
     '发票管理办法；marketplace.md, Stock and checkout');

-- The wider constraints follow in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE case_events DROP CONSTRAINT case_events_move, DROP CONSTRAINT case_events_account_or_clock;
ALTER TABLE case_events
    ADD CONSTRAINT case_events_move CHECK (move IN ('receive', 'assign', 'extend', 'ask', 'supply', 'escalate', 'answer',
        'close', 'reopen', 'withdraw', 'settle')) NOT VALID,
    ADD CONSTRAINT case_events_account_or_clock CHECK (
        account_id IS NOT NULL OR move IN ('receive', 'assign', 'escalate', 'reopen', 'close', 'settle')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_move;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_account_or_clock;

-- `wanted`: an invoice is to be issued with these details; `correcting`: the issued one is to be replaced by one with them.
-- `changed`: a refund, or the end of the account, which the worker has to look at.
CREATE TABLE invoice_requests (
    suborder_id       uuid PRIMARY KEY CONSTRAINT invoice_requests_suborder REFERENCES suborders,
    producer_id       uuid NOT NULL CONSTRAINT invoice_requests_producer REFERENCES producers,
    buyer_id          uuid NOT NULL CONSTRAINT invoice_requests_buyer REFERENCES accounts,
    county_code       text NOT NULL CONSTRAINT invoice_requests_county CHECK (county_code ~ '^[0-9]{6}$'),
    kind              text NOT NULL CONSTRAINT invoice_requests_kind CHECK (kind IN ('person', 'unit')),
    title_sealed      bytea,
    tax_number_sealed bytea,
    email_sealed      bytea,
    wanted            boolean NOT NULL DEFAULT true,
    correcting        boolean NOT NULL DEFAULT false,
    changes           smallint NOT NULL DEFAULT 0 CONSTRAINT invoice_requests_changes CHECK (changes BETWEEN 0 AND 5),
    changed           boolean NOT NULL DEFAULT false,
    touched_at        timestamptz NOT NULL,
    CONSTRAINT invoice_requests_of_producer UNIQUE (suborder_id, producer_id),
    CONSTRAINT invoice_requests_tax_number CHECK (title_sealed IS NULL OR (kind = 'unit') = (tax_number_sealed IS NOT NULL)),
    CONSTRAINT invoice_requests_erased CHECK (title_sealed IS NOT NULL OR NOT (
        wanted OR correcting OR tax_number_sealed IS NOT NULL OR email_sealed IS NOT NULL)),
    CONSTRAINT invoice_requests_correcting CHECK (wanted OR NOT correcting)
);
CREATE INDEX invoice_requests_by_producer ON invoice_requests (producer_id);
CREATE INDEX invoice_requests_by_buyer ON invoice_requests (buyer_id);
CREATE INDEX invoice_requests_changed ON invoice_requests (suborder_id) WHERE changed;
CREATE INDEX invoice_requests_by_age ON invoice_requests (touched_at) WHERE title_sealed IS NOT NULL;

CREATE TABLE invoice_tasks (
    case_id     uuid PRIMARY KEY,
    category    text NOT NULL DEFAULT 'invoice' CONSTRAINT invoice_tasks_category CHECK (category = 'invoice'),
    suborder_id uuid NOT NULL CONSTRAINT invoice_tasks_request REFERENCES invoice_requests,
    closed      boolean NOT NULL DEFAULT false,
    CONSTRAINT invoice_tasks_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
CREATE UNIQUE INDEX invoice_tasks_one_open ON invoice_tasks (suborder_id) WHERE NOT closed;
CREATE INDEX invoice_tasks_by_suborder ON invoice_tasks (suborder_id);

-- The number of a fully digital invoice begins with the year. A red-letter invoice reduces one issued invoice.
CREATE TABLE invoices (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    corrects_id uuid,
    number      text NOT NULL CONSTRAINT invoices_number CHECK (number ~ '^[0-9]{20}$'),
    issued_on   date NOT NULL,
    amount_fen  bigint NOT NULL CONSTRAINT invoices_amount CHECK (amount_fen > 0),
    self_grown  boolean NOT NULL,
    recorded_by uuid NOT NULL CONSTRAINT invoices_recorder REFERENCES accounts,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT invoices_number_once UNIQUE (producer_id, number),
    CONSTRAINT invoices_of_suborder UNIQUE (id, suborder_id),
    CONSTRAINT invoices_request FOREIGN KEY (suborder_id, producer_id) REFERENCES invoice_requests (suborder_id, producer_id),
    CONSTRAINT invoices_corrected FOREIGN KEY (corrects_id, suborder_id) REFERENCES invoices (id, suborder_id),
    CONSTRAINT invoices_number_year CHECK (left(number, 2) = right(extract(year FROM issued_on)::text, 2))
);
CREATE INDEX invoices_by_suborder ON invoices (suborder_id);
CREATE INDEX invoices_by_producer ON invoices (producer_id, id DESC);
CREATE TRIGGER invoices_sums AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION check_invoice_sums();
CREATE TRIGGER suborders_invoiced AFTER UPDATE OF refunded_fen ON suborders
    FOR EACH ROW WHEN (NEW.refunded_fen <> OLD.refunded_fen) EXECUTE FUNCTION mark_invoice_changed();

ALTER TABLE invoice_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_tasks_visible ON invoice_tasks TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
CREATE POLICY invoice_requests_visible ON invoice_requests TO market_app USING (CASE
    WHEN buyer_id = (SELECT get_visible_person()) THEN true
    WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
    WHEN producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person())) THEN true
    ELSE EXISTS (SELECT FROM invoice_tasks t WHERE t.suborder_id = invoice_requests.suborder_id) END);
CREATE POLICY invoices_visible ON invoices TO market_app
    USING (EXISTS (SELECT FROM invoice_requests r WHERE r.suborder_id = invoices.suborder_id));
GRANT SELECT, INSERT (suborder_id, producer_id, buyer_id, county_code, kind, title_sealed, tax_number_sealed, email_sealed,
    touched_at), UPDATE (kind, title_sealed, tax_number_sealed, email_sealed, wanted, correcting, changes, changed, touched_at)
    ON invoice_requests TO market_app;
GRANT SELECT, INSERT (case_id, suborder_id), UPDATE (closed) ON invoice_tasks TO market_app;
GRANT SELECT, INSERT (suborder_id, producer_id, corrects_id, number, issued_on, amount_fen, self_grown, recorded_by, recorded_at)
    ON invoices TO market_app;

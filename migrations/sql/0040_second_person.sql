-- A refund by a seller above the county's limit waits for a second person, and holds its sum of the line meanwhile.
CREATE TABLE refund_requests (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id   uuid NOT NULL CONSTRAINT refund_requests_suborder REFERENCES suborders,
    line_id       uuid NOT NULL CONSTRAINT refund_requests_line REFERENCES order_lines,
    key           text NOT NULL,
    amount_fen    bigint NOT NULL CONSTRAINT refund_requests_amount CHECK (amount_fen > 0),
    reason        text NOT NULL CONSTRAINT refund_requests_reason CHECK (reason IN ('bad_fruit', 'agreed')),
    note          text NOT NULL DEFAULT '',
    requested_by  uuid NOT NULL CONSTRAINT refund_requests_requester REFERENCES accounts,
    requested_at  timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CONSTRAINT refund_requests_state CHECK (state IN (
        'waiting', 'consented', 'refused', 'lapsed')),
    decided_by    uuid CONSTRAINT refund_requests_decider REFERENCES accounts,
    decided_at    timestamptz,
    decision_note text NOT NULL DEFAULT '',
    lapse_reason  text CONSTRAINT refund_requests_lapse_reason CHECK (lapse_reason IN (
        'cancelled', 'disputed', 'refunded')),
    CONSTRAINT refund_requests_unique UNIQUE (line_id, key),
    CONSTRAINT refund_requests_ended CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CONSTRAINT refund_requests_decided CHECK ((state IN ('consented', 'refused')) = (decided_by IS NOT NULL)),
    CONSTRAINT refund_requests_lapsed CHECK ((state = 'lapsed') = (lapse_reason IS NOT NULL))
);
CREATE INDEX refund_requests_waiting ON refund_requests (suborder_id) WHERE state = 'waiting';
CREATE INDEX refund_requests_by_suborder ON refund_requests (suborder_id, id);
GRANT SELECT, INSERT (suborder_id, line_id, key, amount_fen, reason, note, requested_by, requested_at),
    UPDATE (state, decided_by, decided_at, decision_note, lapse_reason) ON refund_requests TO market_app;

-- Nobody consents to their own request, by whatever account, and a request that has ended does not change.
CREATE FUNCTION check_refund_decision() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the refund request % has ended', OLD.id USING ERRCODE = 'P0107';
    END IF;
    IF NEW.state = 'consented' AND is_same_person(OLD.requested_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the refund request % needs a second person', OLD.id USING ERRCODE = 'P0108';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER refund_requests_decision BEFORE UPDATE ON refund_requests
    FOR EACH ROW EXECUTE FUNCTION check_refund_decision();

-- What a member refunded alone on a day.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX line_refunds_by_account ON line_refunds (requested_by, at);

-- The name without titles, as fold_name does it, which a virtual column cannot call.
-- A virtual column has no stored values: dropping it loses nothing, and adding it rewrites nothing.
-- squawk-ignore ban-drop-column
ALTER TABLE accounts DROP COLUMN person_key;
-- squawk-ignore adding-field-with-default
ALTER TABLE accounts ADD COLUMN person_key bytea GENERATED ALWAYS AS (coalesce(
    identity_index,
    CASE WHEN handle IS NOT NULL THEN decode(md5(regexp_replace(
        lower(regexp_replace(regexp_replace(normalize(name, NFKC), '\([^)]*\)|\[[^]]*\]|【[^】]*】|〔[^〕]*〕', '', 'g'),
                             '\s|·', '', 'g')),
        '^(?:(?:[镇乡村组党团副总正]|小组|村民委员会|委会|两委|支部|支委|党委)*'
        '(?:主任|书记|会计|文书|干部|组长|队长|村长|网格员|代办员|评议员))?(.{2,}?)'
        '(?:(?:[镇乡村组党团副总正]|小组|村民委员会|委会|两委|支部|支委|党委)*'
        '(?:主任|书记|会计|文书|干部|组长|队长|村长|网格员|代办员|评议员))?$', '\1')), 'hex') END,
    uuid_send(id))) VIRTUAL;

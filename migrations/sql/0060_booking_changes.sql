-- New days for a booked stay, as the buyer asks for them or the host offers them.
CREATE TABLE booking_changes (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL CONSTRAINT booking_changes_suborder REFERENCES suborders,
    proposed_by text NOT NULL CONSTRAINT booking_changes_proposed_by CHECK (proposed_by IN ('buyer', 'host')),
    nights      daterange NOT NULL CONSTRAINT booking_changes_nights CHECK (NOT isempty(nights)),
    old_nights  daterange NOT NULL,
    paid_fen    bigint NOT NULL,
    price_fen   bigint NOT NULL CONSTRAINT booking_changes_price CHECK (price_fen BETWEEN 1 AND paid_fen),
    state       text NOT NULL DEFAULT 'proposed' CONSTRAINT booking_changes_state CHECK (
        state IN ('proposed', 'done', 'declined', 'withdrawn', 'lapsed')),
    proposed_at timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CONSTRAINT booking_changes_other_nights CHECK (nights <> old_nights),
    CONSTRAINT booking_changes_ended CHECK ((state = 'proposed') = (ended_at IS NULL))
);
CREATE INDEX booking_changes_by_suborder ON booking_changes (suborder_id);
CREATE UNIQUE INDEX booking_changes_one_open ON booking_changes (suborder_id) WHERE state = 'proposed';
CREATE INDEX booking_changes_due ON booking_changes (expires_at) WHERE state = 'proposed';
GRANT SELECT, INSERT (suborder_id, proposed_by, nights, old_nights, paid_fen, price_fen, proposed_at, expires_at),
    UPDATE (state, ended_at) ON booking_changes TO market_app;

-- squawk-ignore ban-drop-constraint
ALTER TABLE line_refunds DROP CONSTRAINT line_refunds_reason;
ALTER TABLE line_refunds ADD CONSTRAINT line_refunds_reason
    CHECK (reason IN ('cancelled', 'bad_fruit', 'agreed', 'not_shipped', 'goods_return', 'changed')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE line_refunds VALIDATE CONSTRAINT line_refunds_reason;

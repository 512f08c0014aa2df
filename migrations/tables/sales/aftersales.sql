-- 坏果包赔: the buyer claims a share of a line, once, with photos.
CREATE TABLE bad_fruit_claims (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'bad_fruit',
    line_id uuid NOT NULL,
    bad integer NOT NULL,
    total integer NOT NULL,
    amount_fen bigint NOT NULL,
    granted_fen bigint,
    CONSTRAINT bad_fruit_claims_amount CHECK (amount_fen > 0),
    CONSTRAINT bad_fruit_claims_category CHECK (category = 'bad_fruit'),
    CONSTRAINT bad_fruit_claims_granted CHECK (granted_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT bad_fruit_claims_share CHECK ((bad >= 1) AND (bad <= total) AND (total <= 100000)),
    CONSTRAINT bad_fruit_claims_once UNIQUE (line_id),
    CONSTRAINT bad_fruit_claims_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT bad_fruit_claims_line FOREIGN KEY (line_id) REFERENCES order_lines(id)
);
ALTER TABLE bad_fruit_claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY bad_fruit_claims_visible ON bad_fruit_claims TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = bad_fruit_claims.case_id))));
GRANT SELECT, INSERT (case_id, line_id, bad, total, amount_fen),
    UPDATE (granted_fen) ON bad_fruit_claims TO market_app;

CREATE TABLE claim_photos (
    case_id uuid NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT claim_photos_key PRIMARY KEY (case_id, photo_id),
    CONSTRAINT claim_photos_claim FOREIGN KEY (case_id) REFERENCES bad_fruit_claims(case_id),
    CONSTRAINT claim_photos_photo FOREIGN KEY (photo_id) REFERENCES photos(id)
);
CREATE INDEX claim_photos_by_photo ON claim_photos (photo_id);
GRANT SELECT, INSERT ON claim_photos TO market_app;

-- 七天无理由退货: the buyer sends back what is not perishable, and the price of the goods is refunded.
CREATE TABLE goods_returns (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'goods_return',
    suborder_id uuid NOT NULL,
    address_sealed bytea,
    accepted_by uuid,
    accepted_at timestamptz,
    carrier text,
    tracking text,
    sent_at timestamptz,
    arrived_at timestamptz,
    CONSTRAINT goods_returns_accepted CHECK (((accepted_at IS NULL) = (accepted_by IS NULL))
        AND ((accepted_at IS NULL) = (address_sealed IS NULL))),
    CONSTRAINT goods_returns_arrived CHECK ((arrived_at IS NULL) OR (sent_at IS NOT NULL)),
    CONSTRAINT goods_returns_category CHECK (category = 'goods_return'),
    CONSTRAINT goods_returns_sent CHECK (((sent_at IS NULL) = (carrier IS NULL))
        AND ((sent_at IS NULL) = (tracking IS NULL)) AND ((sent_at IS NULL) OR (accepted_at IS NOT NULL))),
    CONSTRAINT goods_returns_accepter FOREIGN KEY (accepted_by) REFERENCES accounts(id),
    CONSTRAINT goods_returns_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT goods_returns_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX goods_returns_by_suborder ON goods_returns (suborder_id);
ALTER TABLE goods_returns ENABLE ROW LEVEL SECURITY;
CREATE POLICY goods_returns_visible ON goods_returns TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = goods_returns.case_id))));
GRANT SELECT, INSERT (case_id, suborder_id), UPDATE (address_sealed, accepted_by, accepted_at, carrier, tracking,
    sent_at, arrived_at) ON goods_returns TO market_app;

-- Ids and sums only: other refunds of a line see what a return reserves of it.
CREATE TABLE goods_return_lines (
    case_id uuid NOT NULL,
    line_id uuid NOT NULL,
    quantity integer NOT NULL,
    amount_fen bigint NOT NULL,
    state text NOT NULL DEFAULT 'open',
    CONSTRAINT goods_return_lines_amount CHECK (amount_fen > 0),
    CONSTRAINT goods_return_lines_quantity CHECK (quantity >= 1),
    CONSTRAINT goods_return_lines_state CHECK (state IN ('open', 'refunded', 'refused', 'withdrawn')),
    CONSTRAINT goods_return_lines_key PRIMARY KEY (case_id, line_id),
    CONSTRAINT goods_return_lines_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT goods_return_lines_return FOREIGN KEY (case_id) REFERENCES goods_returns(case_id)
);
CREATE UNIQUE INDEX goods_return_lines_once ON goods_return_lines (line_id) WHERE (state <> 'withdrawn');
CREATE INDEX goods_return_lines_open ON goods_return_lines (line_id) WHERE (state = 'open');
GRANT SELECT, INSERT (case_id, line_id, quantity, amount_fen), UPDATE (state) ON goods_return_lines TO market_app;

-- The parcels that their seller was reminded of: on the day by which they are sent, and once after it.
CREATE TABLE parcel_reminders (
    suborder_id uuid NOT NULL,
    late boolean NOT NULL,
    reminded_at timestamptz NOT NULL,
    CONSTRAINT parcel_reminders_unique PRIMARY KEY (suborder_id, late),
    CONSTRAINT parcel_reminders_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
GRANT SELECT, INSERT ON parcel_reminders TO market_app;

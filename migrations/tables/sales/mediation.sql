-- Why and by whom the claim or return was refused is copied: the mediator's role does not see that case.
CREATE TABLE mediations (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'mediation',
    source_id uuid NOT NULL,
    source text NOT NULL,
    suborder_id uuid NOT NULL,
    refused_by uuid NOT NULL,
    refused_sealed bytea,
    share_bp integer,
    agreed boolean,
    CONSTRAINT mediations_category CHECK (category = 'mediation'),
    CONSTRAINT mediations_ended CHECK ((share_bp IS NULL) = (agreed IS NULL)),
    CONSTRAINT mediations_share CHECK (share_bp BETWEEN 0 AND 10000),
    CONSTRAINT mediations_source_category CHECK (source IN ('bad_fruit', 'goods_return')),
    CONSTRAINT mediations_once UNIQUE (source_id),
    CONSTRAINT mediations_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT mediations_refuser FOREIGN KEY (refused_by) REFERENCES accounts(id),
    CONSTRAINT mediations_source FOREIGN KEY (source_id) REFERENCES cases(id),
    CONSTRAINT mediations_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX mediations_by_suborder ON mediations (suborder_id);
CREATE CONSTRAINT TRIGGER mediations_agreed AFTER UPDATE ON mediations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((new.agreed IS NOT NULL)) EXECUTE FUNCTION check_mediation();
ALTER TABLE mediations ENABLE ROW LEVEL SECURITY;
CREATE POLICY mediations_visible ON mediations TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = mediations.case_id))));
GRANT SELECT, INSERT (case_id, source_id, source, suborder_id, refused_by, refused_sealed), UPDATE (share_bp,
    agreed) ON mediations TO market_app;

-- Ids and sums only: what a payout keeps back, until `granted_fen` is known.
CREATE TABLE mediation_lines (
    case_id uuid NOT NULL,
    line_id uuid NOT NULL,
    amount_fen bigint NOT NULL,
    granted_fen bigint,
    CONSTRAINT mediation_lines_amount CHECK (amount_fen > 0),
    CONSTRAINT mediation_lines_granted CHECK (granted_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT mediation_lines_key PRIMARY KEY (case_id, line_id),
    CONSTRAINT mediation_lines_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT mediation_lines_mediation FOREIGN KEY (case_id) REFERENCES mediations(case_id)
);
CREATE UNIQUE INDEX mediation_lines_open ON mediation_lines (line_id) WHERE (granted_fen IS NULL);
GRANT SELECT, INSERT (case_id, line_id, amount_fen), UPDATE (granted_fen) ON mediation_lines TO market_app;

-- A mediator of the county proposes a share, and both sides agree to it; otherwise the platform decides. Silence
-- agrees to nothing (民法典 140). The words of a proposal are the reason of its event.
CREATE TABLE mediation_proposals (
    case_id uuid PRIMARY KEY,
    share_bp integer NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    buyer_agreed_at timestamptz,
    seller_agreed_at timestamptz,
    seller_agreed_by uuid,
    CONSTRAINT mediation_proposals_answered CHECK (seller_agreed_at >= proposed_at),
    CONSTRAINT mediation_proposals_buyer CHECK (buyer_agreed_at >= proposed_at),
    CONSTRAINT mediation_proposals_share CHECK (share_bp BETWEEN 0 AND 10000),
    CONSTRAINT mediation_proposals_who CHECK ((seller_agreed_at IS NULL) = (seller_agreed_by IS NULL)),
    CONSTRAINT mediation_proposals_mediation FOREIGN KEY (case_id) REFERENCES mediations(case_id),
    CONSTRAINT mediation_proposals_mediator FOREIGN KEY (proposed_by) REFERENCES accounts(id),
    CONSTRAINT mediation_proposals_seller FOREIGN KEY (seller_agreed_by) REFERENCES accounts(id)
);
ALTER TABLE mediation_proposals ENABLE ROW LEVEL SECURITY;
CREATE POLICY mediation_proposals_visible ON mediation_proposals TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = mediation_proposals.case_id))));
GRANT SELECT, INSERT (case_id, share_bp, proposed_by, proposed_at), UPDATE (buyer_agreed_at, seller_agreed_at,
    seller_agreed_by) ON mediation_proposals TO market_app;

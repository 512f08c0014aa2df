-- A mediator of the county proposes a share, and both sides agree to it; otherwise the platform decides.
-- Silence agrees to nothing (民法典 140). The words of a proposal are the reason of its event.
CREATE TABLE mediation_proposals (
    case_id          uuid PRIMARY KEY CONSTRAINT mediation_proposals_mediation REFERENCES mediations,
    share_bp         integer NOT NULL CONSTRAINT mediation_proposals_share CHECK (share_bp BETWEEN 0 AND 10000),
    proposed_by      uuid NOT NULL CONSTRAINT mediation_proposals_mediator REFERENCES accounts,
    proposed_at      timestamptz NOT NULL,
    buyer_agreed_at  timestamptz,
    seller_agreed_at timestamptz,
    seller_agreed_by uuid CONSTRAINT mediation_proposals_seller REFERENCES accounts,
    CONSTRAINT mediation_proposals_buyer CHECK (buyer_agreed_at >= proposed_at),
    CONSTRAINT mediation_proposals_answered CHECK (seller_agreed_at >= proposed_at),
    CONSTRAINT mediation_proposals_who CHECK ((seller_agreed_at IS NULL) = (seller_agreed_by IS NULL))
);
ALTER TABLE mediation_proposals ENABLE ROW LEVEL SECURITY;
CREATE POLICY mediation_proposals_visible ON mediation_proposals TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
-- What was proposed is never changed: who agreed to it agreed to that.
GRANT SELECT, INSERT (case_id, share_bp, proposed_by, proposed_at), UPDATE (buyer_agreed_at, seller_agreed_at, seller_agreed_by)
    ON mediation_proposals TO market_app;

ALTER TABLE case_events DROP CONSTRAINT case_events_move;
ALTER TABLE case_events ADD CONSTRAINT case_events_move CHECK (move IN (
    'receive', 'assign', 'extend', 'ask', 'supply', 'escalate', 'answer', 'close', 'reopen', 'withdraw', 'settle',
    'propose', 'agree', 'refuse')) NOT VALID;
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_move;

-- A mediation that was withdrawn kept its sum back for ever.
UPDATE mediation_lines SET granted_fen = 0
 WHERE granted_fen IS NULL AND EXISTS (SELECT FROM cases WHERE cases.id = case_id AND state = 'closed');
-- It takes the time and the term of mediations now.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS sum_kept_back(uuid, timestamptz, timestamptz);

CREATE TRIGGER cases_withdrawn_mediation AFTER UPDATE ON cases
    FOR EACH ROW WHEN (NEW.category = 'mediation' AND NEW.outcome = 'withdrawn')
    EXECUTE FUNCTION end_mediation_lines();
CREATE CONSTRAINT TRIGGER mediations_agreed AFTER UPDATE ON mediations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.agreed IS NOT NULL) EXECUTE FUNCTION check_mediation();
CREATE CONSTRAINT TRIGGER cases_closed_mediation AFTER UPDATE ON cases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.category = 'mediation' AND NEW.state = 'closed') EXECUTE FUNCTION check_closed_mediation();

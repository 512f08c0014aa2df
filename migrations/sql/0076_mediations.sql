-- 调解: after a refused claim or return an official of the county mediates; what is disputed is kept back from payouts.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('mediation', '[2015-01-01,)', '调解', '{county,platform}', '{working_day,working_day}', '{10,5}', 5, '电子商务法 60');

-- Why and by whom the claim or return was refused is copied: the mediator's role does not see that case.
CREATE TABLE mediations (
    case_id        uuid PRIMARY KEY,
    category       text NOT NULL DEFAULT 'mediation' CONSTRAINT mediations_category CHECK (category = 'mediation'),
    source_id      uuid NOT NULL CONSTRAINT mediations_source REFERENCES cases,
    source         text NOT NULL CONSTRAINT mediations_source_category CHECK (source IN ('bad_fruit', 'goods_return')),
    suborder_id    uuid NOT NULL CONSTRAINT mediations_suborder REFERENCES suborders,
    refused_by     uuid NOT NULL CONSTRAINT mediations_refuser REFERENCES accounts,
    refused_sealed bytea,
    share_bp       integer CONSTRAINT mediations_share CHECK (share_bp BETWEEN 0 AND 10000),
    agreed         boolean,
    CONSTRAINT mediations_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT mediations_once UNIQUE (source_id),
    CONSTRAINT mediations_ended CHECK ((share_bp IS NULL) = (agreed IS NULL))
);
CREATE INDEX mediations_by_suborder ON mediations (suborder_id);
-- Ids and sums only: what a payout keeps back, until `granted_fen` is known.
CREATE TABLE mediation_lines (
    case_id     uuid NOT NULL CONSTRAINT mediation_lines_mediation REFERENCES mediations,
    line_id     uuid NOT NULL CONSTRAINT mediation_lines_line REFERENCES order_lines,
    amount_fen  bigint NOT NULL CONSTRAINT mediation_lines_amount CHECK (amount_fen > 0),
    granted_fen bigint CONSTRAINT mediation_lines_granted CHECK (granted_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT mediation_lines_key PRIMARY KEY (case_id, line_id)
);
CREATE UNIQUE INDEX mediation_lines_open ON mediation_lines (line_id) WHERE granted_fen IS NULL;
ALTER TABLE mediations ENABLE ROW LEVEL SECURITY;
CREATE POLICY mediations_visible ON mediations TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, source_id, source, suborder_id, refused_by, refused_sealed), UPDATE (share_bp, agreed)
    ON mediations TO market_app;
GRANT SELECT, INSERT (case_id, line_id, amount_fen), UPDATE (granted_fen) ON mediation_lines TO market_app;

-- 称重计价: a pack sold by an estimated weight; the buyer pays at most for `ceiling_bp` of it.
ALTER TABLE variants ADD COLUMN ceiling_bp integer
    CONSTRAINT variants_ceiling CHECK (ceiling_bp BETWEEN 10000 AND 12000);
ALTER TABLE variants ADD CONSTRAINT variants_ceiling_weight CHECK (ceiling_bp IS NULL OR net_g IS NOT NULL) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE variants VALIDATE CONSTRAINT variants_ceiling_weight;

-- A line whose price is settled by its weight: the weight of one item, the most that is charged, and what was weighed.
CREATE TABLE catch_weights (
    line_id    uuid PRIMARY KEY CONSTRAINT catch_weights_line REFERENCES order_lines,
    unit_g     integer NOT NULL CONSTRAINT catch_weights_unit CHECK (unit_g > 0),
    ceiling_g  bigint NOT NULL CONSTRAINT catch_weights_ceiling CHECK (ceiling_g >= unit_g),
    weighed_g  bigint,
    final_fen  bigint,
    weighed_at timestamptz,
    weighed_by uuid CONSTRAINT catch_weights_weigher REFERENCES accounts,
    CONSTRAINT catch_weights_below_ceiling CHECK (weighed_g BETWEEN 1 AND ceiling_g),
    CONSTRAINT catch_weights_final CHECK (final_fen >= 0),
    CONSTRAINT catch_weights_weighed CHECK (
        (weighed_g IS NULL) = (final_fen IS NULL) AND (weighed_g IS NULL) = (weighed_at IS NULL)
        AND (weighed_g IS NULL) = (weighed_by IS NULL))
);
GRANT SELECT, INSERT (line_id, unit_g, ceiling_g), UPDATE (weighed_g, final_fen, weighed_at, weighed_by)
    ON catch_weights TO market_app;

-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE line_refunds DROP CONSTRAINT line_refunds_reason;
ALTER TABLE line_refunds ADD CONSTRAINT line_refunds_reason
    CHECK (reason IN ('cancelled', 'bad_fruit', 'agreed', 'not_shipped', 'goods_return', 'weighed')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE line_refunds VALIDATE CONSTRAINT line_refunds_reason;

-- Package: procurement.
-- 红字发票到期: the seller has five working days from the day on which it is told, is chased before and after it, and is told
-- again if more comes back.
CREATE FUNCTION get_red_letter_due(since date) RETURNS date LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN add_working_days(since, 5);
REVOKE ALL ON FUNCTION get_red_letter_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION get_red_letter_due TO market_app;

ALTER TABLE procurements
    ADD COLUMN told_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN reduce_since date,
    ADD COLUMN chased_on date,
    ADD CONSTRAINT procurements_told CHECK (told_fen BETWEEN 0 AND returned_fen) NOT VALID,
    ADD CONSTRAINT procurements_reduce_since CHECK (reduce_since IS NULL OR returned_fen > reduced_fen) NOT VALID;
ALTER TABLE procurements VALIDATE CONSTRAINT procurements_told;
ALTER TABLE procurements VALIDATE CONSTRAINT procurements_reduce_since;
COMMENT ON COLUMN procurements.told_fen IS 'Of how much that came back the seller was told.';
COMMENT ON COLUMN procurements.reduce_since IS 'Since when a red-letter invoice is due: the day on which the seller was told.';
COMMENT ON COLUMN procurements.chased_on IS 'The last day on which the seller was reminded of it.';
CREATE INDEX procurements_to_reduce ON procurements (order_id) WHERE returned_fen > reduced_fen;
GRANT UPDATE (told_fen, reduce_since, chased_on) ON procurements TO market_app;

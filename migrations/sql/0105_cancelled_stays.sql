-- A host cancels a paid stay: why, and whether its nights were closed. The guest gets everything back.
CREATE TABLE stay_cancellations (
    suborder_id  uuid PRIMARY KEY CONSTRAINT stay_cancellations_suborder REFERENCES suborders,
    reason       text NOT NULL CONSTRAINT stay_cancellations_reason CHECK (reason IN ('weather', 'repair', 'double', 'host')),
    closed       boolean NOT NULL,
    cancelled_by uuid NOT NULL CONSTRAINT stay_cancellations_host REFERENCES accounts,
    cancelled_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON stay_cancellations TO market_app;
CREATE CONSTRAINT TRIGGER stay_cancellations_whole AFTER INSERT ON stay_cancellations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_stay_cancellation();

-- Stays whose first night has come, and those of them that the host did not cancel, count in the score of a producer.
ALTER TABLE producer_figures
    ADD COLUMN stays integer NOT NULL DEFAULT 0 CONSTRAINT producer_figures_stays CHECK (stays >= 0),
    ADD COLUMN kept_stays integer NOT NULL DEFAULT 0 CONSTRAINT producer_figures_kept CHECK (kept_stays BETWEEN 0 AND stays);
GRANT UPDATE (stays, kept_stays) ON producer_figures TO market_app;

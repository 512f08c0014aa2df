-- Which reminders of a month's bill were sent to an operator: five days and one day before it is due, and when it is late.
CREATE TABLE file_reminders (
    county_code text NOT NULL CONSTRAINT file_reminders_county CHECK (county_code ~ '^[0-9]{6}$'),
    operator    text NOT NULL
                CONSTRAINT file_reminders_operator CHECK (operator = ANY (ARRAY['mobile', 'unicom', 'telecom'])),
    month       date NOT NULL CONSTRAINT file_reminders_month CHECK (extract(day FROM month) = 1),
    stage       text NOT NULL CONSTRAINT file_reminders_stage CHECK (stage = ANY (ARRAY['soon', 'tomorrow', 'late'])),
    sent_at     timestamptz NOT NULL,
    CONSTRAINT file_reminders_pkey PRIMARY KEY (county_code, operator, month, stage)
);
ALTER TABLE file_reminders ENABLE ROW LEVEL SECURITY;
-- The CASE is for the planner (see the policies of the other tables of a county).
CREATE POLICY file_reminders_visible_county ON file_reminders TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON file_reminders TO market_app;

-- The amount of a dispute may change while it is open; `changes` counts how often it did.

ALTER TABLE {schema}.disputes
    ADD COLUMN changes integer NOT NULL DEFAULT 0 CONSTRAINT disputes_changes CHECK (changes >= 0);

-- Reviews have photos, are corrected by their buyer within a time, answered, and hidden only for a legal reason.
ALTER TABLE reviews
    ADD COLUMN producer_id uuid,
    ADD COLUMN edited_at   timestamptz,
    ADD COLUMN answered_at timestamptz,
    ADD COLUMN answered_by uuid,
    ADD COLUMN hidden_for  text,
    ADD COLUMN hidden_at   timestamptz;
ALTER TABLE reviews DISABLE TRIGGER reviews_append_only;
UPDATE reviews SET producer_id = listings.producer_id, answered_at = CASE WHEN answer IS NOT NULL THEN at END
  FROM listings WHERE listings.id = listing_id;
ALTER TABLE reviews ENABLE TRIGGER reviews_append_only;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE reviews ALTER COLUMN producer_id SET NOT NULL;
ALTER TABLE reviews ADD CONSTRAINT reviews_producer FOREIGN KEY (producer_id) REFERENCES producers NOT VALID;
ALTER TABLE reviews ADD CONSTRAINT reviews_answerer FOREIGN KEY (answered_by) REFERENCES accounts NOT VALID;
ALTER TABLE reviews ADD CONSTRAINT reviews_edited CHECK (edited_at > at AND edited_at <= at + interval '7 days') NOT VALID;
ALTER TABLE reviews ADD CONSTRAINT reviews_answered CHECK ((answer IS NULL) = (answered_at IS NULL) AND answer <> '') NOT VALID;
ALTER TABLE reviews ADD CONSTRAINT reviews_hidden CHECK (
    hidden_for IN ('personal_data', 'insult', 'forbidden') AND (hidden_for IS NULL) = (hidden_at IS NULL)) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE reviews VALIDATE CONSTRAINT reviews_producer;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE reviews VALIDATE CONSTRAINT reviews_answerer;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE reviews VALIDATE CONSTRAINT reviews_edited;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE reviews VALIDATE CONSTRAINT reviews_answered;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE reviews VALIDATE CONSTRAINT reviews_hidden;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX reviews_by_producer ON reviews (producer_id, id DESC);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX reviews_unanswered ON reviews (producer_id, id) WHERE answer IS NULL;
CREATE TRIGGER reviews_producer BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION set_review_producer();
CREATE TRIGGER reviews_recount AFTER UPDATE OF rating ON reviews
    FOR EACH ROW WHEN (new.rating <> old.rating) EXECUTE FUNCTION recount_review();

CREATE TABLE review_versions (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    review_id   uuid NOT NULL CONSTRAINT review_versions_review REFERENCES reviews,
    rating      smallint NOT NULL,
    text        text NOT NULL,
    answer      text,
    replaced_at timestamptz NOT NULL
);
CREATE INDEX review_versions_by_review ON review_versions (review_id, id);
CREATE TABLE review_photos (
    review_id  uuid NOT NULL CONSTRAINT review_photos_review REFERENCES reviews,
    photo_id   uuid NOT NULL CONSTRAINT review_photos_photo REFERENCES photos,
    removed_at timestamptz,
    CONSTRAINT review_photos_key PRIMARY KEY (review_id, photo_id)
);
CREATE INDEX review_photos_by_photo ON review_photos (photo_id);
GRANT SELECT ON review_versions TO market_app;
GRANT SELECT, INSERT (review_id, photo_id), UPDATE (removed_at) ON review_photos TO market_app;
GRANT UPDATE (rating, text, edited_at, answered_at, answered_by, hidden_for, hidden_at) ON reviews TO market_app;

-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE photos DROP CONSTRAINT photos_purpose;
ALTER TABLE photos ADD CONSTRAINT photos_purpose
    CHECK (purpose IN ('listing', 'certificate', 'parcel', 'claim', 'review')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE photos VALIDATE CONSTRAINT photos_purpose;

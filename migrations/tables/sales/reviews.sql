-- What the public score of a producer is computed from, counted each night.
CREATE TABLE producer_figures (
    producer_id uuid PRIMARY KEY,
    since date NOT NULL,
    counted_on date NOT NULL,
    parcels integer NOT NULL,
    in_time integer NOT NULL,
    reviews integer NOT NULL,
    stars integer NOT NULL,
    answered integer NOT NULL,
    -- Stays whose first night has come, and those of them that the host did not cancel, count in the score of a
    -- producer.
    stays integer NOT NULL DEFAULT 0,
    kept_stays integer NOT NULL DEFAULT 0,
    CONSTRAINT producer_figures_answered CHECK (answered BETWEEN 0 AND reviews),
    CONSTRAINT producer_figures_kept CHECK (kept_stays BETWEEN 0 AND stays),
    CONSTRAINT producer_figures_parcels CHECK (in_time BETWEEN 0 AND parcels),
    CONSTRAINT producer_figures_period CHECK (counted_on > since),
    CONSTRAINT producer_figures_stars CHECK ((stars >= reviews) AND (stars <= (5 * reviews))),
    CONSTRAINT producer_figures_stays CHECK (stays >= 0),
    CONSTRAINT producer_figures_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
GRANT SELECT, INSERT, UPDATE (since, counted_on, parcels, in_time, reviews, stars, answered, stays,
    kept_stays) ON producer_figures TO market_app;

CREATE TABLE reviews (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    account_id uuid NOT NULL,
    rating smallint NOT NULL,
    text text NOT NULL,
    answer text,
    at timestamptz NOT NULL,
    -- Reviews have photos, are corrected by their buyer within a time, answered, and hidden only for a legal reason.
    producer_id uuid NOT NULL,
    edited_at timestamptz,
    answered_at timestamptz,
    answered_by uuid,
    hidden_for text,
    hidden_at timestamptz,
    CONSTRAINT reviews_answer_length CHECK (length(answer) <= 500),
    CONSTRAINT reviews_answered CHECK (((answer IS NULL) = (answered_at IS NULL)) AND (answer <> '')),
    CONSTRAINT reviews_edited CHECK ((edited_at > at) AND (edited_at <= (at + '7 days'::interval))),
    CONSTRAINT reviews_hidden CHECK ((hidden_for IN ('personal_data', 'insult', 'forbidden'))
        AND ((hidden_for IS NULL) = (hidden_at IS NULL))),
    CONSTRAINT reviews_rating CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT reviews_text_length CHECK (length(text) <= 500),
    CONSTRAINT reviews_purchase_unique UNIQUE (suborder_id, listing_id),
    CONSTRAINT reviews_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT reviews_answerer FOREIGN KEY (answered_by) REFERENCES accounts(id),
    CONSTRAINT reviews_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT reviews_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT reviews_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX reviews_by_listing ON reviews (listing_id, id DESC);
CREATE INDEX reviews_by_producer ON reviews (producer_id, id DESC);
CREATE INDEX reviews_unanswered ON reviews (producer_id, id) WHERE (answer IS NULL);
CREATE TRIGGER reviews_append_only BEFORE DELETE OR UPDATE ON reviews FOR EACH ROW
    EXECUTE FUNCTION refuse_review_change();
CREATE TRIGGER reviews_count AFTER INSERT ON reviews REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION count_reviews();
CREATE TRIGGER reviews_hidden_by_decision AFTER INSERT OR UPDATE OF hidden_for ON reviews
    FOR EACH ROW WHEN ((new.hidden_for IS NOT NULL)) EXECUTE FUNCTION check_hidden_review();
CREATE TRIGGER reviews_producer BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION set_review_producer();
CREATE TRIGGER reviews_recount AFTER UPDATE OF rating ON reviews FOR EACH ROW WHEN ((new.rating <> old.rating))
    EXECUTE FUNCTION recount_review();
GRANT SELECT, INSERT, UPDATE (rating, text, answer, edited_at, answered_at, answered_by, hidden_for,
    hidden_at) ON reviews TO market_app;

-- A seller asks once that the text of a review is hidden, for one of the legal reasons; the platform decides.
CREATE TABLE review_appeals (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'review_appeal',
    review_id uuid NOT NULL,
    claimed text NOT NULL,
    CONSTRAINT review_appeals_category CHECK (category = 'review_appeal'),
    CONSTRAINT review_appeals_claimed CHECK (claimed IN ('personal_data', 'insult', 'forbidden')),
    CONSTRAINT review_appeals_once UNIQUE (review_id),
    CONSTRAINT review_appeals_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT review_appeals_review FOREIGN KEY (review_id) REFERENCES reviews(id)
);
ALTER TABLE review_appeals ENABLE ROW LEVEL SECURITY;
CREATE POLICY review_appeals_visible ON review_appeals TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = review_appeals.case_id))));
GRANT SELECT, INSERT (case_id, review_id, claimed) ON review_appeals TO market_app;

CREATE TABLE review_photos (
    review_id uuid NOT NULL,
    photo_id uuid NOT NULL,
    removed_at timestamptz,
    CONSTRAINT review_photos_key PRIMARY KEY (review_id, photo_id),
    CONSTRAINT review_photos_photo FOREIGN KEY (photo_id) REFERENCES photos(id),
    CONSTRAINT review_photos_review FOREIGN KEY (review_id) REFERENCES reviews(id)
);
CREATE INDEX review_photos_by_photo ON review_photos (photo_id);
GRANT SELECT, INSERT (review_id, photo_id), UPDATE (removed_at) ON review_photos TO market_app;

CREATE TABLE review_versions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    review_id uuid NOT NULL,
    rating smallint NOT NULL,
    text text NOT NULL,
    answer text,
    replaced_at timestamptz NOT NULL,
    CONSTRAINT review_versions_review FOREIGN KEY (review_id) REFERENCES reviews(id)
);
CREATE INDEX review_versions_by_review ON review_versions (review_id, id);
GRANT SELECT ON review_versions TO market_app;

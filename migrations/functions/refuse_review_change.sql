-- Package: reviews.
-- Keep a review: it is never deleted, its purchase never changes, its buyer changes it with a new edited_at, and an answer
-- is replaced only if the review was changed after it. Earlier versions stay in review_versions.
CREATE OR REPLACE FUNCTION refuse_review_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'DELETE'
       OR (old.id, old.suborder_id, old.listing_id, old.producer_id, old.account_id, old.at)
          IS DISTINCT FROM (new.id, new.suborder_id, new.listing_id, new.producer_id, new.account_id, new.at)
       OR ((old.rating, old.text) IS DISTINCT FROM (new.rating, new.text)
           AND (new.edited_at IS NOT DISTINCT FROM old.edited_at OR old.hidden_for IS NOT NULL))
       OR (old.answer IS NOT NULL AND new.answer IS DISTINCT FROM old.answer
           AND NOT coalesce(old.edited_at > old.answered_at, false))
       OR (old.hidden_for IS NOT NULL AND new.hidden_for IS DISTINCT FROM old.hidden_for)
    THEN
        RAISE EXCEPTION 'a review is answered once, and never changed otherwise or deleted' USING ERRCODE = 'P0100';
    END IF;
    IF (old.rating, old.text) IS DISTINCT FROM (new.rating, new.text)
       OR (old.answer IS NOT NULL AND new.answer IS DISTINCT FROM old.answer) THEN
        INSERT INTO review_versions (review_id, rating, text, answer, replaced_at)
        VALUES (old.id, old.rating, old.text, old.answer, greatest(new.edited_at, new.answered_at));
    END IF;
    RETURN new;
END
$$;
REVOKE ALL ON FUNCTION refuse_review_change FROM PUBLIC;

-- Package: reviews.
-- Require that a review is hidden by the decision of an appeal that was solved.
CREATE OR REPLACE FUNCTION check_hidden_review() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM review_appeals JOIN cases ON cases.id = case_id
                    WHERE review_id = new.id AND state = 'closed' AND outcome = 'solved') THEN
        RAISE EXCEPTION 'a review is hidden only by a decision of its appeal' USING ERRCODE = 'P0111';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_hidden_review FROM PUBLIC;

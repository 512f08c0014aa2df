-- Package: reviews.
-- Require that a review is hidden by the decision of an appeal, or of a report by somebody else, that was solved.
CREATE OR REPLACE FUNCTION check_hidden_review() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM cases
                    WHERE state = 'closed' AND outcome = 'solved'
                      AND id IN (SELECT case_id FROM review_appeals WHERE review_id = new.id
                                  UNION ALL
                                 SELECT case_id FROM content_reports WHERE review_id = new.id)) THEN
        RAISE EXCEPTION 'a review is hidden only by a decision of its appeal or of a report' USING ERRCODE = 'P0111';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_hidden_review FROM PUBLIC;

-- Package: procurement.
-- Check at commit that the lines of a purchase add up to what was ordered and accepted, that the three people are three, and
-- that none of them who did a step just now is of the seller.
CREATE OR REPLACE FUNCTION check_procurement_sums() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ordered  bigint;
    accepted bigint;
    unfinished boolean;
BEGIN
    SELECT sum(l.price_fen * l.ordered), sum(l.price_fen * l.accepted), bool_or(l.accepted IS NULL)
      INTO ordered, accepted, unfinished
      FROM procurement_lines l WHERE l.order_id = NEW.order_id;
    IF ordered + NEW.freight_fen IS DISTINCT FROM NEW.ordered_fen
       OR (NEW.accepted_at IS NOT NULL AND (unfinished OR accepted + NEW.freight_fen <> NEW.accepted_fen)) THEN
        RAISE EXCEPTION 'the lines of purchase % do not add up', NEW.order_id USING ERRCODE = 'P0241';
    END IF;
    IF NEW.accepted_at IS NOT NULL
       AND (SELECT count(*) FROM procurement_checks c WHERE c.order_id = NEW.order_id) <> 3 THEN
        RAISE EXCEPTION 'purchase % is accepted without its checks', NEW.order_id USING ERRCODE = 'P0242';
    END IF;
    IF is_same_person(NEW.requested_by, NEW.approved_by) OR is_same_person(NEW.requested_by, NEW.accepted_by)
       OR is_same_person(NEW.approved_by, NEW.accepted_by) THEN
        RAISE EXCEPTION 'purchase % is by fewer than three people', NEW.order_id USING ERRCODE = 'P0243';
    END IF;
    IF EXISTS (SELECT FROM unnest(ARRAY[NEW.requested_by, NEW.approved_by, NEW.accepted_by],
                                  CASE WHEN TG_OP = 'UPDATE'
                                       THEN ARRAY[OLD.requested_by, OLD.approved_by, OLD.accepted_by] END)
                            AS step (person, before)
                 JOIN producer_members m ON m.producer_id = NEW.producer_id
                WHERE person IS DISTINCT FROM before AND is_same_person(m.account_id, person)) THEN
        RAISE EXCEPTION 'a step of purchase % is by a person of its seller', NEW.order_id USING ERRCODE = 'P0248';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_procurement_sums FROM PUBLIC;

-- Package: pairing.
-- A statement has every pledge whose term touches the year, and each is the sum of what was counted.
CREATE OR REPLACE FUNCTION check_pairing_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM pairing_statement_lines l WHERE l.pairing_id = NEW.pairing_id AND l.year = NEW.year)
       <> (SELECT count(*) FROM pledges p
            WHERE p.pairing_id = NEW.pairing_id
              AND p.valid_during && daterange(make_date(NEW.year, 1, 1), make_date(NEW.year + 1, 1, 1)))
       OR EXISTS (
            SELECT FROM pairing_statement_lines l
             WHERE l.pairing_id = NEW.pairing_id AND l.year = NEW.year
               AND l.done <> (SELECT coalesce(sum(amount), 0) FROM pairing_statement_items i
                               WHERE i.pairing_id = l.pairing_id AND i.year = l.year AND i.kind = l.kind
                                 AND l.counted @> i.on_day)) THEN
        RAISE EXCEPTION 'the statement of % does not add up', NEW.year USING ERRCODE = 'P0905';
    END IF;
    RETURN NULL;
END
$$;

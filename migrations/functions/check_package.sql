-- Package: packages.
-- Check at commit that the shares of a package are its price to the fen, and that one on sale has two households at least,
-- an answer of everybody who was asked, and for each part somebody who agreed.
CREATE OR REPLACE FUNCTION check_package() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'packages' THEN to_jsonb(NEW) ->> 'id'
                         ELSE to_jsonb(NEW) ->> 'package_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM packages
         WHERE packages.id = checked
           AND (price_fen <> (SELECT coalesce(sum(share_fen), 0) FROM package_parts WHERE package_id = checked)
                OR (nights > 0) <> EXISTS (SELECT FROM package_parts WHERE package_id = checked AND kind = 'stay')
                OR EXISTS (SELECT FROM package_parts p
                            WHERE p.package_id = checked
                              AND NOT EXISTS (SELECT FROM package_suppliers s
                                               WHERE s.package_id = checked AND s.position = p.position))
                OR packages.state = 'live' AND (
                    EXISTS (SELECT FROM package_suppliers WHERE package_id = checked AND package_suppliers.state = 'asked')
                    OR (SELECT count(DISTINCT s.producer_id) FROM package_suppliers s
                         WHERE s.package_id = checked AND s.state = 'agreed') < 2
                    OR EXISTS (SELECT FROM package_parts p
                                WHERE p.package_id = checked
                                  AND NOT EXISTS (SELECT FROM package_suppliers s
                                                   WHERE s.package_id = checked AND s.position = p.position
                                                     AND s.state = 'agreed'))))
    ) THEN
        RAISE EXCEPTION 'package % is not complete', checked USING ERRCODE = 'P0121';
    END IF;
    RETURN NULL;
END
$$;

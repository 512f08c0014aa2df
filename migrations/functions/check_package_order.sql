-- Package: orders.
-- Check at commit that an order of packages has every part as often as it has packages, each at its share, and nothing else.
CREATE OR REPLACE FUNCTION check_package_order() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    checked uuid := NEW.order_id;
    fits    boolean;
BEGIN
    SELECT ordered.price_fen = ordered.count * packages.price_fen
           AND ordered.price_fen = orders.goods_fen
           AND NOT EXISTS (
               SELECT FROM package_parts p
                WHERE p.package_id = ordered.package_id
                  AND ordered.count IS DISTINCT FROM (
                      SELECT sum(l.packages) FROM package_lines l
                       WHERE l.order_id = checked AND l.package_id = p.package_id AND l.position = p.position))
           AND NOT EXISTS (
               SELECT FROM suborders s
                 JOIN order_lines line ON line.suborder_id = s.id
                 LEFT JOIN package_lines l ON l.line_id = line.id AND l.order_id = checked
                      AND l.package_id = ordered.package_id
                 LEFT JOIN package_parts p ON p.package_id = l.package_id AND p.position = l.position
                 LEFT JOIN package_suppliers a ON a.package_id = l.package_id AND a.position = l.position
                      AND a.variant_id = line.variant_id AND a.producer_id = s.producer_id
                WHERE s.order_id = checked
                  AND (a.variant_id IS NULL OR line.amount_fen <> p.share_fen * l.packages
                       OR line.quantity <> p.quantity * l.packages))
      INTO fits
      FROM package_orders ordered
      JOIN packages ON packages.id = ordered.package_id
      JOIN orders ON orders.id = ordered.order_id
     WHERE ordered.order_id = checked;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of the package of order % do not add up', checked USING ERRCODE = 'P0122';
    END IF;
    RETURN NULL;
END
$$;

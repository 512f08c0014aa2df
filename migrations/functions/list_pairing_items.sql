-- Package: pairing.
-- Return what was done for the village of agreed pairings in days of their pledges, from what the market knows: goods that arrived
-- from its producers, ordered by an account of the organisation or as a purchase of the unit; attendance of its courses;
-- accepted projects that it pays for; hires that the worker confirmed. What it buys from a shop of its own members is not
-- counted. `subject` is the family that sold, or the worker; `people` is how many an item is about.
-- As the owner: purchases of units are visible to the unit alone; no name is returned.
CREATE OR REPLACE FUNCTION list_pairing_items(p_pairings uuid[])
RETURNS TABLE (pairing_id uuid, kind text, on_day date, what text, amount bigint, subject uuid, people integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
    WITH asked AS (SELECT * FROM pairings WHERE id = ANY (p_pairings) AND agreed_at IS NOT NULL),
    items AS (
        SELECT x.id AS pairing_id, 'buy' AS kind, (s.received_at AT TIME ZONE 'Asia/Shanghai')::date AS on_day,
               '订单 ' || o.number AS what, (SELECT sum(l.amount_fen - l.refunded_fen) FROM order_lines l
                                             WHERE l.suborder_id = s.id)::bigint AS amount,
               CASE WHEN p.kind NOT IN ('cooperative', 'company', 'village_station') THEN p.id END AS subject,
               (p.kind NOT IN ('cooperative', 'company', 'village_station'))::integer AS people
          FROM asked x
          JOIN producers p ON p.village_code = x.village_code
          JOIN suborders s ON s.producer_id = p.id AND s.kind = 'goods' AND s.state = 'received'
          JOIN orders o ON o.id = s.order_id
         WHERE (EXISTS (SELECT FROM company_accounts a
                         WHERE a.account_id = o.buyer_id AND a.organisation_id = x.organisation_id
                           AND a.valid_during @> (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date)
                OR EXISTS (SELECT FROM procurements q
                            WHERE q.order_id = o.id AND q.organisation_id = x.organisation_id))
           AND NOT EXISTS (SELECT FROM producer_members m JOIN organisation_members n ON n.account_id = m.account_id
                            WHERE m.producer_id = p.id AND n.organisation_id = x.organisation_id)
        UNION ALL
        SELECT x.id, 'teach', (lower(t.during) AT TIME ZONE 'Asia/Shanghai')::date, c.title, r.came, NULL, r.came::integer
          FROM asked x
          JOIN course_sessions c ON c.organisation_id = x.organisation_id
          JOIN slots t ON t.id = c.slot_id AND t.village_code = x.village_code AND t.state <> 'cancelled'
          CROSS JOIN LATERAL (SELECT count(*) AS came FROM slot_reservations v
                               WHERE v.slot_id = t.id AND v.state = 'attended') r
         WHERE r.came > 0
        UNION ALL
        SELECT x.id, 'invest', j.accepted_on, j.name, j.spent_fen, NULL, 0
          FROM asked x
          JOIN coverage_projects j ON j.funded_by = x.organisation_id AND j.village_code = x.village_code
         WHERE j.state = 'accepted'
        UNION ALL
        SELECT x.id, 'hire', b.hired_on, g.title, 1, b.account_id, 1
          FROM asked x
          JOIN job_postings g ON g.organisation_id = x.organisation_id AND g.village_code = x.village_code
          JOIN job_applications b ON b.posting_id = g.id AND b.state = 'confirmed')
    SELECT i.* FROM items i
     WHERE i.amount > 0
       AND EXISTS (SELECT FROM pledges p
                    WHERE p.pairing_id = i.pairing_id AND p.kind = i.kind AND p.valid_during @> i.on_day)
     ORDER BY i.pairing_id, i.kind, i.on_day, i.what, i.subject;
$$;
REVOKE ALL ON FUNCTION list_pairing_items FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_pairing_items TO market_app;

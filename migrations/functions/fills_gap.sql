-- Package: bookings.
-- Whether the nights from p_arrive up to, not including, p_leave are a gap that nothing longer can be sold in: some room is
-- free for them, and each room that is has its nights taken both before (or these begin today) and after.
CREATE OR REPLACE FUNCTION fills_gap(p_listing_id uuid, p_arrive date, p_leave date, p_today date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(bool_and((p_arrive <= p_today OR EXISTS (SELECT FROM taken_nights
                                                                  WHERE room_id = rooms.id AND nights @> p_arrive - 1))
                                 AND EXISTS (SELECT FROM taken_nights
                                              WHERE room_id = rooms.id AND nights @> p_leave)), false)
          FROM rooms
         WHERE listing_id = p_listing_id AND open
           AND NOT EXISTS (SELECT FROM taken_nights
                            WHERE room_id = rooms.id AND nights && daterange(p_arrive, p_leave)));

-- Package: listings.
-- Return the cancellation tiers of a listing as they were at a time; 'infinity' are those of now.
CREATE OR REPLACE FUNCTION get_cancel_tiers(p_listing_id uuid, p_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('holiday', holiday, 'days_before', days_before,
                                                     'refund_bp', refund_bp)), '[]')
          FROM cancel_tiers WHERE listing_id = p_listing_id AND valid_during @> p_at);

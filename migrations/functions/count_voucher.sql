-- Package: coupons.
-- Count a claimed voucher on its coupon, whose check ends the claim when none is left; the service may not write the
-- count itself.
CREATE OR REPLACE FUNCTION count_voucher() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE coupons SET claimed = claimed + 1 WHERE id = NEW.coupon_id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_voucher FROM PUBLIC;

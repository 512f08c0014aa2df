-- Package: organisations.
-- Return whether a unified social credit code has its check character (GB 32100-2015: weights 3^(n-1) mod 31, check =
-- 31 - sum mod 31). The largest product is 30 x 3^16, which fits a bigint.
CREATE OR REPLACE FUNCTION is_credit_code(typed text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp
RETURN CASE WHEN typed ~ '^[0-9A-HJ-NPQRTUWXY]{18}$' THEN (
    SELECT substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + ((31 - sum(
               (strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(typed, n, 1)) - 1) * (3::numeric ^ (n - 1) % 31)) % 31) % 31)::integer, 1)
           = substr(typed, 18, 1)
      FROM generate_series(1, 17) AS n)
    ELSE false END;

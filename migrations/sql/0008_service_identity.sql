-- A service is identified by operator, kind and number together: a broadband account may be written like a phone number,
-- and television often has the account of the broadband. A mobile number is unique among the operators.
ALTER TABLE bindings ALTER COLUMN number_key
    SET EXPRESSION AS (CASE kind WHEN 'mobile' THEN number ELSE operator || ':' || kind || ':' || number END);

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX claims_one_per_number_and_month;
CREATE UNIQUE INDEX claims_one_per_service_and_month ON claims (county_code, operator, kind, number, month)
    WHERE corrects_month IS NULL;

-- Uses stored before have the kind of the service bound to their number, or that of a number without the column.
ALTER TABLE usage_days ADD COLUMN kind text CONSTRAINT usage_days_kind CHECK (kind IN (
    'mobile', 'broadband', 'television'));
UPDATE usage_days u
   SET kind = coalesce((SELECT b.kind FROM bindings b
                         WHERE b.county_code = u.county_code AND b.operator = u.operator AND b.number = u.number
                         ORDER BY b.valid_during @> u.used_on DESC, b.kind <> 'mobile', b.kind LIMIT 1),
                       CASE WHEN u.number ~ '[A-Za-z]' THEN 'broadband' ELSE 'mobile' END);
-- squawk-ignore ban-drop-constraint
ALTER TABLE usage_days DROP CONSTRAINT usage_days_unique;
ALTER TABLE usage_days ADD CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, kind, number, used_on);

-- The code of a claimed service that nobody has bound: operator and number, with the kind where the number alone could
-- be another service's.
CREATE FUNCTION name_unbound_line(operator text, kind text, number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE operator WHEN 'mobile' THEN 'YD-' WHEN 'unicom' THEN 'LT-' ELSE 'DX-' END || number
    || CASE WHEN kind = 'broadband' AND number ~ '^[0-9]+$' THEN '-KD' WHEN kind = 'television' THEN '-DS' ELSE '' END;

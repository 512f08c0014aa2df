-- Package: identity.
-- Return a person's name as people known by name only are compared: without blanks, letter case, what stands in
-- brackets, and a title before or after it. A name has two characters or more, so that 王主任 and 王书记, and 村主任
-- and 村会计, remain different. `accounts.person_key` repeats the rule, because a virtual column cannot call it.
CREATE OR REPLACE FUNCTION fold_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(
    lower(regexp_replace(regexp_replace(normalize(name, NFKC), '\([^)]*\)|\[[^]]*\]|【[^】]*】|〔[^〕]*〕', '', 'g'),
                         '\s|·', '', 'g')),
    '^(?:(?:[镇乡村组党团副总正]|小组|村民委员会|委会|两委|支部|支委|党委)*'
    '(?:主任|书记|会计|文书|干部|组长|队长|村长|网格员|代办员|评议员))?(.{2,}?)'
    '(?:(?:[镇乡村组党团副总正]|小组|村民委员会|委会|两委|支部|支委|党委)*'
    '(?:主任|书记|会计|文书|干部|组长|队长|村长|网格员|代办员|评议员))?$', '\1');

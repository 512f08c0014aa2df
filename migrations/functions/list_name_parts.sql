-- Package: identity.
-- Return the parts of a text that may be a whole name in it: two characters or more, with nothing or two characters or
-- more on either side, so that 张三 is a part of 包村领导张三 and of 张三、李四 and not of 张三丰. A single character beside it
-- counts where nobody takes it for a part of the name: beside three characters or more, as in 王建国印, and one that says
-- how somebody signed or for whom, as in 代张三. What stands in brackets counts. Longer texts than 60 characters have no
-- parts but themselves. A part may be returned twice: to remove it here would take longer than all the rest.
CREATE OR REPLACE FUNCTION list_name_parts(name text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    WITH texts AS MATERIALIZED (
        SELECT fold_official_name(name) AS value
         UNION ALL
        SELECT fold_official_name(plain)
          FROM translate(name, '()[]{}<>（）［］｛｝＜＞【】〔〕〖〗《》〈〉「」『』', '') AS plain WHERE plain <> name)
    SELECT value FROM texts WHERE length(value) NOT BETWEEN 2 AND 60 AND value <> ''
     UNION ALL
    SELECT substr(value, before + 1, size)
      FROM texts
     CROSS JOIN LATERAL generate_series(0, length(value) - 2) AS before
     CROSS JOIN LATERAL generate_series(2, length(value) - before) AS size
     WHERE length(value) <= 60
       AND (before <> 1 OR size > 2 OR value ~ '^[a-z代兼原前现新印章签办村乡镇组队户]')
       AND (length(value) - before - size <> 1 OR size > 2 OR value ~ '[a-z代兼等印章签字记写办审核村乡镇组队户]$');
END;

-- Package: identity.
-- `fold_name` as revisions 0083 to 0133 had it: 0134 computes again what is stored of it.
-- Return a person's name as people known by name only are compared: simplified, in lower case, its letters and digits
-- alone, without what stands in brackets, and without titles before and after it. A name has two characters or more, so that 王主任
-- and 王书记, and 村主任 and 村会计, remain different, and what stands in brackets counts where it is all there is. Who signs
-- for somebody (代), and that they signed (印, 章, 签), is no part of a name of three characters or more. The fillers of
-- Hangul are letters that show nothing. Digits count, because people who choose a name themselves use them: 农户04 and 农户05.
CREATE OR REPLACE FUNCTION fold_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH plain AS MATERIALIZED (
        SELECT lower(simplify_characters(normalize(name, NFKC)) COLLATE pg_c_utf8) AS value),
    outside AS MATERIALIZED (
        SELECT value, regexp_replace(value, '[(\[{<【〔〖《〈「『][^)\]}>】〕〗》〉」』]*([)\]}>】〕〗》〉」』]|$)', '', 'g') AS kept
          FROM plain),
    letters AS MATERIALIZED (
        SELECT regexp_replace(
                   CASE WHEN kept ~ '[[:alpha:]].*[[:alpha:]]' THEN kept ELSE value END,
                   '[^[:alnum:]]|[ㆍꞏᐧ丶丨丿\u115F\u1160]', '', 'g') AS value
          FROM outside),
    untitled AS MATERIALIZED (
        SELECT regexp_replace(value, '^(?:[老小]|' || title || ')+(?=..)', '') AS value, title
          FROM letters
         CROSS JOIN (SELECT '(?:[镇乡村组党团副总正代兼原]|第一|小组|村民|居民|委员会|委会|两委|支部|总支|支委|党委|'
                            '驻村|包村|包片|帮扶|扶贫|乡村振兴|防返贫|监测|工作|妇联|妇女|团委|民兵|治保|农技|卫生)*'
                            '(?:主任|书记|支书|会计|出纳|文书|干部|组长|队长|队员|村长|镇长|乡长|站长|所长|科长|股长|主席|'
                            '社长|校长|经理|委员|代表|助理|专干|专员|干事|老师|教师|医生|大夫|师傅|同志|先生|女士|'
                            '网格员|网格长|代办员|代办人|评议员|评议人|监测员|信息员|联络员|协管员|监督员|管理员|统计员|'
                            '工作队|工作人员|党员)' AS title) AS titles)
    SELECT CASE WHEN value ~ ('^(?:' || title || ')+$') THEN value
                ELSE regexp_replace(
                         regexp_replace(regexp_replace(value, '(?<=..)(?:' || title || ')+代?$', ''), '^代+(?=...)', ''),
                         '(?<=...)[代兼印章签]+$', '') END
      FROM untitled;
END;

-- Package: identity.
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
         CROSS JOIN (SELECT '(?:[省市县区镇乡村组局科处党团副总正代兼原]|第一|[一二三四]级|小组|村民|居民|委员会|委会|两委|支部|总支|'
                            '支委|党委|县委|市委|区委|政府|人大|政协|街道|社区|办公室|办事处|驻村|包村|包片|帮扶|扶贫|乡村振兴|'
                            '防返贫|监测|工作|民政|财政|统计|司法|水利|林业|教育|卫健|人社|农业|农村|残联|妇联|妇女|团委|民兵|'
                            '治保|农技|卫生)*'
                            '(?:主任|书记|支书|会计|出纳|文书|干部|组长|队长|队员|村长|镇长|乡长|县长|区长|市长|'
                            '省长|局长|厅长|处长|部长|院长|站长|所长|科长|股长|科员|办事员|调研员|公务员|主席|秘书长|秘书|常委|'
                            '指导员|民警|辅警|会长|理事长|理事|监事长|监事|董事长|董事|场长|厂长|园长|馆长|负责人|村官|社长|校长|经理|委员|代表|助理|专干|专员|干事|老师|教师|医生|大夫|师傅|同志|先生|女士|'
                            '网格员|网格长|代办员|代办人|评议员|评议人|监测员|信息员|联络员|协管员|监督员|管理员|统计员|'
                            '工作队|工作人员|党员)' AS title) AS titles)
    SELECT CASE WHEN value ~ ('^(?:' || title || ')+$') THEN value
                ELSE regexp_replace(
                         regexp_replace(regexp_replace(value, '(?<=..)(?:' || title || ')+代?$', ''), '^代+(?=...)', ''),
                         '(?<=...)[代兼印章签]+$', '') END
      FROM untitled;
END;

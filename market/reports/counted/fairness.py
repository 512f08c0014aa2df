"""公平: how many of each group the reduction reaches: by sex, age, standing and kind of township."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

# A person counts once, in the household of its last day of the month. The register has no distances: remoteness is
# told by the kind of township (a 镇 has a town, a 乡 has none).
_ROWS = """
    WITH period AS (SELECT daterange(:month::date, (:month::date + interval '1 month')::date) AS days),
    members AS (
        SELECT DISTINCT ON (m.person_id) m.household_code, m.member_number, s.village_code, p.identity_index,
               p.sex, date_part('year', age(upper(days) - 1, p.born_on)) AS years, s.registered, s.monitoring,
               coalesce(t.name, '') AS township
          FROM memberships m
         CROSS JOIN period
          JOIN persons p ON p.id = m.person_id AND p.county_code = :county
          JOIN household_statuses s ON s.county_code = :county AND s.household_code = m.household_code
                                   AND s.valid_during && days AND (s.registered OR s.monitoring <> '')
          LEFT JOIN divisions t ON t.code = ancestor_code(s.village_code, 4)
         WHERE m.county_code = :county AND m.valid_during && days
         ORDER BY m.person_id, m.valid_during DESC, s.valid_during DESC),
    funded AS (
        SELECT e.identity_index, sum(r.conceded_fen + r.public_fen) AS fen
          FROM cycles c
          JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = :county
          JOIN enrolments e ON e.county_code = :county AND e.line_code = r.line_code
         WHERE c.county_code = :county AND c.month = :month::date AND r.conceded_fen + r.public_fen > 0
         GROUP BY e.identity_index)
    SELECT part.name || reached.suffix AS key, m.village_code, m.household_code || '-' || m.member_number AS subject,
           CASE WHEN reached.suffix = '.has' THEN f.fen ELSE 0 END AS fen, '' AS note
      FROM members m
      LEFT JOIN funded f USING (identity_index)
     CROSS JOIN LATERAL (VALUES
           (CASE m.sex WHEN '男' THEN 'men' ELSE 'women' END),
           (CASE WHEN m.years < 16 THEN 'age_0' WHEN m.years < 60 THEN 'age_16' ELSE 'age_60' END),
           (CASE WHEN m.monitoring <> '' THEN 'watched' ELSE 'registered' END),
           (CASE WHEN m.township LIKE '%镇' THEN 'town' WHEN m.township LIKE '%乡' THEN 'rural' ELSE 'other' END)
           ) AS part (name)
     CROSS JOIN LATERAL (VALUES ('.all'), ('.has')) AS reached (suffix)
     WHERE reached.suffix = '.all' OR f.fen > 0
"""
_GROUPS = (
    ("sex", (("men", "男"), ("women", "女"))),
    ("age", (("age_0", "16 岁以下"), ("age_16", "16 到 59 岁"), ("age_60", "60 岁以上"))),
    ("standing", (("registered", "{registered}，没有监测"), ("watched", "{monitored}"))),
    ("township", (("town", "镇的村"), ("rural", "乡的村"), ("other", "街道等的村"))),
)
FAIRNESS = CountedReport(
    name="fairness",
    title="各类人享受得怎么样",
    about="册上的人里，有多少人自己名下的号码当月减到了。偏远看乡和镇：名册没有里程。少于 10 人的不列，免得认出是谁。",
    figures=tuple(
        Figure(
            key=f"{name}{suffix}",
            title=f"{title}，{words}",
            unit="人",
            subject=Subject.PERSON,
            money=suffix == ".has",
            whole=f"{name}.all" if suffix == ".has" else "",
            partition=f"{partition}{suffix}",
        )
        for partition, parts in _GROUPS
        for name, title in parts
        for suffix, words in ((".all", "册上的"), (".has", "减到的"))
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
    hides=True,
)

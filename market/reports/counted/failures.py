"""没到账的: what the operators' return files say that they did not credit as it was settled."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list
from market.subsidies.reconciliation.models import DIFFERENCE_NAMES

_ROWS = """
    SELECT d.kind AS key, r.village_code,
           coalesce(d.line_code, w.line_code, f.operator || ' ' || d.row_number) AS subject,
           abs(coalesce(d.settled_fen, 0) - coalesce(d.credited_fen, 0)) AS fen,
           CASE WHEN d.outcome IS NULL THEN 'open' ELSE 'answered' END AS note
      FROM cycles c
      JOIN return_files f ON f.cycle_id = c.id AND f.county_code = :county
       AND f.revision = (SELECT max(revision) FROM return_files WHERE cycle_id = f.cycle_id AND operator = f.operator)
      JOIN return_differences d ON d.file_id = f.file_id
      LEFT JOIN return_rows w ON w.file_id = d.file_id AND w.row_number = d.row_number
      LEFT JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = :county
                           AND r.line_code = coalesce(d.line_code, w.line_code)
     WHERE c.county_code = :county AND c.month = :month::date
"""
FAILURES = CountedReport(
    name="failures",
    title="没到账的",
    about="运营商回单和结算对不上的，一笔一笔。金额是结算和回单差的钱。",
    figures=tuple(
        Figure(key=kind, title=title, unit="笔", subject=Subject.DIFFERENCE, money=True)
        for kind, title in DIFFERENCE_NAMES.items()
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
)

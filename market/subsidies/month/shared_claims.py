"""The claim of a number that passes to another enrolled line within the month (过户): each has its own days' part."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Fen, Query
from market.subsidies.engine.models import ActiveSpan
from market.subsidies.month.case_queries import CaseLines
from payments.money import split


class SharedNumber(Struct, frozen=True):
    """The enrolled lines that have a number within the month, by code, and their programmes."""

    lines: list[str]
    programmes: list[str]


# A number that passes within the month begins with its next line after the 1st: few do. A line that had another number
# too has claims of several numbers, which cannot be told apart any more; nothing of it is shared.
LIST_SHARED_NUMBERS = Query(
    SharedNumber,
    """
    WITH passed AS (
        SELECT DISTINCT operator, kind, number_id FROM bindings
         WHERE county_code = :county AND lower(valid_during) > :month AND lower(valid_during) < :next)
    SELECT array_agg(DISTINCT b.line_code) AS lines, array_agg(DISTINCT e.programme_code) AS programmes
      FROM passed
      JOIN bindings b USING (operator, kind, number_id)
      JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
                       AND e.entitled_from < :next
     WHERE b.county_code = :county AND b.valid_during && daterange(:month::date, :next::date)
     GROUP BY b.operator, b.kind, b.number_id
    HAVING count(DISTINCT b.line_code) > 1
       AND bool_and((SELECT count(DISTINCT (o.operator, o.kind, o.number_id)) FROM bindings o
                      WHERE o.county_code = :county AND o.line_code = b.line_code
                        AND o.valid_during && daterange(:month::date, :next::date)) = 1)
    """,
)


def share_claims(
    rows: Sequence[CaseLines],
    shared: Sequence[SharedNumber],
    active: Mapping[str, Sequence[ActiveSpan]],
    *,
    whole: frozenset[str] | set[str],
    month: date,
    next_: date,
) -> list[CaseLines]:
    """Return the lines of a month with the claim of each shared number split among its lines by their active days.

    An operator sends one bill for a number. The claim is split by largest remainder, ties to the smaller line
    id, so that the parts sum to it. A line without an active day in the month has no claim. A correction of the
    number's charge is one of its monthly charge, and so of each line's. Where all programmes are among `whole`, which
    reduce whole months (proration `none`), the line that is active on the 1st has the claim, as it alone has the
    reduction.
    """
    sharing = {code for number in shared for code in number.lines}
    if not sharing:
        return list(rows)
    result: list[CaseLines] = []
    own: dict[str, CaseLines] = {}
    for row in rows:
        alone = sharing.intersection(row.codes)
        own |= {code: replace(row, codes=[code]) for code in alone}
        if not alone:
            result.append(row)
        elif len(alone) < len(row.codes):
            result.append(replace(row, codes=[code for code in row.codes if code not in alone]))
    for number in shared:
        lines = [own[code] for code in sorted(number.lines)]
        claims = [line.claimed_fen for line in lines if line.claimed_fen is not None]
        until = min(next_, month + timedelta(days=1)) if whole.issuperset(number.programmes) else next_
        days = [_count_days(active.get(line.codes[0], ()), month, until) for line in lines]
        if not claims or not any(days):
            result += lines
            continue
        correction = Fen(sum(line.correction_fen for line in lines))
        corrected = any(line.corrected for line in lines)
        result += [
            replace(line, claimed_fen=Fen(part) if count else None, correction_fen=correction, corrected=corrected)
            for line, part, count in zip(lines, split(sum(claims), days), days, strict=True)
        ]
    return result


def _count_days(spans: Sequence[ActiveSpan], month: date, next_: date) -> int:
    return sum(max((min(span.until or next_, next_) - max(span.start, month)).days, 0) for span in spans)

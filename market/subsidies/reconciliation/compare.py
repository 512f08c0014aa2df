"""Compare a return file with the settlement file, line by line; pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from market.kernel.text import fold_identifier
from market.subsidies.reconciliation.models import DifferenceKind


class SettledRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of the settlement file: the public sum in fen, negative for some adjustments."""

    line: str
    month: date
    number: str
    fen: int


class ReturnRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of a return file; `returned`: the payment came back, and nothing was credited."""

    row: int
    line: str
    month: date
    number: str
    credited_fen: int
    returned: bool


class ReturnDifference(Struct, frozen=True, kw_only=True, gc=False):
    """A difference between a settled sum, a row of the return file, or both; sums in fen."""

    kind: DifferenceKind
    settled: SettledRow | None = None
    row: ReturnRow | None = None

    @property
    def fen(self) -> int:
        """What was settled and not credited; negative if more was credited."""
        return (self.settled.fen if self.settled else 0) - (self.row.credited_fen if self.row else 0)


type _Key = tuple[str, date]


def compare_return(settled: Sequence[SettledRow], rows: Sequence[ReturnRow]) -> list[ReturnDifference]:
    """Return the differences; what was credited and the differences add up to what was settled.

    A settled row has a line and month of its own. A row of the return file answers the settled row of its line and
    month; of several, one that came back before the others, the rest are credited twice. A row of another month answers
    the first settled row of its line that no other row answers.
    """
    by_key: dict[_Key, SettledRow] = {(each.line, each.month): each for each in settled}
    answers: dict[_Key, ReturnRow] = {}
    later: list[ReturnRow] = []
    found: list[ReturnDifference] = []
    for row in sorted(rows, key=lambda each: (not each.returned, each.row)):
        key = (row.line, row.month)
        if key not in by_key:
            later.append(row)
        elif key in answers:
            found.append(ReturnDifference(kind=DifferenceKind.TWICE, row=row))
        else:
            answers[key] = row
    lines = {each.line for each in settled}
    unanswered: dict[str, list[SettledRow]] = {}
    for key, each in sorted(by_key.items(), reverse=True):
        if key not in answers:
            unanswered.setdefault(each.line, []).append(each)
    for row in later:
        waiting = unanswered.get(row.line)
        if row.line not in lines:
            found.append(ReturnDifference(kind=DifferenceKind.UNKNOWN_LINE, row=row))
        elif not waiting:
            found.append(ReturnDifference(kind=DifferenceKind.WRONG_MONTH, row=row))
        else:
            kind = DifferenceKind.RETURNED if row.returned else DifferenceKind.WRONG_MONTH
            found.append(ReturnDifference(kind=kind, settled=waiting.pop(), row=row))
    found += _compare_answers(by_key, answers)
    found += [
        ReturnDifference(kind=DifferenceKind.MISSING, settled=each)
        for waiting in unanswered.values()
        for each in waiting
    ]
    return sorted(found, key=_get_place)


def _compare_answers(by_key: dict[_Key, SettledRow], answers: dict[_Key, ReturnRow]) -> Iterator[ReturnDifference]:
    for key, row in answers.items():
        settled = by_key[key]
        if row.returned:
            yield ReturnDifference(kind=DifferenceKind.RETURNED, settled=settled, row=row)
        elif fold_identifier(row.number) != fold_identifier(settled.number):
            yield ReturnDifference(kind=DifferenceKind.OTHER_NUMBER, settled=settled, row=row)
        elif row.credited_fen != settled.fen:
            kind = DifferenceKind.LESS if row.credited_fen < settled.fen else DifferenceKind.MORE
            yield ReturnDifference(kind=kind, settled=settled, row=row)


def _get_place(difference: ReturnDifference) -> tuple[str, date, int]:
    settled, row = difference.settled, difference.row
    if settled is not None:
        return settled.line, settled.month, row.row if row else 0
    assert row is not None, "a difference is about a settled sum or a row"
    return row.line, row.month, row.row

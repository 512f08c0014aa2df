"""What a report is: its reader, and for the desk the columns of its CSV file."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from market.kernel import Connection
from market.kernel.seal import Seal
from market.reports.tables import SumTable
from market.subsidies.month.cycles import Cycle, find_cycle, read_month

type RowReader = Callable[[Connection, Seal, Cycle], Awaitable[Sequence[Struct]]]


class CsvFile(Struct, frozen=True, kw_only=True):
    """A CSV file of a month that the desk offers: `name` in the URL, the Chinese `title`, and a row for each Struct."""

    name: str
    title: str
    table: SumTable
    name_row: Callable[[Any], str]
    list_rows: RowReader


class Report(Struct, frozen=True, kw_only=True):
    """A report that `market subsidies report NAME` prints.

    `read` takes the county (six digits) and the month, or the quarter if `by_quarter`, as they were written.
    """

    read: Callable[[Connection, Seal, str, str], Awaitable[object]]
    by_quarter: bool = False
    csv: CsvFile | None = None


def make_month_report(list_rows: RowReader, csv: CsvFile | None = None) -> Report:
    """Return a report of rows of one month; the desk offers it if it has a CSV file."""

    async def read(conn: Connection, seal: Seal, county: str, month: str) -> object:
        cycle = await find_cycle(conn, county, read_month(month))
        return {"month": month, "rows": await list_rows(conn, seal, cycle)}

    return Report(read=read, csv=csv)

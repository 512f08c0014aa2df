"""`market export …`: a month's settlement and approval sheet, a quarter's report, each as an XLSX workbook."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from msgspec import Struct

from market.cli.runtime import run, runtime
from market.kernel import Refusal

app = App(name="export", help="Write papers and settlement files of a county as XLSX.")

type County = Annotated[str, Parameter(name="--county", help="Six digits of the county.")]
type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]
type Out = Annotated[Path, Parameter(name="--out", help="File to write; one that exists is replaced whole.")]
type Json = Annotated[bool, Parameter(name="--json", help="Answer as one JSON value.", negative="")]


class Written(Struct, frozen=True):
    """A file that was written."""

    outcome: str
    file: str
    bytes: int
    sha256: str


class CannotWrite(Refusal):
    """The file cannot be written where it was asked for."""

    code = "cannot_write"
    status = 400
    zh = "写不了文件 {path}：{reason}。"
    en = "Cannot write {path}: {reason}."


def _write(path: Path, content: bytes) -> Written:
    """Write a file whole or not at all.

    Raises:
        CannotWrite: the folder is missing or closed.
    """
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staging.write_bytes(content)
        staging.replace(path)
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or "") from error
    return Written("ok", str(path), len(content), hashlib.sha256(content).hexdigest())


@app.command
def settlement(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write what each operator is paid of a month, with every line and its reasons."""
    from market.reports.desk.lines import last_move, settlement_lines
    from market.reports.desk.view import view_month
    from market.subsidies.cycles import find_cycle, read_county, read_month
    from market.web.desk.papers import settlement_tables
    from market.web.desk.sheets import NotCalculated, settlement_book

    async def work() -> Written:
        code, first = read_county(county), read_month(month)
        async with runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            view = await view_month(conn, code, first, [code])
            if view.settlement is None:
                raise NotCalculated(month=month)
            cycle = await find_cycle(conn, code, first)
            lines = await settlement_lines(conn, cycle, view.settlement.held)
            made = await last_move(conn, cycle)
        tables = settlement_tables(view, lines)
        return _write(out, await asyncio.to_thread(settlement_book, view, tables, made))

    return run(work, as_json=json)


@app.command
def approval(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write the approval sheet (审批表) of a month, to be signed and stamped."""
    from market.identity import NotFound
    from market.reports.desk.lines import last_move
    from market.reports.desk.months import county_name
    from market.reports.desk.view import view_month
    from market.subsidies.cycles import find_cycle, read_county, read_month
    from market.web.desk.papers import approval_paper
    from market.web.desk.sheets import NotCalculated, paper_book

    async def work() -> Written:
        code, first = read_county(county), read_month(month)
        async with runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            view = await view_month(conn, code, first, [code])
            if view.run is None:
                raise NotCalculated(month=month)
            name = await county_name(conn, code)
            made = await last_move(conn, await find_cycle(conn, code, first))
        if name is None:
            raise NotFound
        return _write(out, paper_book(approval_paper(view, name), made))

    return run(work, as_json=json)


@app.command
def quarter(
    *,
    county: County,
    quarter: Annotated[str, Parameter(name="--quarter", help="Quarter, 2019Q1.")],
    out: Out,
    json: Json = False,
) -> int:
    """Write the quarter's report, due on the 20th of the next month."""
    from market.identity import NotFound
    from market.reports.desk.months import county_name
    from market.subsidies.cycles import read_county
    from market.web.desk.sheets import paper_book, quarter_of_county

    async def work() -> Written:
        code = read_county(county)
        async with runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            name = await county_name(conn, code)
            if name is None:
                raise NotFound
            paper = await quarter_of_county(conn, code, name, quarter)
            now = ctx.clock.now()
        return _write(out, paper_book(paper, now))

    return run(work, as_json=json)

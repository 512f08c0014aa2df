"""`market export …`: the papers and files of a month, and the quarter's report."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from msgspec import Struct

from market.kernel import Refusal
from market.service.commands.options import County, Json
from market.service.commands.runtime import open_runtime, run
from market.subsidies.names import Operator

app = App(name="export")

type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]
type Out = Annotated[Path, Parameter(name="--out", help="File to write; an existing file is replaced.")]


class WrittenFile(Struct, frozen=True):
    """A file that was written."""

    outcome: str
    file: str
    bytes: int
    sha256: str


class OutputNotWritable(Refusal):
    """The output file cannot be written."""

    code = "cannot_write"
    status = 400
    zh = "写不了文件 {path}：{reason}。"
    en = "Cannot write {path}: {reason}."


def write_atomically(path: Path, content: bytes) -> WrittenFile:
    """Write a file atomically; only its owner can read it, because most name people.

    Raises:
        OutputNotWritable: the folder is missing or not writable.
    """
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staging.touch(mode=0o600)
        staging.write_bytes(content)
        staging.replace(path)
    except OSError as error:
        raise OutputNotWritable(path=str(path), reason=error.strerror or "") from error
    return WrittenFile("ok", str(path), len(content), hashlib.sha256(content).hexdigest())


def copy_file(source: Path, target: Path) -> int:
    """Copy a file and return the exit code."""

    async def work() -> None:
        write_atomically(target, source.read_bytes())

    return run(work)


@app.command
def settlement(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write the settlement of a month: the payment to each operator, with every line and its reasons; recorded."""
    from market.people.audit.record import record_export
    from market.reports.files.settlement_file import get_last_event_at, list_settlement_lines
    from market.reports.month_view import get_month_view
    from market.service.web.desk.papers.form_pages import MonthNotCalculated, write_settlement_workbook
    from market.service.web.desk.papers.forms import build_settlement_tables
    from market.subsidies.month.cycles import find_cycle, read_county, read_month

    async def work() -> WrittenFile:
        code, first = read_county(county), read_month(month)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            view = await get_month_view(conn, ctx.seal, code, first, [code])
            if view.settlement is None:
                raise MonthNotCalculated(month=month)
            cycle = await find_cycle(conn, code, first)
            lines = await list_settlement_lines(conn, ctx.seal, cycle, view.settlement.held)
            last_event_at = await get_last_event_at(conn, cycle)
            who, detail, now = ctx.get_actor_name(), {"month": month}, ctx.clock.now()
            await record_export(conn, actor=who, name="settlement.xlsx", county=code, detail=detail, now=now)
        tables = build_settlement_tables(view, lines)
        return write_atomically(out, await asyncio.to_thread(write_settlement_workbook, view, tables, last_event_at))

    return run(work, as_json=json)


@app.command
def approval(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write the approval form (审批表) of a month, to be signed and stamped."""
    from market.people.identity.models import NotFound
    from market.reports.files.settlement_file import get_last_event_at
    from market.reports.month import find_county_name
    from market.reports.month_view import get_month_view
    from market.service.web.desk.papers.form_pages import MonthNotCalculated, load_approval_form, write_form_workbook
    from market.subsidies.month.cycles import find_cycle, read_county, read_month

    async def work() -> WrittenFile:
        code, first = read_county(county), read_month(month)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            view = await get_month_view(conn, ctx.seal, code, first, [code])
            if view.run is None:
                raise MonthNotCalculated(month=month)
            name = await find_county_name(conn, code)
            form = None if name is None else await load_approval_form(conn, view, name)
            last_event_at = await get_last_event_at(conn, await find_cycle(conn, code, first))
        if form is None:
            raise NotFound
        return write_atomically(out, write_form_workbook(form, last_event_at))

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
    from market.people.identity.models import NotFound
    from market.reports.month import find_county_name
    from market.service.web.desk.papers.form_pages import load_quarter_form, write_form_workbook
    from market.subsidies.month.cycles import read_county

    async def work() -> WrittenFile:
        code = read_county(county)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            name = await find_county_name(conn, code)
            if name is None:
                raise NotFound
            form = await load_quarter_form(conn, ctx.seal, code, name, quarter)
            now = ctx.clock.now()
        return write_atomically(out, write_form_workbook(form, now))

    return run(work, as_json=json)


@app.command
def payment(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write the request for payment (拨付申请) of a settled month, to be signed and stamped."""
    from market.people.identity.models import NotFound
    from market.reports.files.settlement_file import get_last_event_at
    from market.reports.month import find_county_name
    from market.service.web.desk.papers.form_pages import write_form_workbook
    from market.service.web.desk.papers.payment_pages import load_payment_form
    from market.subsidies.month.cycles import find_cycle, read_county, read_month

    async def work() -> WrittenFile:
        code = read_county(county)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            name = await find_county_name(conn, code)
            if name is None:
                raise NotFound
            form = await load_payment_form(conn, ctx.seal, code, name, month)
            made = await get_last_event_at(conn, await find_cycle(conn, code, read_month(month)))
        return write_atomically(out, write_form_workbook(form, made))

    return run(work, as_json=json)


@app.command
def voucher(*, county: County, month: Month, out: Out, json: Json = False) -> int:
    """Write the voucher (记账凭证) of a settled month as CSV: 日期, 摘要, 科目编码, 科目名称, 借方金额, 贷方金额."""
    from market.service.web.desk.papers.payment_pages import load_voucher
    from market.subsidies.month.cycles import read_county

    async def work() -> WrittenFile:
        code = read_county(county)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            content = await load_voucher(conn, code, month)
        return write_atomically(out, content)

    return run(work, as_json=json)


@app.command
def settlement_file(
    *,
    county: County,
    month: Month,
    operator: Annotated[Operator, Parameter(help="The operator: mobile, unicom or telecom.")],
    out: Out,
    json: Json = False,
) -> int:
    """Write the settlement file that an operator is sent, byte for byte as it was settled; recorded."""
    from market.people.audit.record import record_export
    from market.subsidies.month.cycles import find_cycle, read_county, read_month
    from market.subsidies.reconciliation.settlement_files import read_settlement_file

    async def work() -> WrittenFile:
        code = read_county(county)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            content = await read_settlement_file(
                conn, ctx.seal, await find_cycle(conn, code, read_month(month)), operator
            )
            who, detail, now = ctx.get_actor_name(), {"month": month}, ctx.clock.now()
            await record_export(conn, actor=who, name=f"{operator}.csv", county=code, detail=detail, now=now)
        return write_atomically(out, content)

    return run(work, as_json=json)

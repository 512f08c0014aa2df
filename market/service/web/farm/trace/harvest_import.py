"""采收用表记: plots and harvests from a spreadsheet, tried first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.listings.publish import resolve_own_producer
from market.catalogue.trace.harvest_file import (
    COLUMNS,
    MAX_IMPORTED_HARVESTS,
    ImportedHarvests,
    import_harvests,
    write_harvest_template,
)
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, describe_column
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.service.http import HttpRequest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.farm.sellers import is_seller, list_producer_options
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect, render_page

_MAX_FAULTS_SHOWN = 100
type Note = tuple[str, str]


async def _page(
    request: HttpRequest, db: Database, actor: Actor, producer_id: UUID,
    *, note: Note | None = None, cells: Sequence[CellFault] = (), errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        shops = await list_producer_options(conn, actor)
    context = {
        "shops": shops,
        "producer": str(producer_id),
        "columns": [describe_column(column) for column in COLUMNS],
        "limit": MAX_IMPORTED_HARVESTS,
        "note": note,
        "cells": [(each.row, each.column, each.value, each.message) for each in cells[:_MAX_FAULTS_SHOWN]],
        "hidden": max(0, len(cells) - _MAX_FAULTS_SHOWN),
        "errors": errors,
    }
    return render_page(request, "farm/harvest_import.html", context, actor=actor, status=status)


def _describe_result(done: ImportedHarvests) -> Note:
    """Return the heading and the sentence that say what an import did."""
    if done.repeated:
        return "这份表导入过", "内容一样，什么都没有变。"
    what = f"{done.lots} 批采收，{done.plots} 块新地"
    if done.dry_run:
        return "试过了，没有错", f"{what}，现在还没记。再选一次表，按“都记上”。"
    return "记上了", f"{what}。"


@get("/farm/plots/import", include_in_schema=False)
async def show_harvest_import(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the form that imports a file of harvests."""
    return await _page(request, db, actor, actor.producers[0]) if is_seller(actor) else redirect("/farm/apply")


@post("/farm/plots/import", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_harvest_import(
    request: HttpRequest,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Try a file of harvests, or record all its rows; the page lists every cell that is wrong.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    sent = next((each for each in form.get_files("file") if each.filename), None)
    if sent is None:
        errors = [FieldFault("file", "选一个表格文件，CSV 或 XLSX")]
        return await _page(request, db, actor, producer_id, errors=errors, status=422)
    try:
        async with files.listing_files.take(actor.account_id):
            content = await sent.read()
            async with db.transaction() as conn:
                done = await import_harvests(
                    conn, actor, producer_id, name=sent.filename, content=content,
                    dry_run=form.get_text("do") != "import", now=clock.now(),
                )  # fmt: skip
    except FileMalformed as refusal:
        cells = [each for each in refusal.errors if isinstance(each, CellFault)]
        errors = [FieldFault("file", refusal.text("zh"))]
        return await _page(request, db, actor, producer_id, cells=cells, errors=errors, status=422)
    except FileUnreadable as refusal:
        errors = [FieldFault("file", refusal.text("zh"))]
        return await _page(request, db, actor, producer_id, errors=errors, status=422)
    return await _page(request, db, actor, producer_id, note=_describe_result(done))


@get("/farm/plots/template/{format:str}", include_in_schema=False)
async def download_harvest_template(
    actor: NamedDependency[Actor],
    format: FromPath[FileFormat],  # noqa: A002 - the name in the URL
) -> Response[Any]:
    """Return the columns with an example row."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    return download_file(write_harvest_template(format), f"采收模板.{format}", MEDIA_TYPES[format])


ROUTES = [show_harvest_import, submit_harvest_import, download_harvest_template]

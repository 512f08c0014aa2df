"""一次上架很多样: import products from a spreadsheet, tried first, and take what is on sale in the same columns."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.listings.import_listings import (
    MAX_IMPORTED_ROWS,
    ImportedListings,
    RowPhotos,
    import_listings,
    list_photo_names,
    read_listing_file,
)
from market.catalogue.listings.listing_sheet import COLUMNS, list_listing_rows, make_template_rows, write_listing_file
from market.catalogue.listings.models import ProducerNotOpen, TooManyListings
from market.catalogue.listings.publish import resolve_own_producer
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, describe_column
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.people.storage.photo_archive import decode_archived_photos
from market.people.storage.photos import MAX_PHOTOS_A_DAY, PhotoPurpose, TooManyPhotos, require_photo_quota
from market.people.storage.uploads import store_decoded_photos
from market.service.http import HttpRequest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.farm.sellers import is_seller
from market.service.web.forms import PostedForm, parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services

_MAX_FAULTS_SHOWN = 100
type Note = tuple[str, str]


async def _page(
    request: HttpRequest, conn: Connection, actor: Actor, producer_id: UUID,
    *, note: Note | None = None, cells: Sequence[CellFault] = (), errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    shops = await list_own_producers(conn, actor)
    context = {
        "shops": [(str(shop.id), shop.name) for shop in shops if shop.id in actor.producers],
        "producer": str(producer_id),
        "columns": [describe_column(column) for column in COLUMNS],
        "limit": MAX_IMPORTED_ROWS,
        "upload_mb": get_services(request).settings.upload_mb,
        "max_photos": MAX_PHOTOS_A_DAY,
        "note": note,
        "cells": [(each.row, each.column, each.value, each.message) for each in cells[:_MAX_FAULTS_SHOWN]],
        "hidden": max(0, len(cells) - _MAX_FAULTS_SHOWN),
        "errors": errors,
    }
    return render_page(request, "farm/import.html", context, actor=actor, status=status)


def _describe_result(done: ImportedListings) -> Note:
    """Return the heading and the sentence that say what an import did."""
    if done.repeated:
        return "这份表导入过", "内容一样，什么都没有变。"
    if done.dry_run:
        return "试过了，没有错", f"{done.rows} 样都能上架，现在还没上。再选一次表，按“都上架”。"
    return "上架了", f"{done.rows} 样都上架了，买的人现在就能看见。"


@get("/farm/import", include_in_schema=False)
async def show_import(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the form that imports a file, its template, and the file of what is on sale."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        return await _page(request, conn, actor, actor.producers[0])


@post("/farm/import", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_import(
    request: HttpRequest,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Try a file, or publish all its rows; the page lists every cell that is wrong.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    sent = next((each for each in form.get_files("file") if each.filename), None)
    note: Note | None = None
    cells: list[CellFault] = []
    errors: list[FieldFault] = []
    if sent is None:
        errors = [FieldFault("file", "选一个表格文件，CSV 或 XLSX")]
    else:
        try:
            async with files.listing_files.take(actor.account_id):
                done = await _import(db, files, actor, producer_id, form=form, sent=sent, now=clock.now())
            note = _describe_result(done)
        except FileMalformed as refusal:
            cells = [each for each in refusal.errors if isinstance(each, CellFault)]
            errors = [FieldFault("file", refusal.text("zh"))]
        except (FileUnreadable, ProducerNotOpen, TooManyListings, TooManyPhotos) as refusal:
            errors = [FieldFault("file", refusal.text("zh"))]
    status = 422 if errors else 200
    async with db.connection() as conn:
        return await _page(request, conn, actor, producer_id, note=note, cells=cells, errors=errors, status=status)


async def _import(
    db: Database, files: FileStore, actor: Actor, producer_id: UUID,
    *, form: PostedForm, sent: UploadFile, now: datetime,
) -> ImportedListings:  # fmt: skip
    """Try a file of products, and publish them if the form says so; opens its own transactions."""
    chosen = next((each for each in form.get_files("photos") if each.filename), None)
    archive = None if chosen is None else await chosen.read()
    file = await asyncio.to_thread(read_listing_file, sent.filename, await sent.read(), archive)
    found = await decode_archived_photos(
        files, archive, list_photo_names(file), PhotoPurpose.LISTING, account=actor.account_id
    )
    async with db.transaction() as conn:
        photos = RowPhotos({}, found.faults)
        done = await import_listings(conn, actor, producer_id, file, photos=photos, dry_run=True, now=now)
        if found.decoded and not done.repeated:
            await require_photo_quota(conn, actor.account_id, photos=len(found.decoded), now=now)
    if form.get_text("do") != "import":
        return done
    # Only what can be imported counts among the photos of the day.
    counted = {} if done.repeated else found.decoded
    photos = RowPhotos(await store_decoded_photos(db, files, actor.account_id, counted, now=now))
    async with db.transaction() as conn:
        return await import_listings(conn, actor, producer_id, file, photos=photos, dry_run=False, now=now)


@get("/farm/import/template/{format:str}", include_in_schema=False)
async def download_template(
    actor: NamedDependency[Actor],
    format: FromPath[FileFormat],  # noqa: A002 - the name in the URL
) -> Response[Any]:
    """Return the columns with an example row."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    content = write_listing_file(make_template_rows(), format)
    return download_file(content, f"货品模板.{format}", MEDIA_TYPES[format])


@get("/farm/import/sold/{format:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def download_sold(
    request: HttpRequest,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    format: FromPath[FileFormat],  # noqa: A002 - the name in the URL
) -> Response[Any]:
    """Return what a producer of the person sells.

    Raises:
        NotFound: the person does not work for the producer.
    """
    if not is_seller(actor):
        return redirect("/farm/apply")
    producer_id = parse_uuid(request.query_params.get("of", "")) or actor.producers[0]
    async with db.connection() as conn:
        rows = await list_listing_rows(conn, actor, producer_id)
    return download_file(write_listing_file(rows, format), f"在卖的货品.{format}", MEDIA_TYPES[format])


ROUTES = [show_import, submit_import, download_template, download_sold]

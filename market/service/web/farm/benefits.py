"""谁受益: how what a shop sells is shared among households, by file, and which telephone sees which household."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.publish import resolve_own_producer
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, describe_column
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.service.http import HttpRequest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.farm.sellers import is_seller, load_shop_links
from market.service.web.forms import make_form_key, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, percent_bp, yuan
from market.villages.benefits.models import (
    HOW_NAMES,
    MAX_CODE_LENGTH,
    HouseholdLink,
    HouseholdPhoneInvalid,
    HouseholdUnknown,
    ShopRule,
)
from market.villages.benefits.rules_file import (
    COLUMNS,
    MAX_RULE_ROWS,
    ImportedRules,
    import_benefit_rules,
    write_rules_template,
)
from market.villages.benefits.views import link_household, list_shop_households, list_shop_rules

_MAX_FAULTS_SHOWN = 100
type Note = tuple[str, str]


class LinkForm(Struct, frozen=True):
    """The form that links a household, as typed."""

    code: str = ""
    phone: str = ""


class _Listing(Struct, frozen=True):
    id: UUID
    number: int
    title: str


LIST_TITLES = Query(_Listing, "SELECT id, number, title FROM listings WHERE id = ANY(:ids::uuid[]) ORDER BY number")


def _describe_rule(rule: ShopRule) -> str:
    if rule.wage_per_unit_fen is not None:
        return f"{rule.code}：每份工钱 {yuan(rule.wage_per_unit_fen)} 元"
    return f"{rule.code}：{HOW_NAMES[rule.how]} {percent_bp(rule.share_bp or 0)}"


async def _list_rows(conn: Connection, rules: Sequence[ShopRule]) -> list[tuple[str, list[str]]]:
    """Return the listings with their rules."""
    titles = {each.id: each for each in await LIST_TITLES.all(conn, ids=[each.listing_id for each in rules])}
    rows: list[tuple[str, list[str]]] = []
    for listing_id, found in groupby(rules, key=lambda each: each.listing_id):
        of_listing = list(found)
        listing = titles[listing_id]
        first = day_zh(max(each.first for each in of_listing))
        rows.append((f"{listing.title}，货号 {listing.number}", [*map(_describe_rule, of_listing), f"从{first}起"]))
    return rows


async def _page(
    request: HttpRequest, db: Database, actor: Actor, producer_id: UUID,
    *, note: Note | None = None, cells: Sequence[CellFault] = (), errors: Sequence[FieldFault] = (),
    form: LinkForm | None = None, status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.transaction() as conn:
        shop, others = await load_shop_links(conn, actor, producer_id, "/farm/benefits")
        rules = await _list_rows(conn, await list_shop_rules(conn, actor, producer_id))
        households = await list_shop_households(conn, actor, producer_id)
    if request.query_params.get("said") == "linked" and note is None:
        note = ("登记好了", "这一户用这个手机号登录，在村里的事、我的受益里看得到。")
    context = {
        "shop": shop,
        "others": others,
        "producer": str(producer_id),
        "rules": rules,
        "households": [(each.code, ["能自己看" if each.linked else "还没登记手机号"]) for each in households],
        "columns": [describe_column(column) for column in COLUMNS],
        "limit": MAX_RULE_ROWS,
        "note": note,
        "cells": [(each.row, each.column, each.value, each.message) for each in cells[:_MAX_FAULTS_SHOWN]],
        "hidden": max(0, len(cells) - _MAX_FAULTS_SHOWN),
        "errors": errors,
        "form": form or LinkForm(),
        "key": make_form_key(),
        "most": MAX_CODE_LENGTH,
    }
    return render_page(request, "farm/benefits.html", context, actor=actor, status=status)


@get("/farm/benefits", include_in_schema=False)
async def show_benefits(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show who gains from what the shop sells, and the forms that change it.

    Raises:
        NotFound: the person does not work for the producer of the address.
    """
    if not is_seller(actor):
        return redirect("/farm/apply")
    chosen = parse_uuid(request.query_params.get("of", ""))
    return await _page(request, db, actor, resolve_own_producer(actor, chosen or actor.producers[0]))


def _describe_result(done: ImportedRules) -> Note:
    """Return the heading and the sentence that say what an import did."""
    if done.repeated:
        return "这份表导入过", "内容一样，什么都没有变。"
    what = f"{done.listings} 样货品，{done.rows} 行，{done.households} 个新户"
    if done.dry_run:
        return "试过了，没有错", f"{what}，现在还没改。再选一次表，按“没错，照这个分”。"
    return "照这个分了", f"{what}。今天起买家收到的按新的分，以前的不变。"


@post("/farm/benefits", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_benefit_rules(
    request: HttpRequest,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Try a file of rules, or import it; the page lists every cell that is wrong.

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
            dry_run = form.get_text("do") != "import"
            done = await _import(db, actor, producer_id, sent, dry_run=dry_run, clock=clock)
    except FileMalformed as refusal:
        cells = [each for each in refusal.errors if isinstance(each, CellFault)]
        errors = [FieldFault("file", refusal.text("zh"))]
        return await _page(request, db, actor, producer_id, cells=cells, errors=errors, status=422)
    except FileUnreadable as refusal:
        errors = [FieldFault("file", refusal.text("zh"))]
        return await _page(request, db, actor, producer_id, errors=errors, status=422)
    return await _page(request, db, actor, producer_id, note=_describe_result(done))


async def _import(
    db: Database, actor: Actor, producer_id: UUID, sent: UploadFile, *, dry_run: bool, clock: Clock
) -> ImportedRules:
    content = await sent.read()
    async with db.transaction() as conn:
        return await import_benefit_rules(
            conn, actor, producer_id, name=sent.filename, content=content, dry_run=dry_run, now=clock.now()
        )


@post("/farm/benefits/households", include_in_schema=False)
async def submit_household_link(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Let the account of a telephone see what a household gains.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    typed = form.fill(LinkForm)
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    link = HouseholdLink(code=typed.code[: 2 * MAX_CODE_LENGTH], phone=typed.phone[:30])

    async def work(conn: Connection) -> str:
        await link_household(conn, seal, actor, producer_id, link)
        return f"/farm/benefits?of={producer_id}&said=linked"

    try:
        return await submit_once(request, actor, form, work)
    except (HouseholdUnknown, HouseholdPhoneInvalid) as refusal:
        return await _page(request, db, actor, producer_id, form=typed, errors=refusal.errors, status=refusal.status)


@get("/farm/benefits/template/{format:str}", include_in_schema=False)
async def download_rules_template(
    actor: NamedDependency[Actor],
    format: FromPath[FileFormat],  # noqa: A002 - the name in the URL
) -> Response[Any]:
    """Return the columns with an example row."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    return download_file(write_rules_template(format), f"受益模板.{format}", MEDIA_TYPES[format])


ROUTES = [show_benefits, submit_benefit_rules, submit_household_link, download_rules_template]

"""做一个新套餐: what each household supplies, what it gets, and the price of all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.models import ListingKind, ProducerNotOpen
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.packages.compose import OfferedVariant, compose_package, list_near_variants
from market.sales.packages.models import MAX_PARTS, MAX_PERSONS, InvalidPackage, NewPackage, NewPart, TooManyPackages
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller
from market.service.web.forms import PostedForm, make_form_key, parse_integer, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import yuan

FORM_PARTS = 4
"""How many parts the form has at first; a button adds two more at a time, without losing what was typed."""
_MORE_PARTS = 2
_POOL = 3
_SEASON_DAYS = 90
_KINDS = {ListingKind.STAY: "住的", ListingKind.ACTIVITY: "玩的", ListingKind.PRODUCT: "东西"}
_PER = {ListingKind.STAY: "一间一晚", ListingKind.ACTIVITY: "一位"}


class PackageForm(Struct, frozen=True):
    """The form as it was typed; its parts are read by number."""

    title: str = ""
    story: str = ""
    persons: str = "2"
    nights: str = "1"
    price: str = ""
    start: str = ""
    end: str = ""
    holidays: str = ""


class PartForm(Struct, frozen=True):
    """The fields of one part as they were typed: up to three listings that stand in for each other."""

    number: int
    listings: list[str]
    quantity: str
    share: str


def _read_parts(form: PostedForm | None) -> list[PartForm]:
    def get_text(name: str) -> str:
        return form.get_text(name) if form is not None else ""

    return [
        PartForm(
            number,
            [get_text(f"p{number}{letter}") for letter in "abc"[:_POOL]],
            get_text(f"q{number}") or "1",
            get_text(f"s{number}"),
        )
        for number in range(1, _count_parts(form) + 1)
    ]


def _count_parts(form: PostedForm | None) -> int:
    """Return how many parts the form has, with those that are asked for now."""
    if form is None:
        return FORM_PARTS
    count = parse_integer(form.get_text("parts"), maximum=MAX_PARTS) or FORM_PARTS
    return min(count + (_MORE_PARTS if form.get_text("do") == "more" else 0), MAX_PARTS)


def _group_choices(variants: Sequence[OfferedVariant]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[ListingKind, list[tuple[str, str]]] = {}
    for each in variants:
        per = _PER.get(each.kind, each.unit)
        words = f"{each.producer}：{each.title}，{yuan(each.price_fen).removesuffix('.00')} 元{per}"
        groups.setdefault(each.kind, []).append((str(each.variant_id), words))
    return [("", [("", "不选")]), *((_KINDS[kind], options) for kind, options in groups.items())]


async def _page(
    request: HttpRequest, conn: Connection, actor: Actor, producer_id: UUID, values: PackageForm, *,
    now: datetime, parts: Sequence[PartForm], errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    variants = await list_near_variants(conn, actor, producer_id, now=now)
    context = {
        "groups": _group_choices(variants), "values": values, "parts": parts, "errors": errors,
        "key": make_form_key(), "max_persons": MAX_PERSONS, "max_parts": MAX_PARTS,
    }  # fmt: skip
    return render_page(request, "farm/compose_package.html", context, actor=actor, status=status)


@get("/farm/packages/new", include_in_schema=False)
async def show_new_package(
    request: HttpRequest, *, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the form of a new package, with what the households of the village and the county sell."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    today = clock.today()
    values = PackageForm(start=str(today), end=str(today + timedelta(days=_SEASON_DAYS)))
    async with db.connection() as conn:
        [producer, *_] = await list_own_producers(conn, actor)
        return await _page(request, conn, actor, producer.id, values, now=clock.now(), parts=_read_parts(None))


def _read_package(form: PostedForm, parts: Sequence[PartForm]) -> tuple[NewPackage | None, list[int]]:
    """Return the package that a form describes, and the numbers of its parts; None with faults in the form."""
    used = [part for part in parts if any(part.listings)]
    start = form.read_day("start", fault="头一天没写对")
    end = form.read_day("end", fault="最后一天没写对")
    new_parts: list[NewPart] = []
    for part in used:
        ids = [found for each in part.listings if (found := parse_uuid(each)) is not None]
        fault = f"第 {part.number} 样要几个没写对"
        quantity = 1
        if form.get_text(f"q{part.number}"):
            quantity = form.read_integer(f"q{part.number}", fault=fault, minimum=1, maximum=9999)
        share = form.read_optional_yuan(f"s{part.number}", fault=f"第 {part.number} 样分多少没写对")
        new_parts.append(NewPart(variant_ids=ids or [UUID(int=0)], quantity=quantity, share_fen=share))
    persons = form.read_integer("persons", fault="几个人没写对", maximum=9999)
    nights = form.read_integer("nights", fault="住几晚没写对，不住写 0", maximum=9999) if form.get_text("nights") else 0
    price = form.read_yuan("price", fault="价格没写对，比如 588", missing="写一套卖多少钱")
    if form.faults or start is None or end is None:
        return None, []
    new = NewPackage(
        title=form.get_text("title"), story=form.get_text("story"), persons=persons, nights=nights,
        price_fen=Fen(price), starts_on=start, ends_on=end, on_holidays=form.get_text("holidays") == "1",
        parts=new_parts,
    )  # fmt: skip
    return new, [part.number for part in used]


_FIELDS = {"price_fen": "price", "starts_on": "start", "ends_on": "end", "parts": "p1a"}
_PART_FIELDS = {"quantity": "q", "share_fen": "s", "variant_ids": "p"}


def _name_fields(faults: Sequence[FieldFault], numbers: Sequence[int]) -> list[FieldFault]:
    """Return faults of a package at the fields of the form."""
    named: list[FieldFault] = []
    for fault in faults:
        part, _, rest = fault.field.removeprefix("parts[").partition("].")
        if rest and part.isdecimal():
            letter = _PART_FIELDS[rest]
            name = f"{letter}{numbers[int(part)]}{'a' if letter == 'p' else ''}"
            named.append(FieldFault(name, f"第 {numbers[int(part)]} 样：{fault.message}"))
        else:
            named.append(structs.replace(fault, field=_FIELDS.get(fault.field, fault.field)))
    return named


@post("/farm/packages/new", include_in_schema=False)
async def submit_new_package(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Compose a package and ask the households, once however often the form is sent; or show the form with more parts.

    Raises:
        NotFound: the actor sells for nobody.
    """
    form = await read_form(request)
    if not actor.producers:
        raise NotFound
    async with db.connection() as conn:
        [producer, *_] = await list_own_producers(conn, actor)
    parts = _read_parts(form)
    if form.get_text("do") == "more":
        async with db.connection() as conn:
            return await _page(
                request, conn, actor, producer.id, form.fill(PackageForm), now=clock.now(), parts=parts
            )  # fmt: skip
    new, numbers = _read_package(form, parts)
    errors, status = form.faults, 422
    if new is not None:

        async def compose(conn: Connection) -> str:
            await compose_package(conn, seal, actor, new, producer_id=producer.id, now=clock.now())
            return "/farm/packages?said=asked"

        try:
            return await submit_once(request, actor, form, compose)
        except (InvalidPackage, ForbiddenWord, TooManyPackages, ProducerNotOpen) as refusal:
            status = refusal.status
            errors = _name_fields(refusal.errors, numbers) or [FieldFault("title", refusal.text("zh"))]
    async with db.connection() as conn:
        return await _page(
            request, conn, actor, producer.id, form.fill(PackageForm), now=clock.now(), parts=parts, errors=errors,
            status=status,
        )  # fmt: skip


ROUTES = [show_new_package, submit_new_package]

"""我要开店: apply as a seller, and see the state of the application."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.models import (
    ADMISSION_STEP_NAMES,
    PRODUCER_KIND_NAMES,
    PRODUCER_STATE_NAMES,
    AdmissionStep,
    AlreadyApplied,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    Producer,
    ProducerApplication,
    ProducerKind,
    ProducerRow,
    ProducerState,
)
from market.catalogue.producers.queries import get_producer, list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import CODE_DIGITS, COUNTY, VILLAGE, get_county_code, truncate_code
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.people.identity.sign_in import DEFAULT_NAME
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.places.divisions.queries import get_division_path, list_children
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FIELD_NAMES
from market.service.web.farm.selling.certificates import CERTIFICATE_OPTIONS, read_certificate_kind
from market.service.web.forms import make_form_key, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.regions import list_listed_counties
from market.service.web.ui.format import day_zh
from market.service.web.village.areas import AGRONOMIST_DOOR
from market.villages.services.agronomists import find_agronomist_county

_QUESTIONS = {1: "您的家在哪个县？", 2: "您的家在哪个县？", 3: "哪个乡镇？", 4: "哪个村？"}
_PENDING_STATES = {ProducerState.APPLIED, ProducerState.CONFIRMED, ProducerState.RECOMMENDED}
_PENDING_STEPS = (AdmissionStep.CONFIRM, AdmissionStep.RECOMMEND, AdmissionStep.APPROVE)
_NEXT_WORDS = {
    ProducerState.APPLIED: "村里核实一般要几天。办到哪一步，都发短信告诉您。",
    ProducerState.CONFIRMED: "县里推荐、审核一般要几天。办到哪一步，都发短信告诉您。",
    ProducerState.RECOMMENDED: "就差最后一步审核了。",
    ProducerState.OPEN: "开好了，可以卖东西了。",
    ProducerState.REFUSED: "照着说的改好，可以再申请一次。不明白就打下面的电话问。",
    ProducerState.SUSPENDED: "已有的订单照常发货。为什么停，打下面的电话问。",
}


class ChosenVillage(Struct, frozen=True):
    """The village that was chosen."""

    code: str


class ApplicationForm(Struct, frozen=True):
    """The application form as it was typed."""

    name: str = ""
    kind: str = ProducerKind.HOUSEHOLD
    produce: str = ""
    applicant: str = ""
    paper: str = CertificateKind.IDENTITY


async def _list_choices(conn: Connection, at: str) -> tuple[int, list[tuple[str, list[tuple[str, str]]]]]:
    """Return the level of the chosen division and its children, in groups: (heading, [(path, name)])."""
    if not at:
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in await list_listed_counties(conn):
            groups.setdefault(each.prefecture, []).append((f"/farm/apply?at={get_county_code(each.code)}", each.name))
        return 2, list(groups.items())
    level = (await get_division_path(conn, at))[-1].level
    below = await list_children(conn, at)
    return level, [("", [(f"/farm/apply?at={truncate_code(each.code, each.level)}", each.name) for each in below])]


async def _list_trail(conn: Connection, at: str) -> list[tuple[str, str]]:
    """Return the path to the chosen division; each step links back to its own choice."""
    path = await get_division_path(conn, at)
    steps = [
        (each.name, f"/farm/apply?at={truncate_code(each.code, each.level)}") for each in path if each.level >= COUNTY
    ]
    return [("重选", "/farm/apply?new=1"), *steps]


async def _apply_page(
    request: HttpRequest, conn: Connection, actor: Actor, at: str, values: ApplicationForm,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    level, groups = await _list_choices(conn, at)
    context = {
        "question": _QUESTIONS.get(level, ""),
        "trail": await _list_trail(conn, at) if at else [],
        "groups": groups,
        "village": ChosenVillage(at) if level == VILLAGE else None,
        "certificate_kinds": CERTIFICATE_OPTIONS,
        "kinds": [
            (str(kind), words) for kind, words in PRODUCER_KIND_NAMES.items() if kind is not ProducerKind.COMPANY
        ],
        "values": values,
        "errors": errors,
        "key": key,
    }
    return render_page(request, "farm/apply.html", context, actor=actor, status=status)


@get("/farm/apply", include_in_schema=False)
async def show_application(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Ask for the village step by step, then for the rest; show an applicant the state of the application.

    Raises:
        DivisionNotFound: the chosen division does not exist.
    """
    at = str(request.query_params.get("at", ""))[:CODE_DIGITS]
    async with db.connection() as conn:
        own = await list_own_producers(conn, actor)
        if own and not at and "new" not in request.query_params:
            return _state_page(request, actor, await get_producer(conn, get_services(request).seal, actor, own[0].id))
        values = ApplicationForm(applicant="" if actor.name == DEFAULT_NAME else actor.name)
        return await _apply_page(request, conn, actor, at, values, key=make_form_key())


@post("/farm/apply", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_application(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Apply to sell; a form sent twice applies once."""
    form = await read_form(request)
    village = form.get_text("village")[:CODE_DIGITS]
    chosen = form.get_text("kind")
    kind = ProducerKind(chosen) if chosen in set(ProducerKind) else ProducerKind.HOUSEHOLD
    certificate_kind = read_certificate_kind(form.get_text("paper"), CertificateKind.IDENTITY)
    values = structs.replace(form.fill(ApplicationForm), kind=kind, paper=certificate_kind)
    try:
        photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.CERTIFICATE)

        async def apply(conn: Connection) -> str:
            application = ProducerApplication(
                kind=kind,
                name=values.name,
                village_code=village,
                produce=values.produce,
                applicant=values.applicant,
                certificates=[CertificateClaim(certificate_kind, photo_id)] if photo_id else [],
            )
            await apply_producer(conn, get_services(request).seal, actor, application, now=clock.now())
            return "/farm/apply?said=sent"

        return await submit_once(request, actor, form, apply)
    except AlreadyApplied:
        return redirect("/farm/apply", draft=form.draft)
    except (BadApplication, BadPhoto, ForbiddenWord) as refusal:
        errors = rename_faults(refusal, FIELD_NAMES, otherwise="photo" if isinstance(refusal, BadPhoto) else "name")
        async with db.connection() as conn:
            return await _apply_page(
                request, conn, actor, village, values, key=form.key, errors=errors, status=refusal.status
            )


def _list_history(producer: Producer) -> list[tuple[str, str, str | None]]:
    """Return the steps taken, then those that are pending."""
    items: list[tuple[str, str, str | None]] = [
        (f"{day_zh(step.at)}　{ADMISSION_STEP_NAMES[step.step]}", "done", step.reason or None)
        for step in producer.steps
    ]
    taken = {step.step for step in producer.steps}
    if ProducerState(producer.producer.state) in _PENDING_STATES:
        pending = [step for step in _PENDING_STEPS if step not in taken]
        items += [
            (
                f"{ADMISSION_STEP_NAMES[step]}，等办" if division == 0 else ADMISSION_STEP_NAMES[step],
                "next" if division else "now",
                None,
            )
            for division, step in enumerate(pending)
        ]
    return items


def _state_page(request: HttpRequest, actor: Actor, producer: Producer) -> Response[Any]:
    row: ProducerRow = producer.producer
    kind = PRODUCER_KIND_NAMES[ProducerKind(row.kind)]
    sent = request.query_params.get("said") == "sent"
    context = {
        "name": row.name,
        "where": f"{row.county}{row.township}{row.village}，{kind}，{row.produce}",
        "notes": [("ok", "交上去了", "村里接到了，核实了发短信告诉您。")] if sent else [],
        "items": _list_history(producer),
        "next_words": _NEXT_WORDS[ProducerState(row.state)],
        "open": row.state == ProducerState.OPEN,
        "again": row.state == ProducerState.REFUSED,
    }
    return render_page(request, "farm/state.html", context, actor=actor)


@get("/farm/mine", include_in_schema=False)
async def show_account(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the links of a seller's account: money, phone bill, certificates, shop, orders."""
    async with db.connection() as conn:
        own = await list_own_producers(conn, actor)
        asked = await find_agronomist_county(conn, actor.account_id)
    shop = own[0] if own else None
    context = {
        "name": actor.name,
        "doors": [
            *((AGRONOMIST_DOOR,) if asked is not None else ()),
            ("/farm/money", "我的钱", "该给您多少，还有多少等买家收到"),
            ("/farm/bill", "我的话费", "减了多少，您付多少"),
            *(
                (
                    ("/farm/papers", "我的证件", "交证，看县里核对了没有"),
                    ("/farm/freight", "快递费", "谁付，怎么算"),
                    ("/farm/reviews", "买家的评价", "看看写了什么，回一句"),
                    ("/farm/units", "公家单位买的", "学校、食堂的采购单，送货、开票"),
                    ("/farm/benefits", "卖的钱怎么分", "卖一单，哪几户得多少"),
                )
                if shop
                else ()
            ),
            (
                "/farm/apply",
                shop.name if shop else "我要开店",
                PRODUCER_STATE_NAMES[shop.state] if shop else "自家种的、养的，能卖",
            ),
            ("/me", "我买的东西", "我的订单"),
            ("/me/info", "我的信息", "同意过什么、谁看过，更正，带走一份"),
            ("/me/devices", "登录的设备", "账号登录在哪些手机上"),
            ("/", "看看集上", "买的人看到的首页"),
        ],
    }
    return render_page(request, "farm/mine.html", context, actor=actor)


ROUTES = [show_application, submit_application, show_account]

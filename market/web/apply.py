"""我要开店: the village step by step, then who, what and a certificate; and how far an application has come."""

import secrets
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor
from market.identity.sign_in import NEW_NAME
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.places import children_of, path_of
from market.producers import (
    KIND_NAMES,
    STATE_NAMES,
    STEP_NAMES,
    AlreadyApplied,
    Application,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    ForbiddenWord,
    Producer,
    ProducerKind,
    ProducerRow,
    State,
    Step,
    apply_producer,
    get_producer,
    list_own,
)
from market.storage import BadPhoto, Files, Prepared, Purpose, add_photo
from market.web.forms import faults_of
from market.web.look.format import clock_zh
from market.web.once import once_form
from market.web.origins import listed_counties
from market.web.papers import PAPER_KINDS, read_kind
from market.web.photos import taken_photo
from market.web.plumbing import fields, page, see_other

_VILLAGE = 5
_DIGITS = 12
_QUESTIONS = {1: "您的家在哪个县？", 2: "您的家在哪个县？", 3: "哪个乡镇？", 4: "哪个村？"}
_WAITING = {State.APPLIED, State.CONFIRMED, State.RECOMMENDED}
_TO_COME = (Step.CONFIRM, Step.RECOMMEND, Step.APPROVE)
_NEXT_WORDS = {
    State.APPLIED: "村里核实一般要几天。办到哪一步，都发短信告诉您。",
    State.CONFIRMED: "县里推荐、审核一般要几天。办到哪一步，都发短信告诉您。",
    State.RECOMMENDED: "就差最后一步审核了。",
    State.OPEN: "开好了，可以卖东西了。",
    State.REFUSED: "照着说的改好，可以再申请一次。不明白就打下面的电话问。",
    State.SUSPENDED: "已有的订单照常发货。为什么停，打下面的电话问。",
}
Asked = Request[Any, Any, Any]


class Village(Struct, frozen=True):
    """The village that was chosen."""

    code: str


class Values(Struct, frozen=True):
    """What the form holds."""

    name: str = ""
    kind: str = ProducerKind.HOUSEHOLD
    produce: str = ""
    applicant: str = ""
    paper: str = CertificateKind.IDENTITY


async def _choices(conn: Connection, at: str) -> tuple[int, list[tuple[str, list[tuple[str, str]]]]]:
    """Return the level that was reached, and what lies beneath it, in groups: (heading, [(address, name)])."""
    if not at:
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in await listed_counties(conn):
            groups.setdefault(each.prefecture, []).append((f"/farm/apply?at={each.code[:6]}", each.name))
        return 2, list(groups.items())
    level = (await path_of(conn, at))[-1].level
    below = await children_of(conn, at)
    width = {3: 6, 4: 9, 5: 12}.get(level + 1, _DIGITS)
    return level, [("", [(f"/farm/apply?at={each.code[:width]}", each.name) for each in below])]


async def _trail(conn: Connection, at: str) -> list[tuple[str, str]]:
    """Return the way to the place that was reached; each step leads back to its own choice."""
    widths = {3: 6, 4: 9, 5: 12}
    path = await path_of(conn, at)
    steps = [(each.name, f"/farm/apply?at={each.code[: widths[each.level]]}") for each in path if each.level in widths]
    return [("重选", "/farm/apply?new=1"), *steps]


async def _apply_page(
    request: Asked, conn: Connection, actor: Actor, at: str, values: Values,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    level, groups = await _choices(conn, at)
    context = {
        "question": _QUESTIONS.get(level, ""),
        "trail": await _trail(conn, at) if at else [],
        "groups": groups,
        "village": Village(at) if level == _VILLAGE else None,
        "papers": PAPER_KINDS,
        "kinds": [(str(kind), words) for kind, words in KIND_NAMES.items() if kind is not ProducerKind.COMPANY],
        "values": values,
        "errors": errors,
        "key": key,
    }
    return page(request, "farm/apply.html", context, actor=actor, status=status)


@get("/farm/apply", include_in_schema=False)
async def ask_application(
    request: Asked, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Ask for the village step by step, then for the rest; who has applied sees how far that has come.

    Raises:
        NoSuchPlace: there is no such place.
    """
    at = str(request.query_params.get("at", ""))[:_DIGITS]
    async with db.connection() as conn:
        own = await list_own(conn, actor)
        if own and not at and "new" not in request.query_params:
            return _state_page(request, actor, await get_producer(conn, actor, own[0].id))
        values = Values(applicant="" if actor.name == NEW_NAME else actor.name)
        return await _apply_page(request, conn, actor, at, values, key=secrets.token_urlsafe(18))


@post("/farm/apply", include_in_schema=False)
async def take_application(
    request: Asked,
    *,
    db: NamedDependency[Database],
    files: NamedDependency[Files],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Apply to sell; the same form sent twice applies once."""
    found = await fields(request)
    village = str(found.get("village", ""))[:_DIGITS]
    given = str(found.get("kind", ""))
    kind = ProducerKind(given) if given in set(ProducerKind) else ProducerKind.HOUSEHOLD
    paper = read_kind(str(found.get("paper", "")), CertificateKind.IDENTITY)
    values = Values(
        str(found.get("name", "")), kind, str(found.get("produce", "")), str(found.get("applicant", "")), paper
    )
    key = str(found.get("key", "")) or secrets.token_urlsafe(18)
    try:
        prepared = await taken_photo(files, found, "photo", Purpose.CERTIFICATE)

        async def apply(conn: Connection) -> str:
            application = Application(
                kind=kind,
                name=values.name,
                village_code=village,
                produce=values.produce,
                applicant=values.applicant,
                certificates=await _certificates(conn, actor, paper, prepared, clock),
            )
            await apply_producer(conn, actor, application, now=clock.now())
            return "/farm/apply?said=sent"

        return await once_form(request, actor, key, apply)
    except AlreadyApplied:
        return see_other("/farm/apply")
    except (BadApplication, BadPhoto, ForbiddenWord) as refusal:
        errors = faults_of(refusal, "photo" if isinstance(refusal, BadPhoto) else "name")
        async with db.connection() as conn:
            return await _apply_page(
                request, conn, actor, village, values, key=key, errors=errors, status=refusal.status
            )


async def _certificates(
    conn: Connection, actor: Actor, paper: CertificateKind, prepared: Prepared | None, clock: Clock
) -> list[CertificateClaim]:
    if prepared is None:
        return []
    photo_id = await add_photo(conn, actor.account_id, prepared, now=clock.now())
    return [CertificateClaim(paper, photo_id)]


def _history(producer: Producer) -> list[tuple[str, str, str | None]]:
    """Return the steps taken, and those to come."""
    items: list[tuple[str, str, str | None]] = [
        (f"{clock_zh(step.at)}　{STEP_NAMES[step.step]}", "done", step.reason or None) for step in producer.steps
    ]
    taken = {step.step for step in producer.steps}
    if State(producer.producer.state) in _WAITING:
        waiting = [step for step in _TO_COME if step not in taken]
        items += [
            (f"{STEP_NAMES[step]}，等办" if place == 0 else STEP_NAMES[step], "next" if place else "now", None)
            for place, step in enumerate(waiting)
        ]
    return items


def _state_page(request: Asked, actor: Actor, producer: Producer) -> Response[Any]:
    row: ProducerRow = producer.producer
    sent = request.query_params.get("said") == "sent"
    context = {
        "name": row.name,
        "where": f"{row.county}{row.township}{row.village}，{KIND_NAMES[ProducerKind(row.kind)]}，{row.produce}",
        "notes": [("ok", "交上去了", "村里接到了，核实了发短信告诉您。")] if sent else [],
        "items": _history(producer),
        "next_words": _NEXT_WORDS[State(row.state)],
        "open": row.state == State.OPEN,
        "again": row.state == State.REFUSED,
    }
    return page(request, "farm/state.html", context, actor=actor)


@get("/farm/mine", include_in_schema=False)
async def farm_mine(request: Asked, db: NamedDependency[Database], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show what is a farmer's own: money, phone bill, shop, orders."""
    async with db.connection() as conn:
        own = await list_own(conn, actor)
    shop = own[0] if own else None
    context = {
        "name": actor.name,
        "doors": [
            ("/farm/money", "我的钱", "到账多少，还有多少等买家收到"),
            ("/farm/bill", "我的话费", "减了多少，您付多少"),
            *(
                (
                    ("/farm/papers", "我的证件", "交证，看县里核对了没有"),
                    ("/farm/freight", "快递费", "谁付，怎么算"),
                )
                if shop
                else ()
            ),
            (
                "/farm/apply",
                shop.name if shop else "我要开店",
                STATE_NAMES[shop.state] if shop else "自家种的、养的，能卖",
            ),
            ("/me", "我买的东西", "我的订单"),
            ("/", "看看集上", "买的人看到的首页"),
        ],
    }
    return page(request, "farm/mine.html", context, actor=actor)


ROUTES = [ask_application, take_application, farm_mine]

"""一起做套餐: the packages that a seller composed, and those of others that ask for its answer."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.models import ProducerNotOpen
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.packages.capacity import list_lacking
from market.sales.packages.consent import answer_package, describe_missing, publish_package, withdraw_package
from market.sales.packages.models import (
    Consent,
    ConsentOfHelper,
    Package,
    PackageNotReady,
    PackageState,
    TooManyPackages,
)
from market.sales.packages.read import PackageInvitation, list_invitations, list_own_packages
from market.service.http import HttpRequest
from market.service.web.farm.sellers import Note, is_seller, list_notes
from market.service.web.forms import PostedForm, parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.package_cards import count_part
from market.service.web.ui.format import day_short

_SAID: dict[str, Note] = {
    "asked": ("ok", "问各家了", "发了短信。每一家都答复了、每一样都有人同意，您再按“开始卖”。"),
    "agreed": ("ok", "您同意了", "开始卖了就有客人来，订单和别的订单一样办。不想做了，随时可以退出。"),
    "declined": ("ok", "您不参加", "已经订出去的还照办，以后不再派给您。"),
    "live": ("ok", "开始卖了", "买家在“乡村套餐”里能看到。"),
    "withdrawn": ("ok", "停卖了", "已经订出去的还照办。"),
}
_STATES = {PackageState.DRAFT: "还没卖", PackageState.LIVE: "在卖", PackageState.WITHDRAWN: "停卖了"}
_ANSWERS = {Consent.ASKED: "还没答复", Consent.AGREED: "同意", Consent.DECLINED: "不参加"}


class OwnPackageView(Struct, frozen=True):
    """A package that the seller composed."""

    id: UUID
    producer_id: UUID
    link: str
    title: str
    lines: list[str]
    rows: list[tuple[str, int]]
    price_fen: int
    answers: list[str]
    waits: str
    lacking: list[str]
    can_publish: bool
    can_withdraw: bool


class InvitationView(Struct, frozen=True):
    """A package of somebody else: the seller's own part, and what else is in it."""

    id: UUID
    producer_id: UUID
    title: str
    lines: list[str]
    rows: list[tuple[str, int]]
    others: list[str]
    answer: str
    can_agree: bool
    can_decline: bool
    why_not: str


def describe_season(package: Package | PackageInvitation) -> str:
    """Describe for whom and when a package is: `2 个人，住 1 晚。9月20日到 11月30日，节假日不接`."""
    nights = f"住 {package.nights} 晚" if package.nights else "当天来回"
    holidays = "节假日也接，不加价" if package.on_holidays else "节假日不接"
    days = f"{day_short(package.starts_on)}到{day_short(package.ends_on)}来"
    return f"{package.persons} 个人，{nights}。{days}，{holidays}。"


def _view_own(package: Package, lacking: list[str]) -> OwnPackageView:
    live = package.state is PackageState.LIVE
    return OwnPackageView(
        id=package.id,
        producer_id=package.producer_id,
        link=f"/packages/{package.number}" if live else "",
        title=package.title,
        lines=[_STATES[package.state], describe_season(package)],
        rows=[
            (f"{part.suppliers[0].title}，{count_part(part.kind, part.quantity, part.unit)}", int(part.share_fen))
            for part in package.parts
        ],
        price_fen=package.price_fen,
        answers=[
            f"{each.producer}（{each.title}）：{_ANSWERS[each.state]}"
            for part in package.parts
            for each in part.suppliers
            if each.producer_id != package.producer_id
        ],
        waits="" if live or package.is_complete else f"{describe_missing(package)}，还不能卖。",
        lacking=lacking if live else [],
        can_publish=not live and package.is_complete,
        can_withdraw=package.state is not PackageState.WITHDRAWN,
    )


def _view_invitation(invitation: PackageInvitation, producer_id: UUID, *, helps: bool) -> InvitationView:
    states = {part.state for part in invitation.own_parts}
    booked = [f"您做过 {invitation.booked} 套"] if invitation.booked else []
    return InvitationView(
        id=invitation.id,
        producer_id=producer_id,
        title=invitation.title,
        lines=[
            f"{invitation.organiser}想请您一起做。{_STATES[invitation.state]}",
            describe_season(invitation),
            *booked,
        ],
        rows=[
            (f"{part.title}，{count_part(part.kind, part.quantity, part.unit)}", int(part.share_fen))
            for part in invitation.own_parts
        ],
        others=invitation.others,
        answer="、".join(_ANSWERS[state] for state in sorted(states)),
        can_agree=not helps and states != {Consent.AGREED},
        can_decline=not helps and states != {Consent.DECLINED},
        why_not=ConsentOfHelper().text("zh") if helps else "",
    )


async def _page(request: HttpRequest, db: Database, actor: Actor, *, refusal: Refusal | None = None) -> Response[Any]:
    if not is_seller(actor):
        return redirect("/farm/apply")
    today = get_services(request).clock.today()
    own: list[OwnPackageView] = []
    asked: list[InvitationView] = []
    async with db.connection() as conn:
        for producer in await list_own_producers(conn, actor):
            packages = await list_own_packages(conn, actor, producer.id)
            lacking = await list_lacking(conn, packages, today=today)
            own += [_view_own(each, lacking.get(each.id, [])) for each in packages]
            invitations = await list_invitations(conn, actor, producer.id)
            helps = producer.name in actor.helped
            asked += [_view_invitation(each, producer.id, helps=helps) for each in invitations]
    context = {"own": own, "asked": asked, "notes": list_notes(request, _SAID, refusal)}
    status = 200 if refusal is None else refusal.status
    return render_page(request, "farm/packages.html", context, actor=actor, status=status)


@get("/farm/packages", include_in_schema=False)
async def show_packages(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """List the packages that the seller composed, and those that ask for its answer."""
    return await _page(request, db, actor)


def _read_ids(form: PostedForm) -> tuple[UUID, UUID]:
    """Return the producer and the package that a form names.

    Raises:
        NotFound: it names none.
    """
    producer_id, package_id = parse_uuid(form.get_text("of")), parse_uuid(form.get_text("package"))
    if producer_id is None or package_id is None or form.get_text("do") not in _SAID:
        raise NotFound
    return producer_id, package_id


@post("/farm/packages", include_in_schema=False)
async def submit_package_move(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Agree to a package or decline it, sell it or take it off sale; repeating changes nothing.

    Raises:
        NotFound: the seller neither composed the package nor was asked.
    """
    form = await read_form(request)
    producer_id, package_id = _read_ids(form)
    do, now = form.get_text("do"), clock.now()
    try:
        async with db.transaction() as conn:
            if do == "live":
                await publish_package(conn, actor, producer_id, package_id, now=now)
            elif do == "withdrawn":
                await withdraw_package(conn, actor, producer_id, package_id, now=now)
            else:
                agrees = do == "agreed"
                await answer_package(conn, seal, actor, producer_id, package_id, agrees=agrees, now=now)
    except (ConsentOfHelper, PackageNotReady, ProducerNotOpen, TooManyPackages) as refusal:
        return await _page(request, db, actor, refusal=refusal)
    return redirect(f"/farm/packages?said={do}")


ROUTES = [show_packages, submit_package_move]

"""坏果包赔 on a buyer's pages: the form of a claim, and what came of the claims of an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.models import SELLER, CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import get_language, say
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor, NotFound
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.sales.aftersales.bad_fruit import NewClaim, check_claim, find_claim_obstacle, open_claim
from market.sales.aftersales.bad_fruit_views import BadFruitClaim, list_order_claims
from market.sales.aftersales.models import MAX_CLAIM_PHOTOS, MAX_CLAIM_TOTAL, ClaimRefusal
from market.sales.orders.line_views import LineView
from market.sales.orders.queries import SuborderView, get_order, get_order_id
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_integer, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.coupon_words import PLATFORM_REFUND
from market.service.web.shop.promises import describe_claim_period
from market.service.web.ui.format import deadline, yuan

_PHOTO_FIELDS = tuple(f"photo{number or ''}" for number in (0, *range(2, MAX_CLAIM_PHOTOS + 1)))


class ClaimForm(Struct, frozen=True):
    """The form of a claim as it was typed."""

    line: str = ""
    bad: str = ""
    total: str = ""
    text: str = ""


class ClaimableOrder(Struct, frozen=True):
    """A parcel of an order, and its lines that can be claimed; without any, `obstacle` is the reason."""

    suborder: SuborderView
    lines: list[LineView]
    obstacle: ClaimRefusal | None


def describe_claim(claim: BadFruitClaim) -> str:
    """Describe for the buyer who answers a claim until when, or what came of it; whether money arrived is not said."""
    asked = say("坏果包赔，{0}，要退 {1} 元：", claim.title, yuan(claim.amount_fen))
    if claim.state is not CaseState.CLOSED:
        who = say("卖家") if claim.assignee == SELLER else say("县里") if claim.assignee == "finance" else say("平台")
        refused = say("卖家没有直接退：{0}。", claim.seller_reason.rstrip("。")) if claim.seller_reason else ""
        return say("{0}等{1}答复，{2}前。{3}", asked, who, deadline(claim.due_at), refused)
    if claim.outcome is CaseOutcome.WITHDRAWN:
        return say("{0}您撤回了。", asked)
    if not claim.granted_fen:
        return say("{0}没有同意。{1}", asked, claim.decision)
    return say("{0}同意退 {1} 元。", asked, yuan(claim.granted_fen)) + claim.decision


def find_claimable(
    suborder: SuborderView, claims: Sequence[BadFruitClaim], *, hours: int, now: datetime
) -> ClaimableOrder:
    """Return the lines of a parcel that can be claimed now, or why none can."""
    claimed = {claim.line_id for claim in claims}
    obstacles = [
        find_claim_obstacle(
            kind=suborder.kind, state=suborder.state, received_at=suborder.received_at, claimed=line.id in claimed,
            left_fen=line.amount_fen - line.refunded_fen, hours=hours, now=now,
        )
        for line in suborder.lines
    ]  # fmt: skip
    lines = [line for line, obstacle in zip(suborder.lines, obstacles, strict=True) if obstacle is None]
    return ClaimableOrder(suborder, lines, next(iter(obstacles), None))


async def _load_claimable(
    conn: Connection, seal: Seal, actor: Actor, number: int, position: int, *, hours: int, now: datetime
) -> ClaimableOrder:
    order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    suborder = next((each for each in order.suborders if each.position == position), None)
    if suborder is None:
        raise NotFound
    claims = await list_order_claims(conn, seal, actor, order.id)
    return find_claimable(suborder, claims, hours=hours, now=now)


def _claim_page(
    request: HttpRequest, actor: Actor, claimable: ClaimableOrder, values: ClaimForm, *, hours: int,
    key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    path = request.url.path
    context = {
        "action": path,
        "back": path.partition("/claim/")[0],
        "draft": path.strip("/").replace("/", "-"),
        "period": describe_claim_period(hours) + (say(PLATFORM_REFUND) if claimable.suborder.discount_fen else ""),
        "closed": "" if claimable.lines or claimable.obstacle is None else claimable.obstacle.text(get_language()),
        "lines": [(str(line.id), f"{line.title} × {line.quantity}") for line in claimable.lines],
        "photos": [
            (name, say("坏了的照片") if name == "photo" else say("再来一张（可以不传）")) for name in _PHOTO_FIELDS
        ],
        "values": values,
        "errors": errors,
        "key": key,
    }
    status = 409 if context["closed"] else status
    return render_page(request, "shop/claim.html", context, actor=actor, status=status)


@get("/orders/{number:int}/claim/{position:int}", include_in_schema=False, english=True)
async def show_claim_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Ask what of a parcel is bad, or say why it cannot be claimed.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    hours = settings.claim_hours
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claimable = await _load_claimable(conn, seal, actor, number, position, hours=hours, now=clock.now())
    values = ClaimForm(line=str(claimable.lines[0].id) if claimable.lines else "")
    return _claim_page(request, actor, claimable, values, hours=hours, key=make_form_key())


def _read_claim(form: PostedForm) -> NewClaim:
    """Read the form without its photos.

    Raises:
        NotFound: it names no line.
    """
    line_id = parse_uuid(form.get_text("line"))
    if line_id is None:
        raise NotFound
    return NewClaim(
        line_id=line_id,
        bad=parse_integer(form.get_text("bad"), maximum=MAX_CLAIM_TOTAL) or 0,
        total=parse_integer(form.get_text("total"), maximum=MAX_CLAIM_TOTAL) or 0,
        text=form.get_text("text"),
    )


@post("/orders/{number:int}/claim/{position:int}", include_in_schema=False, english=True, rate=RateClass.UPLOAD)
async def submit_claim(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Claim the bad share of a line; a form sent twice claims once.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    form, now, hours = await read_form(request), clock.now(), settings.claim_hours
    scope = get_person_scope(actor)
    async with db.transaction(scope=scope) as conn:
        claimable = await _load_claimable(conn, seal, actor, number, position, hours=hours, now=now)
    claim = _read_claim(form)
    if claim.line_id not in {line.id for line in claimable.suborder.lines}:
        raise NotFound
    ids = await form.store_photos(request, actor, _PHOTO_FIELDS, PhotoPurpose.CLAIM)

    async def work(conn: Connection) -> str:
        await open_claim(conn, seal, actor, claim, photo_ids=ids, hours=hours, now=now)
        return f"/orders/{number}?said=claimed"

    status = 422
    try:
        check_claim(claim, photos=len(ids) + len(form.faults))
        if not form.faults:
            return await submit_once(request, actor, form, work, scope=scope)
    except (ClaimRefusal, BadPhoto) as refusal:
        field = "photo" if isinstance(refusal, BadPhoto) else refusal.field
        form.faults += rename_faults(refusal, {}, otherwise=field)
        status = refusal.status
    return _claim_page(
        request, actor, claimable, form.fill(ClaimForm), hours=hours, key=form.key, errors=form.faults, status=status
    )


ROUTES = [show_claim_form, submit_claim]

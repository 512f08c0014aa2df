"""A person's own data: what the market holds, a copy to take away, and closing the account."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.catalogue.producers.models import PRODUCER_STATE_NAMES
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import get_language, say
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.text import mask_phone
from market.people.identity.codes import request_code
from market.people.identity.models import Actor, CodeJustSent, NotFound, TooManyCodes
from market.people.identity.sign_in import get_phone
from market.privacy.close_account import AccountNotClosable, confirm_and_close, list_obstacles
from market.privacy.looks import describe_own_record
from market.privacy.models import PersonalOrder
from market.privacy.own_consents import KIND_NAMES
from market.privacy.personal_data import PersonalData, export_personal_data, load_personal_data
from market.privacy.request_models import REQUEST_NAMES
from market.sales.orders.models import OrderState
from market.service.http import HttpRequest, get_client_network, make_retry_headers
from market.service.web.account.data_requests import describe_data_request
from market.service.web.account.devices import describe_device
from market.service.web.account.sign_in import get_code_limits, get_device
from market.service.web.cookies import ALL_DRAFTS, get_session_cookie_name, set_cookie
from market.service.web.forms import read_form
from market.service.web.invoice_words import describe_details
from market.service.web.pages import redirect, render_page
from market.service.web.shop.orders.order_list import ORDER_STATE_NAMES
from market.service.web.shop.report import describe_report
from market.service.web.ui.format import clock_zh, day_zh, month_zh, yuan
from market.subsidies.clawbacks.appeals import OwnClawback
from market.subsidies.intake.models import STATE_NAMES
from market.villages.benefits.models import HOW_NAMES

_SHOWN_ROWS = 20
"""The page shows the newest of each kind; the copy has all."""
_PRINTED_ROWS = 1_000
"""The page to print shows what a person has; who has more takes the file."""


@get("/me/data", include_in_schema=False, english=True)
async def show_my_data(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show what the market holds about the account: the newest rows, or all of them to print."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        data = await load_personal_data(conn, seal, actor.account_id)
    whole = request.query_params.get("all") == "1"
    context = {"sections": _list_sections(data, most=_PRINTED_ROWS if whole else _SHOWN_ROWS), "whole": whole}
    return render_page(request, "account/my_data.html", context, actor=actor)


def _list_sections(data: PersonalData, *, most: int) -> list[tuple[str, int, list[str]]]:
    sections = [*_describe_trade(data), *_describe_village(data), *_describe_rights(data)]
    return [(title, len(rows), rows[:most]) for title, rows in sections]


def _describe_trade(data: PersonalData) -> list[tuple[str, list[str]]]:
    account = data.account
    return [
        (
            say("账号"),
            [account.name, account.phone or say("没有手机号"), say("{0} 开的", clock_zh(account.created_at))],
        ),
        (
            say("设备"),
            [say("{0}，{1} 登录", describe_device(each.device), clock_zh(each.created_at)) for each in data.devices],
        ),
        (say("店"), [say("{0}：{1}", each.name, say(PRODUCER_STATE_NAMES[each.state])) for each in data.shops]),
        (say("订单"), [_describe_order(each) for each in data.orders]),
        (
            say("住店登记"),
            [
                say("订单 {0}，店家登记了 {1} 位，{2}删掉", each.order_number, each.guests, day_zh(each.delete_on))
                for each in data.stays
            ],
        ),
        (
            say("坏果包赔和退货"),
            [
                say("{0} {1}，{2} 张照片：{3}", say(each.name), each.number, len(each.photo_ids), _say_text(each.text))
                for each in data.cases
            ],
        ),
        (
            say("收款账户"),
            [say("{0}：{1}，尾号 {2}", each.producer, each.holder, each.tail) for each in data.payout_accounts],
        ),
        (
            say("要过的发票"),
            [
                say("；").join([say("订单 {0}", each.order_number), *describe_details(each.details), *each.numbers])
                for each in data.invoices
            ],
        ),
        (say("领的券"), [say("{0}，{1} 元", each.name, yuan(each.amount_fen)) for each in data.vouchers]),
        (
            say("包裹"),
            [
                say(
                    "订单 {0}，{1} {2}，{3} 条走到哪里",
                    each.order_number,
                    each.carrier or "",
                    each.tracking or "",
                    len(each.facts),
                )
                + (say("，自提点{0}", each.pickup_point) if each.pickup_point else "")
                for each in data.parcels
            ],
        ),
        (say("公家单位"), [say("{0}，到{1}", each.unit_name, day_zh(each.ends_on)) for each in data.public_units]),
        (say("收藏"), [each.name for each in data.favourites]),
        (say("评价"), [say("{0}，{1} 分：{2}", each.title, each.rating, each.text) for each in data.reviews]),
    ]


def _describe_order(order: PersonalOrder) -> str:
    state = say(ORDER_STATE_NAMES[OrderState(order.state)])
    words = say("{0}，{1} 元，{2}", order.number, yuan(order.total_fen), state)
    to = order.address
    return words if to is None else words + say("；{0} {1} {2}", to.name, to.phone, to.street)


def _describe_village(data: PersonalData) -> list[tuple[str, list[str]]]:
    return [
        (
            say("话费减免的申请"),
            [
                say("{0}，{1}：{2}", each.village, say(STATE_NAMES[each.state]), say("；").join(each.words))
                for each in data.applications
            ],
        ),
        (
            say("卖货分给您家的"),
            [
                say(
                    "{0}，{1}：{2} {3} 元",
                    month_zh(each.month),
                    each.producer,
                    say(HOW_NAMES[each.how]),
                    yuan(each.fen),
                )
                for each in data.benefits
            ],
        ),
        (say("县里的决定"), [_describe_decision(each) for each in data.decisions]),
        (say("我的单位"), [say("{0}，{1}", each.name, each.credit_code) for each in data.organisations]),
        (
            say("报的课、看病"),
            [
                say("，").join(
                    [day_zh(get_business_day(each.starts_at)), each.title, *([each.name] if each.name else [])]
                )
                for each in data.seats
            ],
        ),
        (say("报过的招工"), [say("{0}，{1}", each.organisation, each.title) for each in data.job_applications]),
        (say("单位采购单"), [say("采购单 {0}，{1}", each.number, each.unit) for each in data.purchases]),
    ]


def _say_text(text: str) -> str:
    """Return the text of a case; that of a request about data is what was asked, a word of a table."""
    return say(text) if text in REQUEST_NAMES.values() else text


def _describe_rights(data: PersonalData) -> list[tuple[str, list[str]]]:
    return [
        (say("问卖家、答买家的话"), [say("订单 {0}：{1}", each.order_number, each.text) for each in data.messages]),
        (say("做过的套餐"), [each.title for each in data.packages]),
        (say("存的筛选"), [each.name for each in data.saved_filters]),
        (
            say("同意过的"),
            [
                say("{0}，{1} {2}", day_zh(get_business_day(each.given_at)), say(KIND_NAMES[each.kind]), each.about)
                for each in data.consents
            ],
        ),
        (say("要求过的"), [say("；").join(describe_data_request(each)) for each in data.requests]),
        (say("村里的故事"), [say("{0}：{1}", each.title, each.text) for each in data.stories]),
        (say("举报过的"), [say("；").join(describe_report(each)) for each in data.reports]),
        (
            say("谁看过、办过"),
            [
                say("{0}，{1}{2}，{3}", clock_zh(each.at), each.office, say(each.who), say(each.what))
                for each in data.looks
            ],
        ),
        (
            say("自己办过的（记录）"),
            [
                say("{0}，{1}", clock_zh(each.at), say(describe_own_record(each.action, each.object)))
                for each in data.records
            ],
        ),
    ]


def _describe_decision(decision: OwnClawback) -> str:
    words = say("{0}；{1}；{2}", decision.reason, decision.statement, decision.opinion)
    return say("{0}，{1} 元，{2}：{3}", decision.number, yuan(decision.amount_fen), day_zh(decision.decided_on), words)


@post("/me/data", include_in_schema=False, status_code=200, rate=RateClass.SEARCH, auditor="reads")
async def download_my_data(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Return everything that the market holds about the account as a JSON file."""
    await read_form(request)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        data = await export_personal_data(conn, seal, actor.account_id, by=str(actor.account_id), now=clock.now())
    content = msgspec.json.format(msgspec.json.encode(data), indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/json", headers=headers)


async def _render_closing(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    clock: Clock,
    actor: Actor,
    *,
    sent: bool = False,
    refusal: Refusal | None = None,
) -> Response[bytes]:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        phone = await get_phone(conn, seal, actor.account_id)
        obstacles = await list_obstacles(conn, actor.account_id, now=clock.now())
    context = {
        "obstacles": [each.message for each in obstacles],
        "errors": [FieldFault("code", refusal.text(get_language()))] if refusal else [],
        "sent": sent,
        "masked": mask_phone(phone) if phone else "",
    }
    status = refusal.status if refusal else 200
    response = render_page(request, "account/close.html", context, actor=actor, status=status)
    response.headers.update(make_retry_headers(refusal) if refusal else {})
    return response


@get("/me/close", include_in_schema=False, english=True)
async def show_closing(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Say what closing the account means, and what must be done first."""
    return await _render_closing(request, db, seal, clock, actor)


@post("/me/close/code", include_in_schema=False, english=True, status_code=200, rate=RateClass.SIGN_IN)
async def send_closing_code(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Send a one-time code to the account's phone, and ask for it.

    Raises:
        NotFound: the account has no phone.
    """
    await read_form(request)
    try:
        async with db.transaction() as conn:
            phone = await get_phone(conn, seal, actor.account_id)
            if phone is None:
                raise NotFound
            await request_code(
                conn,
                seal,
                get_code_limits(settings),
                phone=phone,
                network=get_client_network(request),
                device=get_device(request),
                now=clock.now(),
            )
    except (CodeJustSent, TooManyCodes) as refusal:
        return await _render_closing(request, db, seal, clock, actor, sent=True, refusal=refusal)
    return await _render_closing(request, db, seal, clock, actor, sent=True)


@post("/me/close", include_in_schema=False, english=True, rate=RateClass.SIGN_IN)
async def submit_closing(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Close the account with the code, and sign this device out."""
    form = await read_form(request)
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            refusal = await confirm_and_close(
                conn,
                seal,
                actor.account_id,
                code=form.get_text("code"),
                network=get_client_network(request),
                device=get_device(request),
                now=clock.now(),
            )
    except AccountNotClosable as obstacle:
        return await _render_closing(request, db, seal, clock, actor, refusal=obstacle)
    if refusal is not None:
        return await _render_closing(request, db, seal, clock, actor, sent=True, refusal=refusal)
    response = redirect("/me/closed", draft=ALL_DRAFTS)
    set_cookie(request, response, get_session_cookie_name(request), "", seconds=0)
    return response


@get("/me/closed", include_in_schema=False, english=True)
async def show_closed(request: HttpRequest) -> Response[bytes]:
    """Say that the account is closed."""
    return render_page(request, "account/closed.html")


ROUTES = [show_my_data, download_my_data, show_closing, send_closing_code, submit_closing, show_closed]

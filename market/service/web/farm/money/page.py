"""The page 我的钱 of a seller."""

from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from market.catalogue.producers.queries import list_own_producers
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.farm.money.view import ACCOUNT_KINDS, load_money
from market.service.web.farm.sellers import list_notes
from market.service.web.pages import render_page
from market.service.web.services import get_payout_hold, get_services


async def render_money(
    request: HttpRequest,
    db: Database,
    actor: Actor,
    clock: Clock,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, tuple[str, str]] | None = None,
) -> Response[bytes]:
    """Render the page, with a refusal; `typed` has the kind and the number as typed, by the id of the producer."""
    async with db.connection() as conn:
        producers = [
            await load_money(conn, actor, each, hold=get_payout_hold(request), now=clock.now())
            for each in await list_own_producers(conn, actor)
        ]
    said = {
        "asked": ("ok", "正在打给您", "到账了发短信告诉您。"),
        "checking": ("ok", "账户记下了", "正在核对，核对完就能收款。"),
        "active": ("ok", "账户核对好了", "以后卖的钱打到这里。"),
        "rejected": ("warn", "账户没有通过核对", "原因写在下面。"),
        "waiting": ("ok", "新账户核对好了", "等另一个人同意，再过几天起用；这几天钱照旧打到原来的账户。"),
        "agreed": ("ok", "同意了", "到了日子就起用新账户。"),
        "kept": ("ok", "不换了", "钱照旧打到原来的账户。"),
        "large": ("ok", "记下了", "店里的另一个人，或者县里管钱的人同意了就打。"),
        "consented": ("ok", "同意了", "正在打款，到账了发短信告诉店主。"),
        "refused": ("ok", "没有同意", "钱还在店主名下，每天照常打。"),
    }
    notes = list_notes(request, said, None if typed else refusal)
    last_month = clock.today().replace(day=1) - timedelta(days=1)
    offered = get_services(request).gateway.account_kinds
    context = {
        "producers": producers,
        "notes": notes,
        "last_month": f"{last_month:%Y-%m}",
        "kinds": [(kind.value, name) for kind, name in ACCOUNT_KINDS.items() if kind in offered],
        "typed": typed or {},
        "faults": [FieldFault("number", refusal.text("zh"))] if refusal is not None and typed else [],
    }
    status = refusal.status if refusal else 200
    return render_page(request, "farm/money.html", context, actor=actor, status=status)


@get("/farm/money", include_in_schema=False)
async def show_money(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show the money of each producer that a person works for."""
    return await render_money(request, db, actor, clock)


ROUTES = [show_money]

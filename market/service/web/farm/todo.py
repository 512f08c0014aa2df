"""What waits for a seller, one line each, what is due first above."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.cases.casework.models import WaitingCases
from market.catalogue.producers.certificate_ends import EndingCertificate, list_ending_certificates
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_STATE_NAMES, ProducerState
from market.catalogue.producers.queries import ProducerRow, list_own_producers
from market.kernel import Connection
from market.kernel.clock import SHANGHAI, get_business_day
from market.people.identity.models import Actor
from market.sales.aftersales.bad_fruit_views import sum_up_unanswered_claims
from market.sales.aftersales.decide_refund import count_waiting_refunds
from market.sales.aftersales.goods_return_views import sum_up_waiting_returns
from market.sales.complaints.views import sum_up_unanswered_complaints
from market.sales.conversations.models import Side
from market.sales.conversations.views import count_unread
from market.sales.invoices.views import sum_up_open_invoices
from market.sales.mediation.views import list_unanswered_proposals
from market.sales.packages.read import count_asked
from market.sales.procurement.views import count_seller_steps, sum_up_red_letters
from market.sales.reviews.answer import count_unanswered_reviews
from market.sales.visits.read_changes import count_asked_changes
from market.service.web.ui.format import day_short

_DAY = timedelta(days=1)
_NEAR_DAYS = {0: "今天", 1: "明天"}
_REVIEWS_PERIOD = timedelta(days=30)
"""How long a review without an answer is listed."""


class Todo(Struct, frozen=True):
    """Something that waits, with the page where it is done; `due_at` is for the order of the list."""

    due_at: datetime
    href: str
    words: str


async def list_todos(conn: Connection, actor: Actor, *, now: datetime) -> list[Todo]:
    """Return what waits for the actor's producers, what is due first above, in a transaction with the person's scope.

    What keeps a shop from selling comes first. A case is due at its deadline; what has none of its own, some days from
    now: buyers before certificates that end later, and those before reviews.
    """
    today = get_business_day(now)
    shops = await list_own_producers(conn, actor)
    ending = await list_ending_certificates(conn, actor, today=today)
    proposals = await list_unanswered_proposals(conn, actor, now=now)
    cases = [
        (1, "/farm/claims", await sum_up_unanswered_claims(conn, actor), "件坏果，等您答复"),
        (2, "/farm/returns", await sum_up_waiting_returns(conn, actor), "件退货，等您办"),
        (3, "/farm/complaints", await sum_up_unanswered_complaints(conn, actor), "件投诉，等您答复"),
        (7, "/farm/invoices", await sum_up_open_invoices(conn, actor), "张发票，等您开"),
        (7, "/farm/units", await sum_up_red_letters(conn, actor), "张红字发票，公家单位退了货，等您开"),
    ]
    counted = [
        (1, "/farm/changes", await count_asked_changes(conn, actor), "位客人想改日子"),
        (3, "/farm/messages", await count_unread(conn, actor, side=Side.SELLER), "单，买家有话问"),
        (3, "/farm/refunds", await count_waiting_refunds(conn, actor), "笔退款，等人同意"),
        (3, "/farm/units", await count_seller_steps(conn, actor), "单公家单位买的，等您办"),
        (7, "/farm/packages", await count_asked(conn, actor.producers), "个套餐，请您答复"),
        (
            _REVIEWS_PERIOD.days,
            "/farm/reviews",
            await count_unanswered_reviews(conn, actor, since=now - _REVIEWS_PERIOD),
            "条评价没回",
        ),
    ]
    if proposals:
        first = proposals[0]
        waiting = WaitingCases(len(proposals), first.due_at)
        cases.append((1, f"/farm/mediations/{first.case_id}", waiting, "件调解，等您答复"))
    todos = [
        *(Todo(now - _DAY, "/farm/apply", _describe_shop(each)) for each in shops if each.state != ProducerState.OPEN),
        *(_describe_ending(each, today, several=len(shops) > 1, now=now) for each in ending),
        *(
            Todo(each.due_at or now + days * _DAY, href, f"{each.count} {words}{_describe_due(each, now)}")
            for days, href, each, words in cases
            if each.count
        ),
        *(Todo(now + days * _DAY, href, f"{count} {words}") for days, href, count, words in counted if count),
    ]
    return sorted(todos, key=lambda todo: todo.due_at)


def _describe_due(waiting: WaitingCases, now: datetime) -> str:
    """Return until when the first case has to be answered: `，明天 8:00 前`; one that is late is the county's soon."""
    if waiting.due_at is None or waiting.due_at <= now:
        return ""
    due = waiting.due_at.astimezone(SHANGHAI)
    name = _NEAR_DAYS.get((due.date() - get_business_day(now)).days)
    return f"，{name} {due:%-H:%M} 前" if name else f"，{day_short(due)}前"


def _describe_shop(shop: ProducerRow) -> str:
    return f"{shop.name}现在不能卖：{PRODUCER_STATE_NAMES[shop.state]}"


def _describe_ending(ending: EndingCertificate, today: date, *, several: bool, now: datetime) -> Todo:
    days = (ending.expires_on - today).days
    name = f"{ending.producer}的{CERTIFICATE_NAMES[ending.kind]}" if several else CERTIFICATE_NAMES[ending.kind]
    words = f"{name}过期了，去交新的" if days < 0 else f"{name}还有 {days} 天到期"
    return Todo(now + min(days, _REVIEWS_PERIOD.days) * _DAY, f"/farm/papers?kind={ending.kind}", words)

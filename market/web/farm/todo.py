"""What waits for a seller, one line each, the shortest time to answer first."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.aftersales.bad_fruit_views import count_unanswered_claims
from market.aftersales.decide_refund import count_waiting_refunds
from market.aftersales.goods_return_views import count_waiting_returns
from market.complaints.views import count_unanswered_complaints
from market.conversations.models import Side
from market.conversations.views import count_unread
from market.identity.models import Actor
from market.invoices.views import count_open_invoices
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.packages.read import count_asked
from market.producers.certificate_ends import EndingCertificate, list_ending_certificates
from market.producers.models import CERTIFICATE_NAMES, PRODUCER_STATE_NAMES, ProducerState
from market.producers.queries import ProducerRow, list_own_producers
from market.reviews.answer import count_unanswered_reviews
from market.visits.read_changes import count_asked_changes

_REVIEWS_PERIOD = timedelta(days=30)
"""How long a review without an answer is listed."""


class Todo(Struct, frozen=True):
    """Something that waits, with the page where it is done; `days` is how soon, for the order of the list."""

    days: int
    href: str
    words: str


async def list_todos(conn: Connection, actor: Actor, *, now: datetime) -> list[Todo]:
    """Return what waits for the actor's producers, the most urgent first, in a transaction with the person's scope.

    What keeps a shop or a listing from selling comes before what a buyer waits for, and that before reviews.
    """
    today = get_business_day(now)
    shops = await list_own_producers(conn, actor)
    ending = await list_ending_certificates(conn, actor, today=today)
    counted = [
        (1, "/farm/claims", await count_unanswered_claims(conn, actor), "件坏果，等您答复"),
        (1, "/farm/changes", await count_asked_changes(conn, actor), "位客人想改日子"),
        (2, "/farm/returns", await count_waiting_returns(conn, actor), "件退货，等您办"),
        (3, "/farm/complaints", await count_unanswered_complaints(conn, actor), "件投诉，等您答复"),
        (3, "/farm/messages", await count_unread(conn, actor, side=Side.SELLER), "单，买家有话问"),
        (3, "/farm/refunds", await count_waiting_refunds(conn, actor), "笔退款，等人同意"),
        (7, "/farm/invoices", await count_open_invoices(conn, actor), "张发票，等您开"),
        (7, "/farm/packages", await count_asked(conn, actor.producers), "个套餐，请您答复"),
        (
            _REVIEWS_PERIOD.days,
            "/farm/reviews",
            await count_unanswered_reviews(conn, actor, since=now - _REVIEWS_PERIOD),
            "条评价没回",
        ),
    ]
    todos = [
        *(_describe_shop(each) for each in shops if each.state != ProducerState.OPEN),
        *(_describe_ending(each, today, several=len(shops) > 1) for each in ending),
        *(Todo(days, href, f"{count} {words}") for days, href, count, words in counted if count),
    ]
    return sorted(todos, key=lambda todo: todo.days)


def _describe_shop(shop: ProducerRow) -> Todo:
    return Todo(-1, "/farm/apply", f"{shop.name}现在不能卖：{PRODUCER_STATE_NAMES[shop.state]}")


def _describe_ending(ending: EndingCertificate, today: date, *, several: bool) -> Todo:
    days = (ending.expires_on - today).days
    name = f"{ending.producer}的{CERTIFICATE_NAMES[ending.kind]}" if several else CERTIFICATE_NAMES[ending.kind]
    words = f"{name}过期了，去交新的" if days < 0 else f"{name}还有 {days} 天到期"
    return Todo(min(days, _REVIEWS_PERIOD.days), f"/farm/papers?kind={ending.kind}", words)

"""Figures of a division that the market counts itself, so that nobody types them into evidence."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import Struct

from market.cases.answers.models import InquiryKind
from market.cases.casework.counts import count_open_cases
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.villages.coverage.models import OUTAGE, OUTAGE_TOWN, Technology
from market.villages.coverage.register import count_uncovered_villages
from market.villages.funds.models import FUND


class Measure(Struct, frozen=True):
    """A figure of a county, a prefecture or a province, by its words and unit; less is better."""

    name: str
    unit: str
    count: Callable[[Connection, str, datetime], Awaitable[int]]


async def _count_without_4g(conn: Connection, scope: str, now: datetime) -> int:
    return await count_uncovered_villages(conn, scope, Technology.G4, day=get_business_day(now))


async def _count_late_outages(conn: Connection, scope: str, now: datetime) -> int:
    return await count_open_cases(conn, scope, (OUTAGE, OUTAGE_TOWN), late_at=now)


async def _count_waiting_funds(conn: Connection, scope: str, _now: datetime) -> int:
    return await count_open_cases(conn, scope, (FUND,))


async def _count_late_inquiries(conn: Connection, scope: str, now: datetime) -> int:
    return await count_open_cases(conn, scope, tuple(InquiryKind), late_at=now)


MEASURES = {
    "villages_without_4g": Measure("没有 4G 的村", "个", _count_without_4g),
    "late_outages": Measure("没信号，过期还没办完的", "件", _count_late_outages),
    "late_inquiries": Measure("问县里，过期还没答的", "件", _count_late_inquiries),
    "waiting_funds": Measure("扶持申请，还没定的", "件", _count_waiting_funds),
}
"""By key, which tasks keep: a key is not renamed."""

"""What waits for a seller is listed by its own deadline."""

from datetime import datetime, timedelta

from market.cases.casework.moves import get_person_scope
from market.catalogue.producers.models import CertificateKind
from market.kernel.clock import SHANGHAI
from market.service.web.farm.todo import list_todos
from market.service.web.ui.format import day_short
from tests.conftest import NOW
from tests.sales.invoices.invoiced import Invoiced, invoiced
from tests.support.make import make_certificate
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner
from tests.support.shop import shopping

__all__ = ["gateway", "invoiced", "provider", "sandbox", "shopping"]

DAY = timedelta(days=1)


async def list_hrefs(invoiced: Invoiced, *, due_at: datetime) -> list[tuple[str, str]]:
    async with invoiced.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE cases SET due_at = $1", due_at)
    async with invoiced.shopping.db.transaction(scope=get_person_scope(invoiced.owner)) as conn:
        return [(each.href, each.words) for each in await list_todos(conn, invoiced.owner, now=NOW)]


async def test_a_case_stands_where_its_deadline_puts_it(invoiced: Invoiced) -> None:
    await invoiced.ask()
    async with invoiced.shopping.db.transaction() as conn:
        await make_certificate(conn, invoiced.producer_id, CertificateKind.ORGANIC, expires_on=(NOW + 3 * DAY).date())
    late = await list_hrefs(invoiced, due_at=NOW + 5 * DAY)
    assert [href for href, _ in late] == ["/farm/papers?kind=organic", "/farm/invoices"]
    assert late[1][1] == f"1 张发票，等您开，{day_short(NOW + 5 * DAY)}前"
    soon = await list_hrefs(invoiced, due_at=NOW + DAY)
    assert soon[0][1] == f"1 张发票，等您开，明天 {(NOW + DAY).astimezone(SHANGHAI):%-H:%M} 前"
    assert [href for href, _ in soon] == ["/farm/invoices", "/farm/papers?kind=organic"]
    passed = await list_hrefs(invoiced, due_at=NOW - DAY)
    assert passed[0] == ("/farm/invoices", "1 张发票，等您开")

"""What was delivered to a unit is accepted by a day: its people are reminded, then the county sees it."""

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from pathlib import Path

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.sales.procurement.chase import chase_acceptances, chase_red_letters
from market.sales.procurement.models import PurchaseState
from market.sales.procurement.views import count_late_acceptances
from market.service.web.units.words import describe_due
from tests.conftest import NOW
from tests.sales.procurement.canteen import Canteen, make_canteen
from tests.sales.procurement.test_purchases import make_contract
from tests.support.app import build_settings, run_service
from tests.support.make import make_official
from tests.support.postgres import wait_for_locks
from tests.support.shop import Shopping

TODAY = get_business_day(NOW)
DUE = date(2019, 9, 27)
"""Five working days after Friday, 20 September 2019."""


async def deliver(shopping: Shopping) -> tuple[Canteen, int]:
    canteen = await make_canteen(shopping)
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    return canteen, number


async def list_told(canteen: Canteen) -> list[tuple[str, bytes]]:
    async with canteen.shopping.db.connection() as conn:
        rows = await conn.fetch(
            "SELECT template, phone_index FROM messages WHERE template LIKE 'purchase_accept\\__%'"
            " ORDER BY queued_at, id"
        )
    return [(row["template"].removeprefix("purchase_accept_"), row["phone_index"]) for row in rows]


async def test_the_unit_has_five_working_days_is_reminded_and_the_county_sees_it(shopping: Shopping) -> None:
    canteen, number = await deliver(shopping)

    async def chase(day: date) -> list[int]:
        now = NOW + (day - TODAY)
        return [await chase_acceptances(shopping.db, shopping.seal, now=now) for _ in range(2)]

    def count_late(day: date) -> Awaitable[int]:
        return canteen.run(canteen.school.finance, lambda conn: count_late_acceptances(conn, "130624", day=day))

    purchase = (await canteen.see(number)).purchase
    assert (purchase.accept_due_on, describe_due(purchase, TODAY)) == (DUE, "2019年9月27日前验收")
    for days, told in ((-3, 0), (-2, 1), (-1, 0), (0, 0), (1, 1), (10, 1), (11, 0)):
        assert await chase(DUE + timedelta(days=days)) == [told, 0], days
    assert [await count_late(DUE + timedelta(days=days)) for days in (0, 1)] == [0, 1]
    async with shopping.db.connection() as conn:
        phones = {
            row["phone_index"]
            for row in await conn.fetch(
                "SELECT phone_index FROM accounts WHERE id = ANY($1)",
                [canteen.school.requester.account_id, canteen.school.acceptor.account_id],
            )
        }
    told = await list_told(canteen)
    assert [template for template, _ in told] == ["due"] * 2 + ["late"] * 4
    assert {phone for _, phone in told[:2]} == {phone for _, phone in told[4:]} == phones

    accepted = await canteen.accept(number, 20, 10)
    assert (accepted.purchase.state, accepted.purchase.accept_due_on) == (PurchaseState.ACCEPTED, None)
    later = DUE + timedelta(days=2)
    assert (await chase(later), await count_late(later)) == ([0, 0], 0)
    assert await chase_red_letters(shopping.db, shopping.seal, now=NOW) == 0


async def test_the_desk_shows_what_is_not_accepted(shopping: Shopping, dsn: str, folder: Path) -> None:
    _, number = await deliver(shopping)
    async with shopping.db.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
    for days, shown in ((0, "9月27日前验收"), (1, "9月27日前验收，过了 1 天")):
        late = NOW + (DUE - TODAY) + timedelta(days=days)
        async with shopping.db.transaction() as conn:
            token = (await sign_in_without_code(conn, official, now=late, second_factor=True)).token
        async with run_service(build_settings(dsn, folder, now=late), works=False) as service:
            home, page = [
                (await service.http.get(f"/desk{path}?county=130624", headers={"Cookie": f"session={token}"})).text
                for path in ("", "/procurement")
            ]
        assert ("公家单位 1 单过期没验收" in home) is bool(days)
        assert f"采购单 {number}" in page
        assert f"送到了，等验收，2019年{shown}<" in page


async def test_two_workers_remind_a_unit_once(shopping: Shopping, owner: Connection) -> None:
    canteen, _ = await deliver(shopping)
    late = NOW + (DUE - TODAY) + timedelta(days=1)
    async with owner.transaction():
        await owner.execute("SELECT FROM procurements FOR UPDATE")
        both = [asyncio.ensure_future(chase_acceptances(shopping.db, shopping.seal, now=late)) for _ in range(2)]
        await wait_for_locks(owner, len(both))
    assert sorted(await asyncio.gather(*both)) == [0, 1]
    assert len(await list_told(canteen)) == 2

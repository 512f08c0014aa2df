"""Who reads a purchase: who works for its unit or its seller today, and not who did before."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.people.identity.models import NotFound
from market.people.identity.sign_in import sign_in_without_code
from market.sales.procurement.steps import sign_contract
from tests.conftest import NOW
from tests.sales.procurement.canteen import make_canteen
from tests.sales.procurement.test_purchases import make_contract
from tests.support.app import build_settings, run_service
from tests.support.make import add_member, make_account
from tests.support.shop import Shopping

TODAY = get_business_day(NOW)


async def test_who_left_the_unit_or_the_seller_reads_no_purchase(shopping: Shopping, dsn: str, folder: Path) -> None:
    canteen = await make_canteen(shopping)
    acceptor = canteen.school.acceptor
    async with shopping.db.transaction() as conn:
        helper = await add_member(conn, canteen.seller.producers[0], "样例前帮手")
        await conn.execute(
            "UPDATE producer_members SET valid_during = daterange(lower(valid_during), $2) WHERE account_id = $1",
            helper.account_id, TODAY,
        )  # fmt: skip
        await conn.execute(
            "UPDATE public_buyers SET ends_on = $2::date - 1 WHERE account_id = $1", acceptor.account_id, TODAY
        )
        readers = {
            canteen.seller.account_id: 200, canteen.school.finance.account_id: 200,
            helper.account_id: 404, acceptor.account_id: 404, canteen.other.finance.account_id: 404,
            await make_account(conn, name="样例路人"): 404,
        }  # fmt: skip
        tokens = {
            (await sign_in_without_code(conn, each, now=NOW, second_factor=False)).token: status
            for each, status in readers.items()
        }
    number = await make_contract(canteen)
    page = f"/unit/orders/{number}"
    async with run_service(build_settings(dsn, folder, now=NOW), works=False) as service:
        for token, status in tokens.items():
            read = await service.call("GetPurchase", token=token, path={"number": number})
            shown, printed = [
                await service.http.get(path, headers={"Cookie": f"session={token}"})
                for path in (page, f"{page}/contract")
            ]
            assert [each.status_code for each in (read, shown, printed)] == [status] * 3
    # Nor does a step that comes too late tell them how far it is.
    former = replace(helper, producers=())
    with pytest.raises(NotFound):
        await canteen.run(former, lambda conn: sign_contract(conn, shopping.seal, former, number, now=NOW))


async def test_a_step_is_offered_to_nobody_who_may_not_take_it(
    shopping: Shopping, owner: Connection, dsn: str, folder: Path
) -> None:
    """Neither to who works for the seller by another account, nor to who did another step by another account."""
    canteen = await make_canteen(shopping)
    who = canteen.school
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    async with shopping.db.transaction() as conn:
        token = (
            await sign_in_without_code(conn, who.acceptor.account_id, now=NOW, second_factor=False)
        ).token  # fmt: skip
    names = await owner.fetch(
        "SELECT name FROM accounts WHERE id = ANY($1)", [canteen.seller.account_id, who.approver.account_id]
    )
    async with run_service(build_settings(dsn, folder, now=NOW), works=False) as service:
        for name, offered in (*((row["name"], False) for row in names), ("样例小学丙", True)):
            await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", who.acceptor.account_id, name)
            page = await service.http.get(f"/unit/orders/{number}", headers={"Cookie": f"session={token}"})
            assert (page.status_code, 'name="act" value="accept"' in page.text) == (200, offered), name

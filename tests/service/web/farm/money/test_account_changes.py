"""A changed payout account waits three days and needs a second person; so does a payout above the limit of a day."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection, Refusal
from market.people.identity.models import AccountId, Actor, Grant, Role
from market.sales.payouts.account_change import activate_due_changes, decide_account_change, lapse_changes
from market.sales.payouts.large_payouts import ask_for_large_payout, decide_large_payout
from market.sales.payouts.pay_out import pay_out_due
from payments import verify_ledger
from payments.stripe import Stripe
from tests.service.web.conftest import Village
from tests.service.web.farm.money.purse import (
    GOOD,
    HOLD,
    NOW,
    UNVERIFIED,
    act_as,
    enter,
    get_seal,
    get_shop,
    owe,
    read_payouts,
)  # fmt: skip
from tests.support.make import make_account

OTHER = "6222000000000009"
IN_THREE_DAYS = NOW + timedelta(days=3, hours=12)
"""The pages take the time when they are asked, hours later than `NOW` in a long run."""
ACCOUNTS = "SELECT string_agg(number_tail || ' ' || state, ', ' ORDER BY id) FROM payout_accounts"


async def add_son(village: Village) -> AccountId:
    """Add a second owner to the farmer's shop."""
    shop, _ = await get_shop(village)
    async with village.database.transaction() as conn:
        son = await make_account(conn, name="样例农户05", phone="17010009015")
    await village.value(
        "INSERT INTO producer_members (producer_id, account_id, role, valid_during)"
        " VALUES ($1, $2, 'owner', daterange('2019-01-01', NULL)) RETURNING 1",
        shop,
        son,
    )
    return son


async def decide(village: Village, account: AccountId, change: UUID, *, consent: bool, now: datetime = NOW) -> str:
    shop, _ = await get_shop(village)
    async with village.database.transaction() as conn:
        decided = await decide_account_change(
            conn, get_seal(village), act_as(account, shop), change, consent=consent, now=now
        )
    return decided.state


async def activate(village: Village, now: datetime = IN_THREE_DAYS) -> int:
    return await activate_due_changes(village.database, get_seal(village), now=now)


async def count_messages(village: Village, template: str) -> int:
    return await village.value("SELECT count(*) FROM messages WHERE template = $1", template)


async def test_an_account_is_changed_through_the_pages_by_two_people_in_three_days(
    village: Village, gateway: Stripe
) -> None:
    son = await add_son(village)
    await enter(village, gateway)
    async with await village.browser(village.farmer) as farm, await village.browser(son) as other:
        await farm.open("/farm/money")
        seen = await farm.submit("/farm/money/account", status=409, number=GOOD)
        assert "现在就是打到这个账户，不用换。" in seen.text
        assert f'value="{GOOD}"' in seen.html
        seen = await farm.submit("/farm/money/account", number=OTHER)
        assert "等另一个人同意，再过几天起用" in seen.text
        assert "收款账户：样例农户04，银行卡，尾号 3456。" in seen.text
        assert "换收款账户：银行卡，尾号 0009" in seen.text
        assert "/farm/money/account" not in seen.html
        assert await count_messages(village, "payout_account_changing") == 2
        [path] = {each.attrs["action"] for each in seen.root.all("form") if "changes" in each.attrs.get("action", "")}
        assert 'value="consent"' not in seen.html
        seen = await other.open("/farm/money")
        seen = await other.submit(path, decision="consent")
        assert "到了日子就起用新账户" in seen.text
        assert "已经有人同意" in seen.text
    assert await activate(village, NOW + timedelta(days=2, hours=23)) == 0
    assert await village.value(ACCOUNTS) == "3456 active, 0009 waiting"
    assert await activate(village) == 1
    assert await activate(village) == 0
    assert await village.value(ACCOUNTS) == "3456 ended, 0009 active"
    assert await count_messages(village, "payout_account_changed") == 2
    await owe(village, 50_00)
    used = await village.value("SELECT destination FROM payout_accounts WHERE state = 'active'")
    await pay_out_due(village.database, gateway, hold=HOLD, now=IN_THREE_DAYS)
    assert await village.value("SELECT destination FROM payments.payouts") == used


async def test_until_a_change_is_used_money_goes_to_the_account_before_it(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    change = await enter(village, gateway, OTHER)
    await decide(village, await add_son(village), change.id, consent=True)
    await owe(village, 50_00)
    await pay_out_due(village.database, gateway, hold=HOLD, now=NOW)
    used = await village.value("SELECT destination FROM payout_accounts WHERE state = 'active'")
    assert await village.value("SELECT destination FROM payments.payouts") == used != change.destination


async def test_nobody_agrees_to_their_own_change(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    change = await enter(village, gateway, OTHER)
    with pytest.raises(Refusal) as refused:
        await decide(village, village.farmer, change.id, consent=True)
    assert refused.value.code == "other_person_needed"
    # The same person with a second phone.
    son = await add_son(village)
    await village.value("UPDATE accounts SET name = '样例 农户04' WHERE id = $1 RETURNING 1", son)
    with pytest.raises(Refusal) as refused:
        await decide(village, son, change.id, consent=True)
    assert refused.value.code == "other_person_needed"
    assert await activate(village) == 0
    async with village.database.transaction() as conn:
        stranger = act_as(village.buyer)
        with pytest.raises(Refusal) as refused:
            await decide_account_change(conn, get_seal(village), stranger, change.id, consent=False, now=NOW)
    assert refused.value.code == "not_found"
    # An official needs the role, in the county of the shop, and the second factor.
    county = await village.value("SELECT county_code FROM producers WHERE id = $1", (await get_shop(village))[0])
    for role, scope, second_factor, code in (
        (Role.FINANCE, county, False, "second_factor_needed"),
        (Role.FINANCE, "130105", True, "not_found"),
        (Role.COUNTY, county, True, "not_found"),
    ):
        official = Actor(village.buyer, "样例", grants=(Grant(role, scope),), second_factor=second_factor)
        async with village.database.transaction() as conn:
            with pytest.raises(Refusal) as refused:
                await decide_account_change(conn, get_seal(village), official, change.id, consent=True, now=NOW)
        assert refused.value.code == code
    official = Actor(village.buyer, "样例", grants=(Grant(Role.FINANCE, county),), second_factor=True)
    async with village.database.transaction() as conn:
        await decide_account_change(conn, get_seal(village), official, change.id, consent=True, now=NOW)


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE payout_accounts SET state = 'active', activated_at = usable_at WHERE state = 'waiting'",
        (
            "UPDATE payout_accounts SET state = 'active', activated_at = usable_at - interval '1 s',"
            " decided_at = entered_at, decided_by = (SELECT id FROM accounts WHERE name = '样例农户05')"
            " WHERE state = 'waiting'"
        ),
        "UPDATE payout_accounts SET decided_at = entered_at, decided_by = entered_by WHERE state = 'waiting'",
        (
            "UPDATE payout_accounts SET decided_at = entered_at + interval '30 days 1 s',"
            " decided_by = (SELECT id FROM accounts WHERE name = '样例农户05') WHERE state = 'waiting'"
        ),
        "UPDATE payout_accounts SET usable_at = entered_at WHERE state = 'waiting'",
        "UPDATE payout_accounts SET destination = 'acct_thief' WHERE state = 'active'",
        (
            "INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, entered_by,"
            " entered_at) SELECT producer_id, kind, holder, number_sealed, '6666', entered_by, entered_at"
            "  FROM payout_accounts WHERE state = 'active';"
            " UPDATE payout_accounts SET state = 'rejected', checked_at = now() WHERE state = 'waiting';"
            " UPDATE payout_accounts SET state = 'ended' WHERE state = 'active';"
            " UPDATE payout_accounts SET state = 'active', destination = 'acct_thief', checked_at = now(),"
            " activated_at = now() WHERE number_tail = '6666'"
        ),
    ],
)
async def test_the_schema_keeps_the_three_days_and_the_second_person(
    village: Village, gateway: Stripe, owner: Connection, forged: str
) -> None:
    await add_son(village)
    await enter(village, gateway)
    await enter(village, gateway, OTHER)
    with pytest.raises(asyncpg.PostgresError):
        async with owner.transaction():
            await owner.execute(forged)
    assert await village.value(ACCOUNTS) == "3456 active, 0009 waiting"


async def test_a_change_is_withdrawn_and_another_one_may_follow(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    change = await enter(village, gateway, OTHER)
    with pytest.raises(Refusal) as refused:
        await enter(village, gateway, "6222000000000017")
    assert refused.value.code == "payout_account_exists"
    for _ in range(2):
        assert await decide(village, village.farmer, change.id, consent=False) == "rejected"
    assert await count_messages(village, "payout_account_kept") == 1
    son = await add_son(village)
    with pytest.raises(Refusal) as refused:
        await decide(village, son, change.id, consent=True)
    assert refused.value.code == "account_change_ended"
    again = await enter(village, gateway, OTHER)
    assert await decide(village, son, again.id, consent=True) == "waiting"
    await activate(village)
    assert await village.value(ACCOUNTS) == "3456 ended, 0009 rejected, 0009 active"
    with pytest.raises(Refusal) as refused:
        await decide(village, son, again.id, consent=False)
    assert refused.value.code == "account_change_ended"


async def test_a_change_that_nobody_agrees_to_ends_after_thirty_days(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    change = await enter(village, gateway, OTHER)
    son = await add_son(village)
    term = NOW + timedelta(days=30)
    assert await lapse_changes(village.database, get_seal(village), now=term) == 0
    with pytest.raises(Refusal) as refused:
        await decide(village, son, change.id, consent=True, now=term + timedelta(seconds=1))
    assert refused.value.code == "account_change_ended"
    for lapsed in (1, 0):
        assert await lapse_changes(village.database, get_seal(village), now=term + timedelta(seconds=1)) == lapsed
    assert await village.value(ACCOUNTS) == "3456 active, 0009 rejected"
    assert await count_messages(village, "payout_account_kept") == 2  # of two owners
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
        assert "换账户 30 天里没有人同意，没有换；要换请再填一次。" in seen.text


async def test_a_change_agreed_to_on_the_last_day_is_used(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    change = await enter(village, gateway, OTHER)
    term = NOW + timedelta(days=30)
    await decide(village, await add_son(village), change.id, consent=True, now=term)
    assert await lapse_changes(village.database, get_seal(village), now=term + timedelta(days=1)) == 0
    assert await activate(village, term + timedelta(days=1)) == 1
    assert await village.value(ACCOUNTS) == "3456 ended, 0009 active"


async def test_accounts_that_are_entered_again_and_again_end(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    for _ in range(9):
        change = await enter(village, gateway, OTHER)
        await decide(village, village.farmer, change.id, consent=False)
    with pytest.raises(Refusal) as refused:
        await enter(village, gateway, OTHER)
    assert refused.value.code == "too_many_account_changes"
    assert (await enter(village, gateway, OTHER, now=NOW + timedelta(days=31))).state == "waiting"


async def test_a_change_that_the_provider_rejects_leaves_the_account(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    assert (await enter(village, gateway, UNVERIFIED)).state == "rejected"
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
    assert "要换的账户没有通过核对：户名和账号对不上。钱照旧打到原来的账户。" in seen.text
    assert "收款账户：样例农户04，银行卡，尾号 3456。" in seen.text
    assert await village.value(ACCOUNTS) == "3456 active, 0000 rejected"


async def test_a_refusal_races_with_the_day_of_the_change(village: Village, gateway: Stripe) -> None:
    son = await add_son(village)
    await enter(village, gateway)
    for number in range(4):
        change = await enter(village, gateway, f"62220000000012{number:02}")
        await decide(village, son, change.id, consent=True)

        async def refuse(change_id: UUID = change.id) -> str:
            try:
                return await decide(village, son, change_id, consent=False)
            except Refusal as refusal:
                return refusal.code

        outcome, activated = await asyncio.gather(refuse(), activate(village))
        assert (outcome, activated) in {("rejected", 0), ("account_change_ended", 1)}
        assert await village.value("SELECT count(*) FROM payout_accounts WHERE state = 'active'") == 1


async def test_what_is_owed_above_the_limit_is_paid_after_a_second_person_agreed(
    village: Village, gateway: Stripe
) -> None:
    son = await add_son(village)
    await enter(village, gateway)
    await owe(village, 12_000_00)
    async with await village.browser(village.farmer) as farm, await village.browser(son) as other:
        seen = await farm.open("/farm/money")
        assert "超过一天能打的还有 7,000.00 元。" in seen.text
        seen = await farm.submit("/farm/money/large")
        assert "打款 7,000.00 元，超过一天能打的" in seen.text
        assert "超过一天能打的还有" not in seen.text
        [path] = {each.attrs["action"] for each in seen.root.all("form") if "/large/" in each.attrs.get("action", "")}
        assert await read_payouts(village) == []
        await other.open("/farm/money")
        await other.submit(path, decision="consent")
        assert await read_payouts(village) == [("in_transit", 7_000_00)]
        assert "该给您 5,000.00 元 正在打给您 7,000.00 元" in (await farm.open("/farm/money")).text
    async with village.database.connection() as conn:
        assert await verify_ledger(conn) == []


async def test_nobody_agrees_to_their_own_large_payout(village: Village, gateway: Stripe, owner: Connection) -> None:
    shop, _ = await get_shop(village)
    await enter(village, gateway)
    await owe(village, 6_000_00)
    farmer = act_as(village.farmer, shop)
    async with village.database.transaction() as conn:
        asked = await ask_for_large_payout(conn, farmer, shop, hold=HOLD, now=NOW)
    assert asked.amount_fen == 1_000_00
    seal = get_seal(village)
    with pytest.raises(Refusal) as refused:
        await decide_large_payout(village.database, gateway, seal, farmer, asked.id, consent=True, hold=HOLD, now=NOW)
    assert refused.value.code == "other_person_needed"
    with pytest.raises(asyncpg.PostgresError, match="second person"):
        await owner.execute(
            "UPDATE large_payouts SET state = 'consented', decided_by = requested_by, decided_at = now()"
        )
    with pytest.raises(Refusal) as refused:
        async with village.database.transaction() as conn:
            await ask_for_large_payout(conn, farmer, shop, hold=HOLD, now=NOW)
    assert refused.value.code == "large_payout_waiting"
    for _ in range(2):
        ended = await decide_large_payout(
            village.database, gateway, seal, farmer, asked.id, consent=False, hold=HOLD, now=NOW
        )
        assert ended.state == "refused"
    assert await read_payouts(village) == []
    assert await count_messages(village, "large_payout_refused") == 0


async def test_a_large_payout_pays_at_most_what_is_still_owed_and_once(village: Village, gateway: Stripe) -> None:
    shop, _ = await get_shop(village)
    son = act_as(await add_son(village), shop)
    await enter(village, gateway)
    await owe(village, 12_000_00)
    async with village.database.transaction() as conn:
        asked = await ask_for_large_payout(conn, act_as(village.farmer, shop), shop, hold=HOLD, now=NOW)
    await owe(village, -9_000_00, key="back")
    seal = get_seal(village)
    await asyncio.gather(
        *(
            decide_large_payout(village.database, gateway, seal, son, asked.id, consent=True, hold=HOLD, now=NOW)
            for _ in range(5)
        )
    )
    assert await read_payouts(village) == [("in_transit", 3_000_00)]


async def test_a_large_payout_with_nothing_left_goes_on_waiting(village: Village, gateway: Stripe) -> None:
    shop, _ = await get_shop(village)
    son = act_as(await add_son(village), shop)
    await enter(village, gateway)
    await owe(village, 6_000_00)
    async with village.database.transaction() as conn:
        asked = await ask_for_large_payout(conn, act_as(village.farmer, shop), shop, hold=HOLD, now=NOW)
    await owe(village, -6_000_00, key="back")
    with pytest.raises(Refusal) as refused:
        await decide_large_payout(
            village.database, gateway, get_seal(village), son, asked.id, consent=True, hold=HOLD, now=NOW
        )
    assert refused.value.code == "nothing_to_pay_out"
    assert await village.value("SELECT state FROM large_payouts") == "waiting"

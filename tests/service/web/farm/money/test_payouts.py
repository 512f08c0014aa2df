"""A seller's money from what is owed to what arrived: the account, payouts by schedule and on request, and failures."""

import asyncio
from datetime import datetime, timedelta

import pytest

from market.kernel import Refusal
from market.kernel.clock import Clock
from market.sales.payouts.account import (
    PAYOUT_NUMBER_CONTEXT,
    check_payout_accounts,
)
from market.sales.payouts.pay_out import apply_payout_events, ask_for_payout, pay_out_due
from payments import list_payouts, send_payout, verify_ledger
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.service.web.conftest import Village
from tests.service.web.farm.money.purse import (
    GOOD,
    HOLD,
    NOW,
    UNVERIFIED,
    act_as,
    bank_decides,
    enter,
    get_seal,
    get_shop,
    owe,
    read_payouts,
)  # fmt: skip
from tests.service.web.shop.test_buying import buy_everything, get_order_number
from tests.support.browser import read_form_values


async def test_money_reaches_the_farmer_through_the_pages(village: Village, gateway: Stripe, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        await buy_everything(village, sandbox, browser)
        [path] = {link for link in (await farm.open("/farm/orders")).links() if link.startswith("/farm/parcels/")}
        await farm.open(path)
        await farm.submit(path, carrier="邮政", tracking="XA123456789CN")
        number = await get_order_number(village)
        await browser.open(f"/orders/{number}")
        await browser.submit(f"/orders/{number}/receive/1")
        seen = await farm.open("/farm/money")
        assert "该给您 88.20 元 正在打给您 0.00 元 已到账 0.00 元" in seen.text
        assert "还没有收款账户，钱先记在您名下。" in seen.text
        assert "/farm/money/payout" not in seen.html
        seen = await farm.submit("/farm/money/account", status=422, number="12")
        assert "账号是 8 到 30 位数字" in seen.text
        seen = await farm.submit("/farm/money/account", status=422, kind="wechat", number="12345678")
        assert "微信写它绑定的手机号，11 位数字" in seen.text
        assert {("kind", "wechat"), ("number", "12345678")} <= set(read_form_values(seen.form("/farm/money/account")))
        seen = await farm.submit("/farm/money/account", kind="bank", number="6222 0000 0012 3456")
        assert "收款账户：样例农户04，银行卡，尾号 3456。" in seen.text
        assert "换收款账户" in seen.text
        kept = "其中 88.20 元先留着：买家收到后 48 小时能申请坏果包赔，不是鲜货的 7 天能退；"
        assert kept + "没有同意的，买家还能请县里调解。过了就打给您。" in seen.text
        assert "/farm/money/payout" not in seen.html
        await village.value(
            "UPDATE suborders SET received_at = received_at - interval '9 days' WHERE state = 'received' RETURNING 1"
        )
        await farm.open("/farm/money")
        seen = await farm.submit("/farm/money/payout")
        assert "该给您 0.00 元 正在打给您 88.20 元 已到账 0.00 元" in seen.text
        await bank_decides(village, gateway, sandbox, "paid")
        seen = await farm.open("/farm/money")
        assert "该给您 0.00 元 正在打给您 0.00 元 已到账 88.20 元" in seen.text
        assert "减去已到账的 −88.20 元 该给您的 0.00 元" in seen.text
        seen = await farm.open("/farm/money/month")
        assert "月初该给您 0.00 元" in seen.text
        assert f"卖货，订单 {number} 90.00 −1.80 0.00 0.00" in seen.text
        assert "打给您 0.00 0.00 0.00 −88.20 合计 90.00 −1.80 0.00 −88.20" in seen.text
        assert "月末该给您 0.00 元" in seen.text
        last = NOW.replace(day=1) - timedelta(days=1)
        assert f"/farm/money/month?of={last:%Y-%m}" in (await farm.open("/farm/money")).html
        seen = await farm.open(f"/farm/money/month?of={last:%Y-%m}")
        assert f"{last.year} 年 {last.month} 月对账单" in seen.text
        assert "这个月没有账。 合计 0.00 0.00 0.00 0.00" in seen.text
        assert await apply_payout_events(village.database, get_seal(village), now=NOW) == 2
        assert await village.value("SELECT count(*) FROM messages WHERE template = 'payout_paid'") == 1
    async with village.database.connection() as conn:
        assert await verify_ledger(conn) == []


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2019-13", "", "样例"])
async def test_a_month_that_is_none_shows_this_month(village: Village, month: str) -> None:
    async with await village.browser(village.farmer) as farm:
        assert f"{NOW.year} 年 " in (await farm.open(f"/farm/money/month?of={month}")).text


async def test_a_failed_payout_is_owed_again_and_says_why(village: Village, gateway: Stripe, sandbox: Sandbox) -> None:
    await enter(village, gateway)
    await owe(village, 50_00)
    assert await pay_out_due(village.database, gateway, hold=HOLD, now=NOW) == 1
    await bank_decides(village, gateway, sandbox, "failed", "account_closed")
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
        assert "该给您 50.00 元 正在打给您 0.00 元 已到账 0.00 元" in seen.text
        assert "50.00 元没有打到：账户已经销户。钱还在您名下" in seen.text
        await apply_payout_events(village.database, get_seal(village), now=NOW)
        assert await village.value("SELECT count(*) FROM messages WHERE template = 'payout_failed'") == 1
        # The schedule does not pay again into an account that failed; the owner asks.
        await pay_out_due(village.database, gateway, hold=HOLD, now=Clock().now().replace(year=NOW.year + 1))
        assert await read_payouts(village) == [("failed", 50_00)]
        await farm.open("/farm/money")
        seen = await farm.submit("/farm/money/payout")
        assert await read_payouts(village) == [("in_transit", 50_00), ("failed", 50_00)]
        assert "没有打到" not in seen.text
        await owe(village, 30_00, key="2")
        await pay_out_due(village.database, gateway, hold=HOLD, now=Clock().now().replace(year=NOW.year + 1))
        assert len(await read_payouts(village)) == 2


@pytest.mark.parametrize(("owed", "paid"), [(9_99, []), (10_00, [10_00]), (5_000_01, [5_000_00])])
async def test_the_schedule_pays_above_the_minimum_up_to_the_limit_once_a_day(
    village: Village, gateway: Stripe, owed: int, paid: list[int]
) -> None:
    await enter(village, gateway)
    await owe(village, owed)
    for _ in range(2):
        await pay_out_due(village.database, gateway, hold=HOLD, now=NOW)
        assert await read_payouts(village) == [("in_transit", each) for each in paid]


async def test_the_limit_holds_for_schedule_and_requests_of_a_day_together(village: Village, gateway: Stripe) -> None:
    shop, _ = await get_shop(village)
    await enter(village, gateway)
    await owe(village, 5_000_00)
    await pay_out_due(village.database, gateway, hold=HOLD, now=NOW)
    await owe(village, 1_00, key="2")
    with pytest.raises(Refusal) as refused:
        await ask_for_payout(village.database, gateway, act_as(village.farmer, shop), shop, key="k", hold=HOLD, now=NOW)
    assert refused.value.code == "nothing_to_pay_out"
    assert await read_payouts(village) == [("in_transit", 5_000_00)]


async def test_a_hundred_payouts_of_a_day_count_against_its_limit_and_keep_their_keys(
    village: Village, gateway: Stripe
) -> None:
    shop, number = await get_shop(village)
    await enter(village, gateway)
    actor = act_as(village.farmer, shop)
    await owe(village, 4_900_00)
    first = await ask_for_payout(village.database, gateway, actor, shop, key="first", hold=HOLD, now=NOW)
    await village.value(
        "WITH more AS (INSERT INTO payments.payouts (payee, key, provider, destination, currency, amount_minor, state,"
        " created_at, paid_at) SELECT $1, 'fen:' || n, 'stripe', 'acct_1', 'CNY', 1, 'paid', $2, $2"
        " FROM generate_series(1, 100) AS n RETURNING 1) SELECT count(*) FROM more",
        str(number),
        NOW,
    )
    await owe(village, 4_900_00, key="2")
    last = await ask_for_payout(village.database, gateway, actor, shop, key="last", hold=HOLD, now=NOW)
    assert last.amount_minor == 99_00
    assert (
        await ask_for_payout(village.database, gateway, actor, shop, key="first", hold=HOLD, now=NOW)
    ).id == first.id


async def test_ten_requests_at_once_pay_once(village: Village, gateway: Stripe) -> None:
    shop, _ = await get_shop(village)
    await enter(village, gateway)
    await owe(village, 70_00)

    async def ask(key: str) -> str:
        try:
            await ask_for_payout(
                village.database, gateway, act_as(village.farmer, shop), shop, key=key, hold=HOLD, now=NOW
            )
        except Refusal as refusal:
            return refusal.code
        return "asked"

    outcomes = await asyncio.gather(*(ask("same" if number < 5 else str(number)) for number in range(10)))
    assert await read_payouts(village) == [("in_transit", 70_00)]
    assert set(outcomes) == {"asked", "nothing_to_pay_out"}


async def test_a_helper_neither_enters_the_account_nor_asks_for_money(village: Village, gateway: Stripe) -> None:
    await owe(village, 70_00)
    await village.value("UPDATE producer_members SET role = 'helper' WHERE account_id = $1 RETURNING 1", village.farmer)
    shop, _ = await get_shop(village)
    with pytest.raises(Refusal) as refused:
        await enter(village, gateway)
    assert refused.value.code == "payout_owner_only"
    with pytest.raises(Refusal) as refused:
        await ask_for_payout(village.database, gateway, act_as(village.farmer, shop), shop, key="k", hold=HOLD, now=NOW)
    assert refused.value.code == "payout_owner_only"
    assert await village.value("SELECT count(*) FROM payout_accounts") == 0
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
        assert "/farm/money/account" not in seen.html
        assert "该给您 70.00 元" in seen.text


async def test_an_account_is_entered_once_and_its_number_is_encrypted(village: Village, gateway: Stripe) -> None:
    account = await enter(village, gateway)
    assert (account.state, account.holder, account.tail) == ("active", "样例农户04", "3456")
    with pytest.raises(Refusal) as refused:
        await enter(village, gateway)
    assert refused.value.code == "payout_account_unchanged"
    sealed = await village.value("SELECT number_sealed FROM payout_accounts")
    assert GOOD.encode() not in sealed
    assert get_seal(village).open(sealed, PAYOUT_NUMBER_CONTEXT) == GOOD
    text = await village.value("SELECT string_agg(detail::text, '') FROM audit_entries")
    assert GOOD not in text


async def test_a_rejected_account_says_why_and_may_be_entered_again(village: Village, gateway: Stripe) -> None:
    assert (await enter(village, gateway, UNVERIFIED)).state == "rejected"
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
        assert "上次填的账户没有通过核对：户名和账号对不上。请再填一次。" in seen.text
        await farm.submit("/farm/money/account", number=GOOD)
    assert await village.value("SELECT string_agg(state, ' ' ORDER BY id) FROM payout_accounts") == "rejected active"


async def test_an_account_is_checked_later_if_the_provider_does_not_answer(
    village: Village, gateway: Stripe, sandbox: Sandbox
) -> None:
    await sandbox.fault("accounts", "500", after=True)
    assert (await enter(village, gateway)).state == "checking"
    async with await village.browser(village.farmer) as farm:
        assert "尾号 3456，正在核对。" in (await farm.open("/farm/money")).text
    seal = get_seal(village)
    assert await check_payout_accounts(village.database, gateway, seal, now=NOW) == 1
    assert await village.value("SELECT state FROM payout_accounts") == "active"


async def test_a_payout_that_the_provider_did_not_answer_is_sent_once(
    village: Village, gateway: Stripe, sandbox: Sandbox
) -> None:
    await enter(village, gateway)
    await owe(village, 50_00)
    await sandbox.fault("payout", "500", after=True)
    await pay_out_due(village.database, gateway, hold=HOLD, now=NOW)
    assert await read_payouts(village) == [("created", 50_00)]
    _, number = await get_shop(village)
    async with village.database.connection() as conn:
        [payout] = await list_payouts(conn, str(number))
    await send_payout(village.database, gateway, payout.id, at=datetime.now(NOW.tzinfo))
    assert await read_payouts(village) == [("in_transit", 50_00)]
    transfers = (await sandbox.state())["transfers"]
    assert len([each for each in transfers if each["metadata"].get("payout") == str(payout.id)]) == 1


async def test_every_seller_is_paid_however_many_there_are(
    village: Village, gateway: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sales.payouts.pay_out._PIECE", 1)
    account = await enter(village, gateway)
    await owe(village, 50_00)
    async with village.database.transaction() as conn:
        # Others with an account, to whom nothing is owed, come before.
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(
            "INSERT INTO payout_accounts SELECT (jsonb_populate_record(p, jsonb_build_object('id', uuidv7(),"
            " 'producer_id', lpad(n::text, 32, '0')))).* FROM payout_accounts p, generate_series(1, 3) AS n"
            " WHERE id = $1",
            account.id,
        )
    assert await pay_out_due(village.database, gateway, hold=HOLD, now=NOW) == 1
    assert await village.value("SELECT count(*) FROM payments.payouts") == 1

"""钱的异常: each problem with its sum, order and day, to its county alone, and its repair from the page, once."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec import Struct

from market.kernel import Connection
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.sales.orders.mark_paid import apply_payment_events
from payments import Method, post
from tests.conftest import NOW
from tests.sales.orders.conftest import gateway, provider, sandbox, shopping
from tests.sales.orders.test_payment_problems import Sale, sale
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service, build_settings, run_service
from tests.support.browser import ORIGIN, PageClient, read_form_values
from tests.support.make import make_official

__all__ = ["gateway", "provider", "sale", "sandbox", "shopping"]

EMPTY = "没有要办的。"


class Desk(Struct, frozen=True):
    """The service, and the sessions of the county's finance, of another county's, and of the platform."""

    service: Service
    finance: str
    elsewhere: str
    platform: str


@pytest.fixture
async def desk(dsn: str, folder: Path, sale: Sale) -> AsyncGenerator[Desk]:
    async with sale.shopping.db.transaction() as conn:
        county = await conn.fetchval("SELECT county_code FROM producers WHERE id = $1", sale.product.producer_id)
        tokens = [
            await sign_in_official(conn, role, scope)
            for role, scope in ((Role.FINANCE, county), (Role.FINANCE, "130725"), (Role.PLATFORM, "13"))
        ]
    settings = build_settings(dsn, folder, now=NOW, stripe_base=sale.shopping.sandbox.url, stripe_key="sk_test_sample")
    async with run_service(settings) as service:
        yield Desk(service, *tokens)


async def sign_in_official(conn: Connection, role: Role, scope: str) -> str:
    account = await make_official(conn, role, scope)
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def send(browser: PageClient, path: str, values: dict[str, str]) -> int:
    """Submit a form of an older page, and return the status of the response."""
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    return (await browser.client.post(path, data=values, headers=headers)).status_code


async def list_audit(owner: Connection, action: str) -> list[str]:
    return [row[0] for row in await owner.fetch("SELECT object FROM audit_entries WHERE action = $1", action)]


async def fail_refund(sale: Sale, owner: Connection) -> UUID:
    await sale.refund(5_00)
    await sale.fail_refunds()
    return await owner.fetchval("SELECT id FROM payments.refunds")


async def test_without_problems_the_page_says_what_would_be_listed(desk: Desk) -> None:
    async with open_desk_walker(desk.service, desk.finance) as browser:
        assert "钱的异常 0 件" not in (await browser.open("/desk")).text
        assert EMPTY in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.platform) as browser:
        assert EMPTY in (await browser.open("/desk/money")).text


async def test_a_failed_refund_is_shown_to_its_county_and_sent_again_once(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    refund_id = await fail_refund(sale, owner)
    async with open_desk_walker(desk.service, desk.elsewhere) as browser:
        assert EMPTY in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.finance) as browser:
        assert "钱的异常 1 件" in (await browser.open("/desk")).text
        seen = await browser.open("/desk/money")
        for words in (
            "没有退到的退款 1 件",
            f"订单 {sale.order.number}",
            "金额 5.00 元",
            "2019年9月20日",
            "退过几次 1 次",
            "谁办 县财政或者平台",
            "哪天前办 9月23日，还有 3 天",
        ):
            assert words in seen.text.replace("　", " "), words
        again = dict(read_form_values(seen.form(f"/desk/money/refunds/{refund_id}/retry")))
        seen = await browser.submit(f"/desk/money/refunds/{refund_id}/retry")
        assert "已记下" in seen.text
        assert EMPTY in seen.text
        await sale.fail_refunds()
        assert await send(browser, f"/desk/money/refunds/{refund_id}/retry", again) == 303
    assert await owner.fetchval("SELECT state || attempt FROM payments.refunds") == "failed2"
    assert await list_audit(owner, "refund.retry") == [f"order:{sale.order.number}"]


async def test_a_refund_that_was_transferred_by_hand_is_recorded_once_by_two_people(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    path = f"/desk/money/refunds/{await fail_refund(sale, owner)}/repaid"
    async with open_desk_walker(desk.service, desk.elsewhere) as browser:
        csrf = dict(read_form_values((await browser.open("/desk")).form("/sign-out")))
        assert await send(browser, path, {**csrf, "key": "k", "text": "B-1"}) == 403
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        sent = dict(read_form_values(seen.form(path)))
        assert "没有办成" in (await browser.submit(path, text=" ", status=422)).text
        for _ in range(2):
            assert await send(browser, path, {**sent, "text": "ICBC-77"}) == 303
        assert "等另一个人" in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.platform) as browser:
        assert "两个人各记一次" in (await browser.open("/desk/money")).text
        assert EMPTY in (await browser.submit(path, text="ICBC-77")).text
    assert await owner.fetchval("SELECT state || reason FROM payments.refunds") == "succeededICBC-77"
    assert await list_audit(owner, "refund.repaid") == [f"order:{sale.order.number}"]


async def test_what_a_lost_dispute_gave_of_a_failed_refund_is_not_paid_again(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    await sale.shopping.sandbox.fault("refund", "decline")
    await sale.refund(5_00)
    path = f"/desk/money/refunds/{await owner.fetchval('SELECT id FROM payments.refunds')}"
    await sale.judge(await sale.dispute(sale.order.total_fen - 3_00), "lost")
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        for words in ("异议输了，银行已退给买家 2.00 元", "还要转给买家 3.00 元", "只把剩下的用银行转账退给买家"):
            assert words in seen.text.replace("　", " "), words
        assert f"{path}/retry" not in seen.html
        # As if the dispute had been lost over all of it, before refunds ended with it.
        await owner.execute("UPDATE payments.disputes SET amount_minor = $1", sale.order.total_fen)
        seen = await browser.open("/desk/money")
        assert "买家已经拿到这笔钱" in seen.text
        assert f"{path}/repaid" not in seen.html
        await browser.submit(f"{path}/retry")
        assert "没有退到的退款" not in (await browser.open("/desk/money")).text
    assert await owner.fetchval("SELECT state || attempt FROM payments.refunds") == "succeeded2"
    assert await list_audit(owner, "refund.retry") == [f"order:{sale.order.number}"]


async def test_a_bank_transfer_is_recorded_and_the_order_is_paid(desk: Desk, sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        assert "钱的异常 0 件" in seen.heading.replace("　", " ")
        assert "等到账的银行转账" in seen.text
        seen = await browser.submit(f"/desk/money/transfers/{order.number}", text="ICBC-1")
        assert "等另一个人" in seen.text
    async with open_desk_walker(desk.service, desk.platform) as browser:
        await browser.open("/desk/money")
        assert EMPTY in (await browser.submit(f"/desk/money/transfers/{order.number}", text="ICBC-1")).text
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    assert (await w.see(order)).state == "paid"
    assert await list_audit(owner, "transfer.record") == [f"order:{order.number}"] * 2


async def test_a_parcel_that_stands_still_has_two_repairs_with_fields_of_their_own(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    await sale.ship()
    await owner.execute("UPDATE tracked_parcels SET state = 'unknown', moved_at = $1", NOW - timedelta(days=4))
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        forms = [form for form in seen.root.all("form") if "/parcels/" in form.attrs["action"]]
        fields = [each for form in forms for each in form.all("input") if each.attrs["name"] == "text"]
        labels = [each.attrs["for"] for form in forms for each in form.all("label")]
        assert (len(forms), [each.attrs["id"] for each in fields], len(set(labels))) == (2, labels, 2)


async def test_a_refund_of_a_bank_transfer_waits_for_a_person(desk: Desk, sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    async with open_desk_walker(desk.service, desk.platform) as browser:
        await browser.open("/desk/money")
        await browser.submit(f"/desk/money/transfers/{order.number}", text="ICBC-1")
    async with open_desk_walker(desk.service, desk.finance) as browser:
        await browser.open("/desk/money")
        await browser.submit(f"/desk/money/transfers/{order.number}", text="ICBC-1")
        await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
        await Sale(w, sale.product, order).refund(5_00)
        refund_id = await owner.fetchval("SELECT id FROM payments.refunds")
        assert "要用银行转账退给买家" in (await browser.open("/desk/money")).text
        await browser.submit(f"/desk/money/refunds/{refund_id}/repaid", text="ICBC-2")
    async with open_desk_walker(desk.service, desk.platform) as browser:
        await browser.open("/desk/money")
        assert EMPTY in (await browser.submit(f"/desk/money/refunds/{refund_id}/repaid", text="ICBC-2")).text


async def test_a_refund_that_stays_pending_is_shown_to_whom_may_ask_the_provider(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    await sale.refund(5_00)
    await owner.execute(
        "UPDATE payments.refunds SET state = 'pending', provider_ref = 're_77', pending_since = now() - interval '8 d'"
    )
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = (await browser.open("/desk/money")).text
    for words in ("退款一直没有结果", f"订单 {sale.order.number}", "金额 5.00 元", "谁办 平台", "re_77"):
        assert words in seen, words


async def test_a_dispute_shows_the_day_on_which_the_answer_is_due(desk: Desk, sale: Sale) -> None:
    await sale.dispute(10_00)
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = (await browser.open("/desk/money")).text
    for words in ("买家不认这笔付款", f"订单 {sale.order.number}", "金额 10.00 元", "谁办 平台", "哪天前办", "还有"):
        assert words in seen, words


async def test_what_belongs_to_no_order_is_shown_to_the_platform_and_repaired_there(
    desk: Desk, owner: Connection
) -> None:
    await owner.execute(
        "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state)"
        " VALUES ('stripe', 'evt_dead', 'charge.refunded', '', 'dead'),"
        " ('stripe', 'evt_foreign', 'charge.refunded', '', 'dead')"
    )
    discrepancy = await owner.fetchval(
        "INSERT INTO payments.discrepancies (provider, day, kind, reference, provider_minor, opened_at)"
        " VALUES ('stripe', '2019-09-19', 'missing_here', 'txn_1', 900, now()) RETURNING id"
    )
    async with open_desk_walker(desk.service, desk.finance) as browser:
        assert EMPTY in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.platform) as browser:
        seen = await browser.open("/desk/money")
        for words in ("通知已经停办", "支付平台有这笔，我们没有记", "支付平台记的 9.00 元", "我们记的 没有"):
            assert words in seen.text, words
        await browser.submit("/desk/money/messages/evt_dead")
        await browser.submit("/desk/money/messages/evt_foreign/dismissal", text="别家店的")
        assert EMPTY in (await browser.submit(f"/desk/money/discrepancies/{discrepancy}", text="测试收的款")).text
    assert await owner.fetchval("SELECT note FROM payments.discrepancies") == "测试收的款"
    assert await list_audit(owner, "message.requeue") == ["message:evt_dead"]
    assert await list_audit(owner, "message.dismiss") == ["message:evt_foreign"]
    assert await list_audit(owner, "discrepancy.close") == [f"discrepancy:{discrepancy}"]


async def test_problems_of_the_countys_orders_that_only_the_platform_repairs_say_so(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    ref = await sale.get_provider_ref()
    payment = await owner.fetchval("SELECT id FROM payments.payments")
    await owner.execute(
        "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state)"
        f" VALUES ('stripe', 'evt_dead', 'charge.refunded', '{ref}', 'dead')"
    )
    await owner.execute(
        "INSERT INTO payments.discrepancies (provider, day, kind, reference, ledger_minor, opened_at)"
        f" VALUES ('stripe', '2019-09-19', 'missing_there', 'paid:{payment}', 4500, now())"
    )
    await owner.execute(
        "INSERT INTO payments.operations (payment_id, kind, key, state, first_sent_at)"
        f" VALUES ('{payment}', 'create', 'create:{payment}', 'unknown', now() - interval '2 hours')"
    )
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
    assert seen.text.count("由平台的人处理。") == 2
    assert "不知道请买家付款办成没有" in seen.text
    assert [form for form in seen.root.all("form") if form.attrs.get("action", "").startswith("/desk/money")] == []


async def test_more_problems_than_fit_on_the_page_are_counted(desk: Desk, owner: Connection) -> None:
    await owner.execute(
        "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state)"
        " SELECT 'stripe', 'evt_' || n, 'charge.refunded', '', 'dead' FROM generate_series(1, 25) AS n"
    )
    async with open_desk_walker(desk.service, desk.platform) as browser:
        seen = await browser.open("/desk/money")
    assert "没有办成的支付通知 25 件" in seen.text.replace("　", " ")
    assert "还有 5 件" in seen.text
    assert seen.text.count("通知已经停办") == 20


async def test_money_in_suspense_is_returned_by_the_platform(desk: Desk, sale: Sale, owner: Connection) -> None:
    async with sale.shopping.db.transaction() as conn:
        legs = [("clearing:alipay", -20_34), ("suspense:pi_1", 20_34)]
        await post(conn, key="suspense:pi_1", kind="unattributed", order=str(sale.order.number), legs=legs, at=NOW)
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = (await browser.open("/desk/money")).text
        for words in ("收到的钱和订单对不上", f"订单 {sale.order.number}", "金额 20.34 元", "由平台的人处理。"):
            assert words in seen, words
    async with open_desk_walker(desk.service, desk.platform) as browser:
        await browser.open("/desk/money")
        assert EMPTY in (await browser.submit("/desk/money/suspense/pi_1", text="re_1")).text
        assert await send(browser, "/desk/money/suspense/pi_1", await make_form(browser, text="re_1")) == 404
    assert await list_audit(owner, "suspense.return") == ["charge:pi_1"]


async def make_form(browser: PageClient, **values: str) -> dict[str, str]:
    """Return a form of its own key with the token of the desk's pages."""
    return {**dict(read_form_values((await browser.open("/desk")).form("/sign-out"))), "key": "another", **values}


async def test_finance_decides_on_a_refund_that_needs_a_second_person(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    request = """
        INSERT INTO refund_requests (suborder_id, line_id, key, amount_fen, reason, note, requested_by, requested_at)
        SELECT suborder_id, l.id, $1, 20_00, 'agreed', '说好退一半', account_id, $2
          FROM order_lines l JOIN suborders s ON s.id = suborder_id JOIN producer_members USING (producer_id)
        RETURNING id
    """
    paths = [f"/desk/money/refund-requests/{await owner.fetchval(request, key, NOW)}" for key in ("1", "2")]
    async with open_desk_walker(desk.service, desk.elsewhere) as browser:
        assert EMPTY in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        for words in ("等另一个人同意的退款 2 件", "金额 20.00 元", f"订单 {sale.order.number}-1", "说好退一半"):
            assert words in seen.text.replace("　", " "), words
        assert "已记下" in (await browser.submit(f"{paths[0]}/refusal", text="没有照片")).text
        values = dict(read_form_values(browser.current.form(f"{paths[1]}/consent")))
        seen = await browser.submit(f"{paths[1]}/consent")
        assert EMPTY in seen.text
        assert await send(browser, f"{paths[1]}/consent", values) == 303
    decided = await owner.fetch("SELECT state, decision_note FROM refund_requests ORDER BY key")
    assert [tuple(row) for row in decided] == [("refused", "没有照片"), ("consented", "")]
    assert await owner.fetchval("SELECT refunded_fen FROM suborders") == 20_00
    assert await list_audit(owner, "refund.consent") == [f"order:{sale.order.number}"]


async def add_account_change(owner: Connection) -> str:
    """Insert a producer's account and a checked change of it; return the change's id."""
    account = """
        INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, state, destination,
                                     entered_by, entered_at, checked_at, activated_at, replaces, usable_at)
        SELECT producer_id, 'bank', '样例农户', '', $1, $2, 'acct_' || $1, account_id, $3, $3,
               CASE WHEN $2 = 'active' THEN $3::timestamptz END, $4,
               CASE WHEN $2 = 'waiting' THEN $3::timestamptz + interval '3 days' END
          FROM producer_members LIMIT 1
        RETURNING id
    """
    used = await owner.fetchval(account, "3456", "active", NOW, None)
    return str(await owner.fetchval(account, "0009", "waiting", NOW, used))


async def test_finance_agrees_to_the_change_of_an_account(desk: Desk, sale: Sale, owner: Connection) -> None:
    del sale  # its producer changes the account
    path = f"/desk/money/account-changes/{await add_account_change(owner)}"
    async with open_desk_walker(desk.service, desk.elsewhere) as browser:
        assert EMPTY in (await browser.open("/desk/money")).text
    async with open_desk_walker(desk.service, desk.finance) as browser:
        assert "钱的异常 1 件" in (await browser.open("/desk")).text
        seen = await browser.open("/desk/money")
        for words in ("等另一个人同意的换账户 1 件", "户名 样例农户", "现在打到 尾号 3456", "要换成 尾号 0009"):
            assert words in seen.text.replace("　", " "), words
        assert EMPTY in (await browser.submit(f"{path}/consent")).text
    agreed = await owner.fetch(
        "SELECT number_tail FROM payout_accounts WHERE state = 'waiting' AND decided_at IS NOT NULL"
    )
    assert [row["number_tail"] for row in agreed] == ["0009"]
    assert await list_audit(owner, "payout_account.consent") != []


async def test_finance_refuses_a_payout_above_the_limit_with_a_reason(
    desk: Desk, sale: Sale, owner: Connection
) -> None:
    del sale  # its producer asks
    asked = await owner.fetchval(
        "INSERT INTO large_payouts (producer_id, amount_fen, requested_by, requested_at)"
        " SELECT producer_id, 7_000_00, account_id, $1 FROM producer_members LIMIT 1 RETURNING id",
        NOW,
    )
    path = f"/desk/money/large-payouts/{asked}"
    async with open_desk_walker(desk.service, desk.finance) as browser:
        seen = await browser.open("/desk/money")
        assert "等另一个人同意的打款 1 件" in seen.text.replace("　", " ")
        assert "金额 7,000.00 元" in seen.text
        assert EMPTY in (await browser.submit(f"{path}/refusal", text="不是本人要的")).text
    refused = await owner.fetch("SELECT state, note FROM large_payouts")
    assert [tuple(row) for row in refused] == [("refused", "不是本人要的")]
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE template = 'large_payout_refused'") == 1

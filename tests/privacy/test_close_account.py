"""A person takes a copy of what is held about them, and closes the account."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from market.cases.casework.moves import get_account_scope
from market.kernel import Connection, Database
from market.kernel.idempotency import begin_request, finish_request
from market.kernel.seal import Seal, UnsealError, derive_seal
from market.people.identity.models import AccountId, Actor, NewSession, NotFound, Role, WrongCode
from market.people.identity.officials import revoke_official
from market.people.identity.sign_in import sign_in
from market.privacy.close_account import AccountNotClosable, close_account, confirm_and_close, erase_accounts_again
from market.privacy.personal_data import export_personal_data
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.cart import put_cart
from market.sales.orders.models import Line, VariantId
from market.sales.payouts.account import PayoutAccount, enter_payout_account
from market.sales.reviews.write import ReviewText, write_review
from market.service.commands.persons import close_person, export_person
from market.service.commands.reseal import SEALED_COLUMNS
from market.subsidies.intake.models import LeadState
from market.subsidies.intake.report import apply_for_household
from market.subsidies.intake.take_step import withdraw_application
from market.villages.services.postings import end_posting, post_job
from payments import AccountKind
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.people.identity.support import a_code
from tests.support.app import SECRET
from tests.support.make import (
    SEAL,
    VILLAGE,
    days_since,
    load_actor,
    make_account,
    make_official,
    make_phone,
    make_producer,
    make_product,
)
from tests.support.shop import BUYER_ADDRESS, Shopping
from tests.villages.services.test_postings import JOB, make_employer


async def find_text(owner: Connection, seal: Seal, text: str) -> set[str]:
    """Return the columns that hold a text: in clear, as its index, or encrypted under any context."""
    columns = await owner.fetch(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_schema, table_name) WHERE table_type = 'BASE TABLE'"
        " AND table_schema IN ('public', 'payments', 'jobs')"
    )
    index, found = seal.index(text), set[str]()
    contexts = {each.context for each in SEALED_COLUMNS}
    for schema, table, column in columns:
        values = await owner.fetch(f'SELECT DISTINCT "{column}" AS value FROM "{schema}"."{table}"')
        if any(holds_text(row["value"], seal, text, index, contexts) for row in values):
            found.add(f"{table}.{column}")
    return found


def holds_text(value: object, seal: Seal, text: str, index: bytes, contexts: set[str]) -> bool:
    if not isinstance(value, bytes):
        return text in str(value)
    if value == index or text.encode() in value:
        return True
    for context in contexts:
        try:
            if text in seal.open(value, context):
                return True
        except UnsealError:
            continue
    return False


async def a_reviewed_order(shopping: Shopping) -> None:
    """Let the buyer place, pay, receive and review an order, and fill a cart."""
    async with shopping.db.transaction() as conn:
        goods = await make_product(conn)
    order = await shopping.place([(goods.variant_id, 1)])
    await shopping.pay(order)
    seen = await shopping.see(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        await write_review(
            conn, SEAL, shopping.buyer, seen.suborders[0].id, ReviewText(rating=5, text="枣很甜"), now=NOW
        )
        await put_cart(conn, shopping.buyer.account_id, lines=[Line(VariantId(goods.variant_id), 2)], now=NOW)
        actor = str(shopping.buyer.account_id)
        await begin_request(conn, shopping.seal, actor=actor, key="k", fingerprint=b"f")
        response = json.dumps({"phone": BUYER_ADDRESS.phone}).encode()
        await finish_request(conn, shopping.seal, actor=actor, key="k", status=201, response=response)


async def test_after_closing_nothing_of_the_person_is_found_and_the_books_are_unchanged(
    shopping: Shopping, owner: Connection
) -> None:
    await a_reviewed_order(shopping)
    buyer, seal = shopping.buyer.account_id, shopping.seal
    async with shopping.db.transaction() as conn:
        phone = seal.open(
            await conn.fetchval("SELECT phone_sealed FROM accounts WHERE id = $1", buyer), "accounts.phone"
        )
        session = await sign_in(conn, seal, phone=phone, code=await a_code(conn, seal, phone), now=NOW)
        assert isinstance(session, NewSession)
    before = await find_text(owner, seal, phone)
    assert before == {
        "accounts.phone_index", "accounts.phone_sealed", "messages.phone_index", "messages.phone_sealed",
        "sign_in_codes.phone_index",
    }  # fmt: skip
    assert await find_text(owner, seal, BUYER_ADDRESS.phone) == {"orders.address_sealed", "idempotency_keys.response"}
    books = await owner.fetch("SELECT * FROM payments.postings ORDER BY transaction_id, seq")
    async with shopping.db.transaction() as conn:
        code = await a_code(conn, seal, phone, later=timedelta(minutes=2))
        later = NOW + timedelta(minutes=3)
        wrong = await confirm_and_close(conn, seal, buyer, code="000000x", network="::1", now=later)
        assert isinstance(wrong, WrongCode)
        assert await confirm_and_close(conn, seal, buyer, code=code, network="::1", now=later) is None
    assert await find_text(owner, seal, phone) == {"accounts.erased_phone_index"}
    assert await erase_accounts_again(shopping.db, seal, now=later + timedelta(hours=1)) == 1
    for text in (phone, BUYER_ADDRESS.phone, BUYER_ADDRESS.street):
        assert await find_text(owner, seal, text) == set()
    row = await owner.fetchrow("SELECT name, closed_at FROM accounts WHERE id = $1", buyer)
    assert row is not None
    assert tuple(row) == ("已注销", later)
    counts = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM cart_lines), (SELECT count(*) FROM reviews),"
        " (SELECT count(*) FROM orders), (SELECT max(region_code) FROM orders)"
    )
    assert counts is not None
    assert tuple(counts) == (0, 0, 1, 1, "130100")
    assert await owner.fetch("SELECT * FROM payments.postings ORDER BY transaction_id, seq") == books
    recorded = await owner.fetch("SELECT actor, object FROM audit_entries WHERE action = 'account.close'")
    assert [tuple(each) for each in recorded] == [(str(buyer), f"account:{buyer}")]
    async with shopping.db.transaction() as conn:
        with pytest.raises(NotFound):
            await close_account(conn, seal, buyer, by="command line", now=later)
        again = await sign_in(
            conn,
            seal,
            phone=phone,
            code=await a_code(conn, seal, phone, later=timedelta(hours=2)),
            now=NOW + timedelta(hours=2),
        )
    assert isinstance(again, NewSession)
    assert again.account_id != buyer


async def test_an_account_with_an_open_order_stays_open(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        goods = await make_product(conn)
    await shopping.place([(goods.variant_id, 1)])
    async with shopping.db.transaction() as conn:
        with pytest.raises(AccountNotClosable) as refused:
            await close_account(conn, shopping.seal, shopping.buyer.account_id, by="test", now=NOW)
        closed = await conn.fetchval("SELECT closed_at FROM accounts WHERE id = $1", shopping.buyer.account_id)
    assert [(fault.field, fault.message) for fault in refused.value.errors] == [
        ("orders", "还有 1 单没有办完，请先收货或取消")
    ]
    assert closed is None


async def test_a_seller_closes_when_nothing_is_sold_and_nothing_is_owed(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        farmer = await make_account(conn, name="样例农户")
        shop = await make_producer(conn, owner=farmer)
        goods = await make_product(conn, shop)
    order = await shopping.place([(goods.variant_id, 1)])
    await shopping.pay(order)
    assert await _list_reasons(shopping, farmer) == ["listings", "sales"]
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        await conn.execute("UPDATE listings SET state = 'withdrawn'")
    assert await _list_reasons(shopping, farmer) == ["money"]
    # A shop with another member goes on, but what it is owed is not left behind.
    async with shopping.db.transaction() as conn:
        idle = await make_account(conn, name="样例农户乙")
        other = await make_producer(conn, owner=idle)
        await make_product(conn, other)
        helper = await make_account(conn, name="样例帮手")
        await conn.execute("INSERT INTO producer_members VALUES ($1, $2, 'owner', $3)", other, helper, days_since())
        await close_account(conn, shopping.seal, idle, by="test", now=NOW)
        members = await conn.fetch(
            "SELECT account_id FROM producer_members WHERE producer_id = $1 AND upper_inf(valid_during)", other
        )
    assert [each["account_id"] for each in members] == [helper]


async def test_a_seller_stays_while_a_payout_is_under_way_and_a_keeper_while_a_point_is_theirs(
    shopping: Shopping, owner: Connection
) -> None:
    async with shopping.db.transaction() as conn:
        farmer, keeper = await make_account(conn, name="样例农户"), await make_account(conn, name="样例站长")
        shop = await make_producer(conn, owner=farmer)
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", shop)
    for state in ("in_transit", "created"):
        await owner.execute(
            "INSERT INTO payments.payouts"
            " (payee, key, provider, destination, currency, amount_minor, state, created_at)"
            " VALUES ($1, $2, 'stripe', 'acct', 'CNY', 100, $2, now())",
            str(number), state,
        )  # fmt: skip
        assert await _list_reasons(shopping, farmer) == ["money"]
        await owner.execute("UPDATE payments.payouts SET state = 'paid', paid_at = now() WHERE state = $1", state)
    point = await owner.fetchval(
        "INSERT INTO pickup_points (division_code, name, address, phone, hours, keeper_id, created_at)"
        " VALUES ($1, '样例点', '样例街', '03120000001', '白天', $2, now()) RETURNING id",
        VILLAGE, keeper,
    )  # fmt: skip
    assert await _list_reasons(shopping, keeper) == ["points"]
    await owner.execute("UPDATE pickup_points SET open = false WHERE id = $1", point)
    async with shopping.db.transaction() as conn:
        await close_account(conn, shopping.seal, keeper, by="test", now=NOW)
        await close_account(conn, shopping.seal, farmer, by="test", now=NOW)


async def test_a_person_stays_while_a_package_is_sold_or_workers_are_sought_by_nobody_else(
    shopping: Shopping, owner: Connection
) -> None:
    async with shopping.db.transaction() as conn:
        guide = await make_account(conn, name="样例导游")
        shop = await make_producer(conn, owner=guide)
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        employer, organisation = await make_employer(conn, county)
        posting = await post_job(conn, employer, organisation, JOB, now=NOW)
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")  # a package without its parts
        await owner.execute(
            "INSERT INTO packages (producer_id, title, persons, nights, price_fen, valid_during, on_holidays, state,"
            " created_by, created_at, published_at)"
            " VALUES ($1, '样例摘枣一日', 2, 0, 20000, '[2019-09-20,2019-10-20)', false, 'live', $2, $3, $3)",
            shop, guide, NOW,
        )  # fmt: skip
    assert await _list_reasons(shopping, guide) == ["packages"]
    assert await _list_reasons(shopping, AccountId(employer.account_id)) == ["postings"]
    async with shopping.db.transaction() as conn:
        await end_posting(conn, employer, posting.id, now=NOW)
        await close_account(conn, shopping.seal, AccountId(employer.account_id), by="test", now=NOW)


async def test_the_payout_account_of_a_household_is_erased_with_the_account_of_its_owner(
    shopping: Shopping, gateway: Stripe, owner: Connection
) -> None:
    db, seal = shopping.db, shopping.seal
    async with db.transaction() as conn:
        farmer = await make_account(conn, name="样例农户")
        son = await make_account(conn, name="样例农户之子")
        shop = await make_producer(conn, owner=farmer)
        await conn.execute("INSERT INTO producer_members VALUES ($1, $2, 'owner', $3)", shop, son, days_since())

    async def enter(account: AccountId, number: str) -> PayoutAccount:
        actor = Actor(account_id=account, name="样例", producers=(shop,), grants=(), second_factor=False)
        return await enter_payout_account(db, gateway, seal, actor, shop, kind=AccountKind.BANK, number=number, now=NOW)

    entered = await enter(farmer, "6222000000123456")
    changed = await enter(farmer, "6222000000123457")
    assert (entered.state, changed.state) == ("active", "waiting")
    assert await find_text(owner, seal, "6222000000123456") == {"payout_accounts.number_sealed"}
    async with db.transaction() as conn:
        await close_account(conn, seal, farmer, by="test", now=NOW)
    for text in ("6222000000123456", "6222000000123457"):
        assert await find_text(owner, seal, text) == set()
    rows = await owner.fetch("SELECT state, holder, number_tail, reason FROM payout_accounts ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("ended", "已注销", "*", None),
        ("rejected", "已注销", "*", "account_closed"),
    ]
    # Who goes on with the shop enters an account of their own, as a change with its days and its second person.
    again = await enter(son, "6222000000123458")
    assert (again.state, again.holder, again.replaces) == ("waiting", "样例农户之子", entered.id)


async def test_an_officials_account_is_not_closed_by_its_owner(conn: Connection, seal: Seal) -> None:
    official = await make_official(conn, Role.COUNTY, "130624", handle="wang")
    with pytest.raises(AccountNotClosable) as refused:
        await close_account(conn, seal, official, by=str(official), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["role"]
    assert await revoke_official(conn, "wang", by="platform", now=NOW) == 1
    with pytest.raises(AccountNotClosable):  # an ended official signed what is kept
        await close_account(conn, seal, official, by=str(official), now=NOW)


async def test_the_copy_holds_everything_of_the_person_and_is_recorded(shopping: Shopping) -> None:
    await a_reviewed_order(shopping)
    buyer = shopping.buyer.account_id
    async with shopping.db.transaction() as conn:
        data = await export_personal_data(conn, shopping.seal, buyer, by=str(buyer), now=NOW)
        recorded = await conn.fetch("SELECT actor, object FROM audit_entries WHERE action = 'account.export'")
        with pytest.raises(NotFound):
            await export_personal_data(conn, shopping.seal, AccountId(UUID(int=0)), by="x", now=NOW)
    assert data.account.name == shopping.buyer.name
    assert data.account.phone is not None
    [order] = data.orders
    assert (order.address, order.state, len(order.lines)) == (BUYER_ADDRESS, "finished", 1)
    assert [(review.rating, review.text) for review in data.reviews] == [(5, "枣很甜")]
    assert [tuple(each) for each in recorded] == [(str(buyer), f"account:{buyer}")]


async def test_the_commands_answer_a_request_on_paper(
    dsn: str, owner: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    phone = make_phone()
    account_id = await make_account(owner, phone=phone, seal=derive_seal(SECRET))
    written = await export_person(phone, out=tmp_path / "data.json")
    assert json.loads((tmp_path / "data.json").read_text())["account"]["phone"] == phone
    assert written.outcome == "ok"
    assert await close_person(phone) == {"outcome": "ok", "account": str(account_id)}
    with pytest.raises(NotFound):
        await close_person(phone)
    with pytest.raises(NotFound):
        await close_person("not a phone")
    actions = await owner.fetch("SELECT action FROM audit_entries ORDER BY at")
    assert [each["action"] for each in actions] == ["account.export", "account.close"]


async def _list_reasons(shopping: Shopping, account_id: AccountId) -> list[str]:
    async with shopping.db.transaction() as conn:
        with pytest.raises(AccountNotClosable) as refused:
            await close_account(conn, shopping.seal, account_id, by="test", now=NOW)
    return [fault.field for fault in refused.value.errors]


async def test_an_application_is_in_the_copy_and_ends_before_the_account_closes(database: Database) -> None:
    async with database.transaction() as conn:
        account_id = await make_account(conn, name="样例申请人", phone=make_phone())
    async with database.transaction(scope=get_account_scope(account_id)) as conn:
        actor = Actor(account_id, "样例申请人")
        lead_id = await apply_for_household(
            conn, SEAL, actor, village_code="130624101209", note="样例：三口人，收入少了", now=NOW
        )
        data = await export_personal_data(conn, SEAL, account_id, by="test", now=NOW)
        assert [(each.village, each.state, each.words) for each in data.applications] == [
            ("骆驼湾村", LeadState.REPORTED, ["样例：三口人，收入少了"])
        ]
        with pytest.raises(AccountNotClosable) as refusal:
            await close_account(conn, SEAL, account_id, by="test", now=NOW)
        assert [each.field for each in refusal.value.errors] == ["applications"]
        await withdraw_application(conn, SEAL, actor, lead_id, now=NOW)
        await close_account(conn, SEAL, account_id, by="test", now=NOW)

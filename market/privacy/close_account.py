"""Close an account and erase what identifies its owner. Source: Personal Information Protection Law, article 47.

Orders, payments, the ledger, reviews and the audit record stay, without a name, a phone or an address: the E-commerce
Law, article 31, keeps transactions for three years. So do the certificates of a seller. The account of an official, an
ended one too, is never closed: what was signed keeps its name.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.moves import get_account_scope
from market.cases.casework.publication import drop_own_publications
from market.catalogue.favourites.keep import erase_favourites
from market.catalogue.producers.members import end_memberships
from market.kernel import Connection, Database, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.idempotency import delete_actor_keys
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.consents.give import end_consents
from market.people.identity.close import (
    erase_account,
    find_erased_phone,
    finish_erasure,
    list_accounts_to_erase_again,
    lock_account,
)
from market.people.identity.codes import try_code
from market.people.identity.models import NO_DEVICE, AccountId, Device, NotFound, WrongCode
from market.people.identity.sign_in import get_phone
from market.people.notify.queue import delete_messages
from market.people.saved_filters.keep import erase_filters
from market.privacy.requests import withdraw_data_requests
from market.sales.aftersales.answer_goods_return import erase_return_addresses
from market.sales.conversations.erase import erase_messages
from market.sales.invoices.erase import erase_invoice_details
from market.sales.orders.erase import erase_buyer
from market.sales.orders.escrow import get_freight_account, get_payable_account
from market.sales.payouts.account import erase_payout_accounts
from market.sales.payouts.producer_locks import LOCK_OWN_PRODUCERS
from market.subsidies.intake.models import OPEN_STATES
from market.villages.pairing.buying_accounts import end_buying
from market.villages.services.applications import withdraw_applications
from market.villages.services.seats import give_up_seats
from payments import get_balance
from payments.retries import RetryPolicy, run_each

ERASE_AGAIN_JOB = "erase_again"
MAX_ERASED = 500
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=10), max_delay=timedelta(days=1))


class AccountNotClosable(Refusal):
    """The account cannot be closed yet; `errors` lists each reason."""

    code = "account_not_closable"
    status = 409
    zh = "现在还不能注销账号。"
    en = "The account cannot be closed yet; see errors."


class _Closing(Struct, frozen=True, kw_only=True):
    conn: Connection
    seal: Seal
    account_id: AccountId
    by: str
    now: datetime


class _Obstacles(Struct, frozen=True):
    open_orders: int
    open_refunds: int
    open_disputes: int
    official: bool
    live_listings: int
    live_packages: int
    live_postings: int
    open_sales: int
    open_returns: int
    open_applications: int
    open_payouts: int
    kept_points: int


COUNT_OBSTACLES = Query(
    _Obstacles,
    """
    WITH own AS (SELECT number::text AS reference, state FROM orders WHERE buyer_id = :account_id),
    shop AS (SELECT producer_id FROM producer_members m
              WHERE account_id = :account_id AND valid_during @> :day::date
                AND NOT EXISTS (SELECT FROM producer_members o
                                 WHERE o.producer_id = m.producer_id AND o.account_id <> m.account_id
                                   AND o.valid_during @> :day::date))
    SELECT (SELECT count(*) FROM own WHERE state IN ('placed', 'deposited', 'paid')) AS open_orders,
           (SELECT count(*) FROM own JOIN payments.payments p ON order_ref = reference
                                     JOIN payments.refunds r ON r.payment_id = p.id
             WHERE r.state <> 'succeeded') AS open_refunds,
           (SELECT count(*) FROM own JOIN payments.payments p ON order_ref = reference
                                     JOIN payments.disputes d ON d.payment_id = p.id
             WHERE d.state = 'open') AS open_disputes,
           (SELECT handle IS NOT NULL FROM accounts WHERE id = :account_id) AS official,
           (SELECT count(*) FROM listings JOIN shop USING (producer_id) WHERE state = 'live') AS live_listings,
           (SELECT count(*) FROM packages JOIN shop USING (producer_id)
             WHERE state = 'live' AND upper(valid_during) > :day) AS live_packages,
           (SELECT count(*) FROM job_postings p JOIN organisation_members m USING (organisation_id)
             WHERE m.account_id = :account_id AND p.state IN ('draft', 'live') AND upper(valid_during) > :day
               AND NOT EXISTS (SELECT FROM organisation_members o JOIN accounts a ON a.id = o.account_id
                                WHERE o.organisation_id = p.organisation_id AND o.account_id <> m.account_id
                                  AND a.closed_at IS NULL)) AS live_postings,
           (SELECT count(*) FROM suborders JOIN shop USING (producer_id)
             WHERE state IN ('placed', 'deposited', 'paid', 'shipped')) AS open_sales,
           (SELECT count(*) FROM cases JOIN shop ON producer_id = against_producer_id
             WHERE category = 'goods_return' AND state <> 'closed') AS open_returns,
           (SELECT count(*) FROM leads
             WHERE applicant_id = :account_id AND state = ANY(:open_leads::text[])) AS open_applications,
           (SELECT count(*) FROM payments.payouts o
             WHERE o.state IN ('created', 'in_transit')
               AND o.payee IN (SELECT number::text FROM producers JOIN producer_members m ON producer_id = producers.id
                                WHERE account_id = :account_id AND valid_during @> :day::date)) AS open_payouts,
           (SELECT count(*) FROM pickup_points p
             WHERE keeper_id = :account_id
               AND (open OR EXISTS (SELECT FROM pickups
                                     WHERE point_id = p.id AND state IN ('expected', 'arrived')))) AS kept_points
    """,
)
# A payment that comes late is waited for too: it may open its order again.
LOCK_ORDERS = Query(UUID, "SELECT id FROM orders WHERE buyer_id = :account_id ORDER BY id FOR NO KEY UPDATE")
LOCK_INVOICES = Query(
    UUID,
    """
    SELECT suborder_id FROM invoice_requests WHERE buyer_id = :account_id ORDER BY suborder_id FOR NO KEY UPDATE
    """,
)
LOCK_SLOTS = Query(
    UUID,
    """
    SELECT id FROM slots
     WHERE id IN (SELECT slot_id FROM slot_reservations
                   WHERE account_id = :account_id AND state IN ('waiting', 'offered', 'booked'))
       AND lower(during) > :now
     ORDER BY id FOR NO KEY UPDATE
    """,
)
# The lock of the buyer that placing takes: an order that is being placed is waited for, and then seen.
LOCK_BUYER = Query(None, "SELECT pg_advisory_xact_lock(7004, hashtext(:account_id::uuid::text))")
LIST_SHOP_NUMBERS = Query(
    int,
    """
    SELECT number FROM producers JOIN producer_members ON producer_id = producers.id
     WHERE account_id = :account_id AND valid_during @> :day::date
     ORDER BY number
    """,
)


async def confirm_and_close(
    conn: Connection,
    seal: Seal,
    account_id: AccountId,
    *,
    code: str,
    network: str,
    device: Device = NO_DEVICE,
    now: datetime,
) -> WrongCode | None:
    """Close the account of its owner, who shows a one-time code sent to its phone.

    A wrong code is returned, not raised, so that the caller commits the count of attempts before raising it.

    Raises:
        AccountNotClosable: something is open; the code stays valid if the caller rolls back.
        NotFound: the account is unknown, closed, or without a phone.
    """
    phone = await get_phone(conn, seal, account_id)
    if phone is None:
        raise NotFound
    attempt = await try_code(conn, seal, phone=phone, code=code, network=network, device=device, now=now)
    if isinstance(attempt, WrongCode):
        return attempt
    await close_account(conn, seal, account_id, by=str(account_id), now=now)
    return None


async def close_account(conn: Connection, seal: Seal, account_id: AccountId, *, by: str, now: datetime) -> None:
    """Close an account and erase what identifies its owner; the transaction has the person's scope.

    What `HOLDINGS` calls erased goes: each by the eraser that it names, what the person asked by the person's key.

    The bank accounts of its own household and its address for returns go too; those of a company or co-operative are
    the company's.

    The phone can be used for a new account. Messages are deleted whether they were sent or not. The caller checks who
    asks.

    Raises:
        AccountNotClosable: an order, refund, dispute or application is open, a shop of nobody else still sells or has
            an open return, an organisation of nobody else seeks workers, a shop is owed money or a payout to it is
            under way, the person keeps a pickup point, or the account is an official's.
        NotFound: the account is unknown or closed.
    """
    closing = _Closing(conn=conn, seal=seal, account_id=account_id, by=by, now=now)
    await _lock_what_is_erased(closing)
    if not await lock_account(conn, account_id):
        raise NotFound
    obstacles = await list_obstacles(conn, account_id, now=now)
    if obstacles:
        raise AccountNotClosable(errors=obstacles)
    await _erase_what_requests_write(closing)
    await ERASERS["account"](closing)


async def erase_accounts_again(db: Database, seal: Seal, *, now: datetime) -> int:
    """Erase what requests wrote for accounts while they were closed, an hour later; return how many accounts.

    A request that began before may write as long as it runs, whatever it writes: an hour is more than any takes.
    At most 500 a call, one transaction each. One that fails is tried again ever later.
    """
    async with db.connection() as conn:
        due = await list_accounts_to_erase_again(conn, now=now, limit=MAX_ERASED)

    async def erase(account_id: AccountId) -> None:
        async with db.transaction(scope=get_account_scope(account_id)) as conn:
            closing = _Closing(conn=conn, seal=seal, account_id=account_id, by="", now=now)
            await _lock_what_is_erased(closing)
            await _erase_what_requests_write(closing)
            await finish_erasure(conn, account_id)
        await forget_failure(db, job=ERASE_AGAIN_JOB, item=account_id)

    async def fail(account_id: AccountId, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=ERASE_AGAIN_JOB, item=account_id, error=error)

    return (await run_each(due, erase, fail)).done


async def _lock_what_is_erased(closing: _Closing) -> None:
    """Lock, in the order of docs/locks.md, what others lock before they refer to the account, which comes after it."""
    conn, account_id = closing.conn, closing.account_id
    await LOCK_ORDERS.all(conn, account_id=account_id)
    await LOCK_INVOICES.all(conn, account_id=account_id)
    # A payout that is being requested is waited for, and then seen; an account that is being entered as well.
    await LOCK_OWN_PRODUCERS.all(conn, account_id=account_id)
    await LOCK_BUYER.run(conn, account_id=account_id)
    await LOCK_SLOTS.all(conn, account_id=account_id, now=closing.now)


async def _erase_what_requests_write(closing: _Closing) -> None:
    await _end_what_runs(closing)
    for name, erase in ERASERS.items():
        if name != "account":
            await erase(closing)


async def _end_what_runs(closing: _Closing) -> None:
    """End what stays without the person: shares, applications, memberships, requests and consents."""
    conn, account_id, now = closing.conn, closing.account_id, closing.now
    await drop_own_publications(conn, account_id)
    await withdraw_applications(conn, account_id)
    await end_buying(conn, account_id, day=get_business_day(now))
    await withdraw_data_requests(conn, closing.seal, account_id, now=now)
    await end_consents(conn, account_id, now=now)
    await end_memberships(conn, account_id, now=now)


async def _erase_invoices(closing: _Closing) -> None:
    await erase_invoice_details(closing.conn, closing.account_id)


async def _erase_buyer(closing: _Closing) -> None:
    await erase_buyer(closing.conn, closing.account_id)


async def _erase_conversations(closing: _Closing) -> None:
    await erase_messages(closing.conn, closing.account_id)


async def _erase_favourites(closing: _Closing) -> None:
    await erase_favourites(closing.conn, closing.account_id)
    await erase_filters(closing.conn, closing.account_id)


async def _erase_seats(closing: _Closing) -> None:
    await give_up_seats(closing.conn, closing.seal, closing.account_id, now=closing.now)


async def _erase_requests(closing: _Closing) -> None:
    await delete_actor_keys(closing.conn, str(closing.account_id))


async def _erase_messages(closing: _Closing) -> None:
    """Delete what is queued for the phone; an hour later what was since, unless it is for the phone's next account."""
    phone = await get_phone(closing.conn, closing.seal, closing.account_id)
    if phone is not None:
        await delete_messages(closing.conn, closing.seal.index(phone))
    erased = await find_erased_phone(closing.conn, closing.account_id)
    if erased is not None:
        await delete_messages(closing.conn, erased.phone_index, before=erased.taken_at)


async def _erase_payout_accounts(closing: _Closing) -> None:
    await erase_payout_accounts(closing.conn, closing.account_id, now=closing.now)


async def _erase_return_addresses(closing: _Closing) -> None:
    await erase_return_addresses(closing.conn, closing.account_id)


async def _erase_account(closing: _Closing) -> None:
    """Erase the account and destroy the person's key, after which nobody opens what was sealed with it."""
    await erase_account(closing.conn, closing.account_id, by=closing.by, now=closing.now)


ERASERS: dict[str, Callable[[_Closing], Awaitable[None]]] = {
    "invoices": _erase_invoices,
    "buyer": _erase_buyer,
    "conversations": _erase_conversations,
    "favourites": _erase_favourites,
    "seats": _erase_seats,
    "requests": _erase_requests,
    "messages": _erase_messages,
    "payout_accounts": _erase_payout_accounts,
    "return_addresses": _erase_return_addresses,
    "account": _erase_account,
}
"""What erases the holdings that name it (`HOLDINGS`), in this order; the account, by which others find it, is last."""


async def list_obstacles(conn: Connection, account_id: AccountId, *, now: datetime) -> tuple[FieldFault, ...]:
    """Return what keeps an account from being closed, in its owner's words; the transaction has their scope."""
    day = get_business_day(now)
    found = await COUNT_OBSTACLES.one(conn, account_id=account_id, day=day, open_leads=OPEN_STATES)
    # Money on its way to the bank comes back to the shop if the bank refuses it.
    owed = found.open_payouts
    for number in await LIST_SHOP_NUMBERS.all(conn, account_id=account_id, day=day):
        for account in (get_payable_account(number), get_freight_account(number)):
            owed += abs(await get_balance(conn, account))
    reasons = (
        ("orders", found.open_orders, say("还有 {0} 单没有办完，请先收货或取消", found.open_orders)),
        ("refunds", found.open_refunds, say("还有 {0} 笔退款没有到账，到账后再来", found.open_refunds)),
        ("disputes", found.open_disputes, say("还有 {0} 笔付款有异议，有结果后再来", found.open_disputes)),
        ("role", found.official, say("这是干部的账号，办过的事要留名备查，不能注销；不干了请上级停用")),
        ("listings", found.live_listings, say("店里还有 {0} 样东西在卖，请先下架", found.live_listings)),
        ("packages", found.live_packages, say("店里还有 {0} 个套餐在卖，请先下架", found.live_packages)),
        ("postings", found.live_postings, say("单位还在招工，有 {0} 处，请先停了", found.live_postings)),
        ("sales", found.open_sales, say("店里还有 {0} 单没有办完，请先发货，等买家收到", found.open_sales)),
        ("returns", found.open_returns, say("店里还有 {0} 件退货没有办完，办完后再来", found.open_returns)),
        ("applications", found.open_applications, say("话费减免的申请还没有办完，请先撤回，或者等办完")),
        ("points", found.kept_points, say("您管着 {0} 个自提点，请先让县里换人", found.kept_points)),
        ("money", owed, say("店里还有钱没有结清，结清后再来")),
    )
    return tuple(FieldFault(field, words) for field, count, words in reasons if count)

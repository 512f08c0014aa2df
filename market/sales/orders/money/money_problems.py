"""Money that went wrong, and its repairs; each repair is audited and safe to repeat."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, GatewayUnavailable, Query, Refusal
from market.kernel.clock import get_business_day, get_day_start
from market.people.identity.access import require_money_role, require_money_scopes
from market.people.identity.models import Actor
from market.sales.orders.escrow import get_order_ref, parse_order_ref
from market.sales.orders.money.refund_requests import RequestedRefund, list_waiting_refund_requests
from market.sales.orders.money.repairs import audit_repair, clean_repair_text, require_order_money_role
from market.sales.orders.money.transfer_records import (
    WaitingRefund,
    WaitingTransfer,
    list_waiting_refunds,
    list_waiting_transfers,
)
from payments import (
    Dispute,
    Gateway,
    Payout,
    ProviderMismatch,
    Refund,
    RefundId,
    StatementDiscrepancy,
    StuckMessage,
    UnknownCall,
    UnresolvedBalance,
    close_discrepancy,
    dismiss_message,
    get_payment,
    get_refund,
    list_balances,
    list_failed_payouts,
    list_open_discrepancies,
    list_open_disputes,
    list_stuck_messages,
    list_unknown_calls,
    list_unresolved_balances,
    poll_payment,
    reconcile,
    requeue_message,
    retry_refund,
    return_suspense,
    send_refund,
)

FIRST_STATEMENT_DAY = date(2010, 1, 1)
"""The market has no money of a day before it."""


class MoneyProblems(Struct, frozen=True, kw_only=True):
    """Everything about money that a person has to look at.

    `refund_requests` wait for a second person, `suspense` is money at the provider that belongs to no payment,
    `advances` what the platform advanced in disputes.
    """

    refund_requests: list[RequestedRefund]
    failed_refunds: list[WaitingRefund]
    failed_payouts: list[Payout]
    disputes: list[Dispute]
    messages: list[StuckMessage]
    unknown_calls: list[UnknownCall]
    discrepancies: list[StatementDiscrepancy]
    suspense: list[UnresolvedBalance]
    advances: list[UnresolvedBalance]
    transfers: list[WaitingTransfer]

    def count(self) -> int:
        """Return the number of problems; a transfer that is expected is none."""
        return sum(len(getattr(self, name)) for name in self.__struct_fields__ if name != "transfers")


class StatementDayInvalid(Refusal):
    """A day has no statement: it has not begun, or is before any market."""

    code = "no_statement_day"
    status = 422
    zh = "{day} 没有对账单，只能对 {first} 到 {last} 的账。"
    en = "{day} has no statement; reconcile a day from {first} to {last}."


class NothingToRepair(Refusal):
    """There is no such problem, or it was repaired before."""

    code = "nothing_to_repair"
    status = 404
    zh = "没有这一条，或者已经处理过了。"
    en = "There is no such problem, or it was repaired before."


LIST_ORDERS_IN_SCOPES = Query(
    int,
    """
    SELECT DISTINCT orders.number
      FROM orders
      JOIN suborders ON order_id = orders.id
      JOIN producers ON producers.id = producer_id
      JOIN unnest(:scopes::text[]) AS scope ON starts_with(county_code, scope)
     WHERE orders.number = ANY(:numbers::bigint[])
    """,
)


LIST_PRODUCERS_IN_SCOPES = Query(
    int,
    """
    SELECT DISTINCT number
      FROM producers JOIN unnest(:scopes::text[]) AS scope ON starts_with(county_code, scope)
     WHERE number = ANY(:numbers::bigint[])
    """,
)


async def load_money_problems(conn: Connection, actor: Actor | None) -> MoneyProblems:
    """Return the open problems of the orders that the actor may see; the platform's staff see all.

    At most 1,000 of a kind in all counties together are looked at, oldest first.

    Raises:
        NotAllowed, SecondFactorRequired: the actor may not repair money.
    """
    scopes = require_money_scopes(actor)
    balances = await list_unresolved_balances(conn)
    found = MoneyProblems(
        refund_requests=await list_waiting_refund_requests(
            conn, scopes, account_id=None if actor is None else actor.account_id
        ),
        failed_refunds=await list_waiting_refunds(conn),
        failed_payouts=await list_failed_payouts(conn),
        disputes=await list_open_disputes(conn),
        messages=await list_stuck_messages(conn),
        unknown_calls=await list_unknown_calls(conn),
        discrepancies=await list_open_discrepancies(conn),
        suspense=[each for each in balances if each.code.startswith("suspense:")],
        advances=[each for each in balances if each.code.startswith("advance:")],
        transfers=await list_waiting_transfers(conn),
    )
    return found if "" in scopes else await _select_visible(conn, found, scopes)


async def _select_visible(conn: Connection, problems: MoneyProblems, scopes: list[str]) -> MoneyProblems:
    """Return the problems of orders with a producer in `scopes`; requested refunds and payouts by their producer."""
    by_producer = {"refund_requests", "failed_payouts"}
    lists = {name: getattr(problems, name) for name in problems.__struct_fields__ if name not in by_producer}
    numbers = {parse_order_ref(each.order_ref) for rows in lists.values() for each in rows if each.order_ref}
    visible = {
        get_order_ref(number)
        for number in await LIST_ORDERS_IN_SCOPES.all(conn, numbers=sorted(numbers), scopes=scopes)
    }
    seen = {name: [each for each in rows if each.order_ref in visible] for name, rows in lists.items()}
    payees = set(
        await LIST_PRODUCERS_IN_SCOPES.all(
            conn, numbers=[int(each.payee) for each in problems.failed_payouts], scopes=scopes
        )
    )
    payouts = [each for each in problems.failed_payouts if int(each.payee) in payees]
    return MoneyProblems(refund_requests=problems.refund_requests, failed_payouts=payouts, **seen)


async def retry_failed_refund(
    db: Database, gateway: Gateway, actor: Actor | None, refund_id: UUID, *, attempt: int | None = None, now: datetime
) -> Refund:
    """Send a failed refund again, now; a refund that has not failed does not change, one that a dispute covers ends.

    The provider is asked before: one that it made after all, though it said otherwise, is not sent. With `attempt`,
    only if that attempt failed: a repeated request must not retry the attempt that it caused.

    Raises:
        RefundNotFound: the refund does not exist.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money.
    """
    async with db.connection() as conn:
        refund = await get_refund(conn, RefundId(refund_id))
        payment = await get_payment(conn, refund.payment_id)
        await require_order_money_role(conn, actor, payment.order_ref)
    with suppress(GatewayUnavailable, ProviderMismatch):
        await poll_payment(db, gateway, payment.id, at=now)
    async with db.transaction() as conn:
        refund = await get_refund(conn, refund.id)
        if attempt not in (None, refund.attempt):
            return refund
        retried = await retry_refund(conn, refund.id, at=now)
        if retried.attempt != refund.attempt:
            detail: dict[str, object] = {"refund": str(refund.id), "attempt": retried.attempt}
            await audit_repair(conn, actor, "refund.retry", f"order:{payment.order_ref}", detail=detail, now=now)
    # If the provider does not answer, a job sends the refund later.
    with suppress(GatewayUnavailable, ProviderMismatch):
        return await send_refund(db, gateway, refund.id, at=now)
    return retried


async def requeue_stuck_message(
    conn: Connection, gateway: Gateway, actor: Actor | None, event_id: str, *, now: datetime
) -> None:
    """Queue a dead message of the provider again.

    Raises:
        NothingToRepair: no dead message has this id.
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_money_role(actor, ())
    if not await requeue_message(conn, gateway, event_id):
        raise NothingToRepair
    await audit_repair(conn, actor, "message.requeue", f"message:{event_id}", detail={}, now=now)


async def dismiss_stuck_message(
    conn: Connection, gateway: Gateway, actor: Actor | None, event_id: str, *, note: str, now: datetime
) -> None:
    """Close a dead message of the provider with a reason: nothing of ours depends on it, or it was settled otherwise.

    Raises:
        NothingToRepair: no dead message has this id.
        RepairTextMissing: the reason is empty or too long.
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_money_role(actor, ())
    note = clean_repair_text(note)
    if not await dismiss_message(conn, gateway, event_id, note=note):
        raise NothingToRepair
    await audit_repair(conn, actor, "message.dismiss", f"message:{event_id}", detail={"note": note}, now=now)


async def close_open_discrepancy(
    conn: Connection,
    actor: Actor | None,
    discrepancy_id: UUID,
    *,
    note: str,
    key: str | None = None,
    now: datetime,
) -> None:
    """Close a discrepancy with a reason, and the key of the ledger transaction that corrects it, if there is one.

    Raises:
        DiscrepancyNotFound: it is not open, or no transaction has that key.
        RepairTextMissing: the reason is empty or too long.
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_money_role(actor, ())
    note = clean_repair_text(note)
    await close_discrepancy(conn, discrepancy_id, note=note, key=key or None, at=now)
    detail: dict[str, object] = {"note": note, "key": key}
    await audit_repair(conn, actor, "discrepancy.close", f"discrepancy:{discrepancy_id}", detail=detail, now=now)


async def record_suspense_returned(
    conn: Connection, actor: Actor | None, charge_ref: str, *, reference: str, now: datetime
) -> None:
    """Record that money in suspense went back to its payer; `reference` is the provider's number of the refund.

    Raises:
        NothingToRepair: no money of that charge is in suspense.
        RepairTextMissing: the reference is empty or too long.
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_money_role(actor, ())
    reference = clean_repair_text(reference)
    code = f"suspense:{charge_ref}"
    if not any(each.minor for each in await list_balances(conn, prefix=code) if each.code == code):
        raise NothingToRepair
    await return_suspense(conn, charge_ref, at=now)
    await audit_repair(conn, actor, "suspense.return", f"charge:{charge_ref}", detail={"reference": reference}, now=now)


async def reconcile_day(db: Database, gateway: Gateway, day: date, *, now: datetime) -> Sequence[StatementDiscrepancy]:
    """Compare the provider's statement of a day in Shanghai with the ledger; return the new discrepancies.

    Raises:
        StatementDayInvalid: the day has not begun, or is before 2010.
        GatewayUnavailable: the provider did not answer; nothing was stored.
    """
    if not FIRST_STATEMENT_DAY <= day <= get_business_day(now):
        raise StatementDayInvalid(day=day, first=FIRST_STATEMENT_DAY, last=get_business_day(now))
    since, until = get_day_start(day), get_day_start(day + timedelta(days=1))
    return await reconcile(db, gateway, day=day, since=since, until=until, at=now)

"""What the worker looks for every second or minute: one poll per concern, so that none waits for another."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection
from market.people.notify.send import CODES, NOTICES, log_receipts, send_due_messages
from market.privacy.close_account import erase_accounts_again
from market.sales.aftersales.answer_goods_return import notify_late_return
from market.sales.aftersales.cancelled_slots import cancel_slots_below_minimum, refund_cancelled_slots
from market.sales.aftersales.case_moves import notify_late_case
from market.sales.aftersales.decide_bad_fruit import notify_late_claim
from market.sales.aftersales.end_goods_returns import end_due_returns
from market.sales.aftersales.receive import confirm_overdue
from market.sales.carriers.pushes import apply_pushes
from market.sales.carriers.track import give_up_parcels, poll_parcels
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.mediation.agree import notify_late_mediation
from market.sales.orders.expire import expire_orders
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.payouts.account import check_payout_accounts
from market.sales.payouts.account_change import activate_due_changes
from market.sales.payouts.account_change import lapse_changes as lapse_account_changes
from market.sales.payouts.pay_out import apply_payout_events
from market.sales.pickups.end_pickups import end_overdue_pickups
from market.sales.procurement.chase import tell_of_red_letters
from market.sales.visits.change_booking import lapse_changes
from market.service.worker.context import WorkerContext
from market.villages.benefits.record import record_benefits
from market.villages.services.seats import end_due_seats
from payments import apply_events, finish_operations, poll_due_payments, poll_due_payouts, retry_due_refunds
from payments.pay import expire_payments

BUSY = timedelta(seconds=0.05)
"""How soon a queue that somebody waits for is looked at again after it had something."""


class Poll(Struct, frozen=True):
    """Work that every worker looks for at an interval. It claims what it works on, so that workers share it.

    After a run that returned something true the next one follows after `busy_interval`, if there is one: what buyers
    wait for comes in streams.
    """

    name: str
    interval: timedelta
    run: Callable[[WorkerContext], Awaitable[object]]
    busy_interval: timedelta | None = None


async def send_codes(context: WorkerContext) -> None:
    """Send the queued one-time codes."""
    await send_due_messages(context.db, context.seal, context.port, now=context.clock.now(), lanes=(CODES,))


async def send_notices(context: WorkerContext) -> None:
    """Send the other queued messages."""
    await send_due_messages(context.db, context.seal, context.port, now=context.clock.now(), lanes=(NOTICES,))


async def fetch_receipts(context: WorkerContext) -> None:
    """Store the delivery receipts of the SMS provider."""
    await log_receipts(context.port)


async def apply_webhooks(context: WorkerContext) -> int:
    """Apply the stored webhooks of the provider, while it answers; return how many."""
    applied = 0
    while not context.gateway.is_open():
        done = (await apply_events(context.db, context.gateway, at=context.clock.now())).done
        applied += done
        if not done:
            break
    return applied


async def apply_outbox(context: WorkerContext) -> int:
    """Update the orders whose payments or refunds changed, and tell sellers about their payouts; return how many."""
    updated = await apply_payment_events(context.db, None, context.seal, now=context.clock.now())
    await apply_payout_events(context.db, context.seal, now=context.clock.now())
    return updated


async def finish_calls(context: WorkerContext) -> None:
    """Send the due calls to the provider, while it answers."""
    if not context.gateway.is_open():
        await finish_operations(context.db, context.gateway, at=context.clock.now())


async def retry_refunds(context: WorkerContext) -> None:
    """Send the failed refunds again that are due."""
    await retry_due_refunds(context.db, context.gateway, at=context.clock.now())


async def poll_payments(context: WorkerContext) -> None:
    """Query payments that no webhook reported, while the provider answers."""
    if not context.gateway.is_open():
        await poll_due_payments(context.db, context.gateway, at=context.clock.now())


async def poll_payouts(context: WorkerContext) -> None:
    """Query payouts that no webhook reported, while the provider answers."""
    if not context.gateway.is_open():
        await poll_due_payouts(context.db, context.gateway, at=context.clock.now())


async def check_accounts(context: WorkerContext) -> None:
    """Put changed payout accounts into use or end them, and have accounts checked that nobody answered for."""
    await activate_due_changes(context.db, context.seal, now=context.clock.now())
    await lapse_account_changes(context.db, context.seal, now=context.clock.now())
    if not context.gateway.is_open():
        await check_payout_accounts(context.db, context.gateway, context.seal, now=context.clock.now())


async def apply_tracking(context: WorkerContext) -> None:
    """Make the parcels due that carriers have pushed something about."""
    await apply_pushes(context.db)


async def track_parcels(context: WorkerContext) -> None:
    """Ask for the parcels on their way, while the tracking service answers."""
    if context.settings.carrier_url and not context.carriers.is_open():
        await poll_parcels(context.db, context.carriers, context.seal, now=context.clock.now())


async def end_tracking(context: WorkerContext) -> None:
    """Give up the parcels that take too long."""
    await give_up_parcels(context.db, days=context.settings.tracking_days, now=context.clock.now())


async def expire_unpaid_orders(context: WorkerContext) -> None:
    """Free the stock of unpaid orders past their deadline."""
    await expire_orders(context.db, context.gateway, now=context.clock.now())


async def expire_open_payments(context: WorkerContext) -> None:
    """Close unfinished payments past their expiry."""
    await expire_payments(context.db, context.gateway, now=context.clock.now())


async def confirm_overdue_receipts(context: WorkerContext) -> None:
    """Confirm receipt of what arrived long ago."""
    days = context.settings.receive_days
    await confirm_overdue(context.db, now=context.clock.now(), days=days, seal=context.seal)


async def lapse_booking_changes(context: WorkerContext) -> None:
    """End the changes of bookings that nobody answered in time, and tell who proposed them."""
    await lapse_changes(context.db, context.seal, now=context.clock.now())


async def escalate_cases(context: WorkerContext) -> None:
    """Escalate the cases that nobody answered in time, and tell the people concerned."""
    now = context.clock.now()

    async def tell(conn: Connection, case: LockedCase) -> None:
        await notify_late_claim(conn, context.seal, case, now=now)
        await notify_late_return(conn, context.seal, case, now=now)
        await notify_late_mediation(conn, context.seal, case, now=now)
        await notify_late_case(conn, context.seal, case, now=now)

    await escalate_late_cases(context.db, context.seal, tell, now=now)


async def update_invoices(context: WorkerContext) -> None:
    """Open the tasks of sellers whose invoices are too high after a refund, and settle those that ended."""
    await update_changed_invoices(context.db, context.seal, now=context.clock.now())


async def tell_red_letters(context: WorkerContext) -> None:
    """Tell sellers of public units of what came back, for which a red-letter invoice is due."""
    await tell_of_red_letters(context.db, context.seal, now=context.clock.now())


async def end_goods_returns(context: WorkerContext) -> None:
    """Refund returns whose arrival nobody confirmed, and close those that were never sent."""
    now, days = context.clock.now(), context.settings.return_arrival_days
    await end_due_returns(context.db, context.gateway, context.seal, days=days, now=now)


async def end_pickups(context: WorkerContext) -> None:
    """End the pickups that nobody came for."""
    now, days = context.clock.now(), context.settings.pickup_days
    await end_overdue_pickups(context.db, context.seal, days=days, now=now)


async def cancel_small_slots(context: WorkerContext) -> None:
    """Cancel the slots that start soon without their minimum of guests."""
    hours = context.settings.slot_minimum_hours
    await cancel_slots_below_minimum(context.db, context.seal, hours=hours, now=context.clock.now())


async def refund_slots(context: WorkerContext) -> None:
    """Give the guests of cancelled slots their money back."""
    await refund_cancelled_slots(context.db, None, context.seal, now=context.clock.now())


async def end_seats(context: WorkerContext) -> None:
    """End the offers of seats that nobody took, and the seats of cancelled courses and clinic days."""
    await end_due_seats(context.db, context.seal, now=context.clock.now())


async def erase_closed_accounts(context: WorkerContext) -> None:
    """Erase what requests wrote for accounts while they were closed."""
    await erase_accounts_again(context.db, context.seal, now=context.clock.now())


async def record_household_benefits(context: WorkerContext) -> None:
    """Record what households gain from what was received, and take back what was refunded."""
    await record_benefits(context.db, now=context.clock.now())


POLLS = (
    Poll("send_codes", timedelta(seconds=0.3), send_codes),
    Poll("send_notices", timedelta(seconds=1), send_notices),
    Poll("fetch_receipts", timedelta(seconds=30), fetch_receipts),
    Poll("apply_webhooks", timedelta(seconds=0.5), apply_webhooks, BUSY),
    Poll("apply_outbox", timedelta(seconds=0.5), apply_outbox, BUSY),
    Poll("finish_calls", timedelta(seconds=1), finish_calls),
    Poll("retry_refunds", timedelta(minutes=1), retry_refunds),
    Poll("poll_payments", timedelta(seconds=15), poll_payments),
    Poll("poll_payouts", timedelta(seconds=15), poll_payouts),
    Poll("check_accounts", timedelta(minutes=1), check_accounts),
    Poll("apply_tracking", timedelta(seconds=2), apply_tracking),
    Poll("track_parcels", timedelta(seconds=3), track_parcels),
    Poll("end_tracking", timedelta(minutes=1), end_tracking),
    Poll("expire_unpaid_orders", timedelta(seconds=15), expire_unpaid_orders),
    Poll("expire_open_payments", timedelta(minutes=1), expire_open_payments),
    Poll("confirm_overdue_receipts", timedelta(minutes=1), confirm_overdue_receipts),
    Poll("cancel_small_slots", timedelta(minutes=1), cancel_small_slots),
    Poll("refund_slots", timedelta(seconds=15), refund_slots),
    Poll("end_seats", timedelta(minutes=1), end_seats),
    Poll("erase_closed_accounts", timedelta(minutes=1), erase_closed_accounts),
    Poll("escalate_cases", timedelta(minutes=1), escalate_cases),
    Poll("lapse_booking_changes", timedelta(minutes=1), lapse_booking_changes),
    Poll("end_pickups", timedelta(minutes=1), end_pickups),
    Poll("update_invoices", timedelta(seconds=15), update_invoices),
    Poll("tell_red_letters", timedelta(seconds=15), tell_red_letters),
    Poll("end_goods_returns", timedelta(minutes=1), end_goods_returns),
    Poll("record_benefits", timedelta(seconds=15), record_household_benefits),
)

"""What one worker does at a fixed time: a row per schedule, claimed with a lease, retried if it fails."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import tell_overdue_cases
from market.catalogue.listings.search.scores import refresh_scores
from market.catalogue.producers.certificate_ends import notify_ending_certificates
from market.kernel import Connection, Database, Query
from market.kernel.clock import SHANGHAI
from market.kernel.postgres.months import make_partitions
from market.reports.counted.keep import keep_closed_months
from market.reports.region import refresh_quarters
from market.sales.aftersales.case_moves import notify_overdue_case
from market.sales.aftersales.late_refund_requests import end_late_refund_requests
from market.sales.aftersales.unsent import cancel_unsent, remind_sellers
from market.sales.orders.lapse_balances import lapse_balances, remind_of_balances
from market.sales.payouts.pay_out import PayoutHold, pay_out_due
from market.sales.pickups.remind import remind_of_pickups
from market.sales.procurement.chase import chase_acceptances, chase_red_letters
from market.sales.reviews.score import refresh_figures
from market.service.worker.audit_heads import note_audit_heads
from market.service.worker.context import WorkerContext
from market.service.worker.reconciliation import reconcile_yesterday
from market.service.worker.retention import RETENTIONS, delete_kept_uploads, delete_photos, erase_case_texts
from market.subsidies.clawbacks.decide import post_due_clawbacks
from market.subsidies.evidence.erase_leads import erase_due_leads
from market.subsidies.evidence.erase_persons import erase_due_persons
from market.subsidies.evidence.seal_pack import seal_closed_months
from market.subsidies.idle.tell import tell_idle_lines
from market.subsidies.operators.lateness import remind_operators
from market.villages.supervision.tell import tell_due_supervision
from payments.ledger.months import MONTHS_AHEAD, make_months
from payments.retries import RetryPolicy, describe_error, run_each

log = structlog.get_logger()

RETRIES = RetryPolicy(
    lease=timedelta(hours=1), first_delay=timedelta(minutes=5), max_delay=timedelta(hours=1), max_attempts=None
)
NEW_LISTING_PERIOD = timedelta(days=30)
_ANCHOR = datetime(2019, 1, 1, tzinfo=SHANGHAI)


class PacksNotSealed(Exception):
    """Some closed months have no evidence pack, because sealing it failed."""


class ClawbacksNotPosted(Exception):
    """Decisions against households are final and not posted yet."""


class PersonsNotErased(Exception):
    """Persons whom a county has kept long enough are still in its register or leads, because erasing them failed."""


class Schedule(Struct, frozen=True, kw_only=True):
    """Work that runs once per interval in one of the workers, at `offset` after midnight in Shanghai."""

    name: str
    interval: timedelta = timedelta(days=1)
    offset: timedelta
    run: Callable[[WorkerContext], Awaitable[object]]

    def get_next_run(self, after: datetime) -> datetime:
        """Return the first time of the schedule after a moment."""
        start = _ANCHOR + self.offset
        return start + ((after - start) // self.interval + 1) * self.interval


async def update_scores(context: WorkerContext) -> None:
    """Recompute the scores of listings."""
    await refresh_scores(context.db, new_since=context.clock.now() - NEW_LISTING_PERIOD)


async def remind_of_bills(context: WorkerContext) -> None:
    """Remind operators of the bills that are due, or late."""
    await remind_operators(context.db, context.seal, now=context.clock.now())


async def update_producer_figures(context: WorkerContext) -> None:
    """Count again what the public scores of producers are computed from."""
    await refresh_figures(context.db, now=context.clock.now())


async def pay_out(context: WorkerContext) -> None:
    """Pay producers what they are owed; without a provider nobody is paid."""
    if context.settings.stripe_key:
        hold = PayoutHold(claim_hours=context.settings.claim_hours, return_days=context.settings.return_days)
        await pay_out_due(context.db, context.gateway, hold=hold, now=context.clock.now())


async def tell_certificate_ends(context: WorkerContext) -> None:
    """Tell sellers whose certificates end soon, in the morning."""
    await notify_ending_certificates(context.db, context.seal, now=context.clock.now())


async def tell_overdue(context: WorkerContext) -> None:
    """Tell officials of cases that nobody decided in time and that have no higher level, in the morning."""
    now = context.clock.now()

    async def tell(conn: Connection, case: LockedCase) -> None:
        await notify_overdue_case(conn, context.seal, case, now=now)

    await tell_overdue_cases(context.db, tell, now=now)


async def remind_of_red_letters(context: WorkerContext) -> None:
    """Remind sellers of the red-letter invoices that are due or late, in the morning."""
    await chase_red_letters(context.db, context.seal, now=context.clock.now())


async def remind_of_acceptances(context: WorkerContext) -> None:
    """Remind public units of the deliveries that they have to accept, in the morning."""
    await chase_acceptances(context.db, context.seal, now=context.clock.now())


async def remind_of_unsent_parcels(context: WorkerContext) -> None:
    """Remind sellers of the parcels to send, in the morning."""
    await remind_sellers(context.db, context.seal, now=context.clock.now())


async def cancel_unsent_parcels(context: WorkerContext) -> None:
    """Cancel what was not sent in time; the refunds go out by themselves."""
    await cancel_unsent(context.db, context.seal, now=context.clock.now())


async def remind_of_unpaid_balances(context: WorkerContext) -> None:
    """Remind buyers of balances that are due, in the morning."""
    await remind_of_balances(context.db, context.seal, now=context.clock.now())


async def end_late_requests(context: WorkerContext) -> None:
    """Tell finance of refunds that wait too long for a second person, and lapse them in the end."""
    await end_late_refund_requests(context.db, context.seal, now=context.clock.now())


async def remind_of_ending_pickups(context: WorkerContext) -> None:
    """Remind buyers of parcels that their point keeps until tomorrow, in the morning."""
    await remind_of_pickups(context.db, context.seal, days=context.settings.pickup_days, now=context.clock.now())


async def seal_packs(context: WorkerContext) -> None:
    """Seal the evidence packs of months that were closed.

    Raises:
        PacksNotSealed: some could not be sealed; the log says which and why.
    """
    summary = await seal_closed_months(context.db, context.seal, now=context.clock.now())
    if summary.failed:
        raise PacksNotSealed(summary.failed)


async def post_clawbacks(context: WorkerContext) -> None:
    """Post the decisions against households whose term of appeal is over.

    Raises:
        ClawbacksNotPosted: some could not be posted; the log says which and why.
    """
    summary = await post_due_clawbacks(context.db, context.seal, now=context.clock.now())
    if summary.failed:
        raise ClawbacksNotPosted(summary.failed)


async def erase_persons(context: WorkerContext) -> None:
    """Erase persons who left the register longer ago than their county keeps them, and those whom only leads name.

    Raises:
        PersonsNotErased: those of some counties or leads could not be erased; the log says which and why.
    """
    now = context.clock.now()
    persons = await erase_due_persons(context.db, context.seal, now=now)
    leads = await erase_due_leads(context.db, context.seal, now=now)
    if persons.failed or leads.failed:
        raise PersonsNotErased(persons.failed + leads.failed)


async def tell_idle(context: WorkerContext) -> None:
    """Tell households of lines that are idle, in the morning."""
    await tell_idle_lines(context.db, context.seal, now=context.clock.now())


async def tell_supervision(context: WorkerContext) -> None:
    """Tell officials of tasks of supervision that end soon, and daily of overdue ones, in the morning."""
    await tell_due_supervision(context.db, context.seal, now=context.clock.now())


async def lapse_unpaid_balances(context: WorkerContext) -> None:
    """End orders whose balance was not paid in time; without a provider nothing ends."""
    if context.settings.stripe_key:
        await lapse_balances(context.db, context.gateway, context.seal, now=context.clock.now())


async def refresh_region_sums(context: WorkerContext) -> None:
    """Compute the quarters again that prefectures and provinces see, of which a month changed."""
    await refresh_quarters(context.db)


async def count_closed_months(context: WorkerContext) -> None:
    """Count the reports of months that were closed, or changed after it."""
    await keep_closed_months(context.db)


async def make_ledger_months(context: WorkerContext) -> None:
    """Make the partitions of the ledger, and of the other tables by month, for the next months."""
    await make_months(context.db)
    await make_partitions(context.db, ahead=MONTHS_AHEAD)


SCHEDULES = (
    Schedule(name="make_ledger_months", offset=timedelta(hours=2, minutes=30), run=make_ledger_months),
    *(
        Schedule(name=each.name, offset=timedelta(hours=4, minutes=minute), run=each.run)
        for minute, each in enumerate(RETENTIONS)
    ),
    Schedule(name="refresh_region_sums", interval=timedelta(minutes=5), offset=timedelta(0), run=refresh_region_sums),
    Schedule(name="count_closed_months", interval=timedelta(minutes=5), offset=timedelta(0), run=count_closed_months),
    Schedule(name="note_audit_heads", interval=timedelta(hours=1), offset=timedelta(minutes=5), run=note_audit_heads),
    Schedule(name="delete_kept_uploads", interval=timedelta(minutes=10), offset=timedelta(0), run=delete_kept_uploads),
    Schedule(name="delete_photos", offset=timedelta(hours=4, minutes=15), run=delete_photos),
    Schedule(name="erase_case_texts", offset=timedelta(hours=3, minutes=30), run=erase_case_texts),
    Schedule(name="update_scores", offset=timedelta(hours=4, minutes=30), run=update_scores),
    Schedule(name="update_producer_figures", offset=timedelta(hours=4, minutes=45), run=update_producer_figures),
    Schedule(name="pay_out", offset=timedelta(hours=9), run=pay_out),
    Schedule(name="remind_of_unsent_parcels", offset=timedelta(hours=9), run=remind_of_unsent_parcels),
    Schedule(
        name="cancel_unsent_parcels",
        interval=timedelta(hours=1),
        offset=timedelta(minutes=10),
        run=cancel_unsent_parcels,
    ),
    Schedule(name="end_late_requests", offset=timedelta(hours=9, minutes=15), run=end_late_requests),
    Schedule(name="remind_of_red_letters", offset=timedelta(hours=9), run=remind_of_red_letters),
    Schedule(name="remind_of_acceptances", offset=timedelta(hours=9), run=remind_of_acceptances),
    Schedule(name="remind_of_bills", offset=timedelta(hours=9), run=remind_of_bills),
    Schedule(name="remind_of_ending_pickups", offset=timedelta(hours=9), run=remind_of_ending_pickups),
    Schedule(name="remind_of_unpaid_balances", offset=timedelta(hours=9), run=remind_of_unpaid_balances),
    Schedule(
        name="lapse_unpaid_balances",
        interval=timedelta(hours=1),
        offset=timedelta(minutes=20),
        run=lapse_unpaid_balances,
    ),
    Schedule(name="post_clawbacks", offset=timedelta(hours=8, minutes=30), run=post_clawbacks),
    Schedule(name="tell_certificate_ends", offset=timedelta(hours=9), run=tell_certificate_ends),
    Schedule(name="tell_idle_lines", offset=timedelta(hours=9, minutes=45), run=tell_idle),
    Schedule(name="tell_supervision", offset=timedelta(hours=9), run=tell_supervision),
    Schedule(name="tell_overdue_cases", offset=timedelta(hours=9), run=tell_overdue),
    Schedule(name="erase_persons", offset=timedelta(hours=3), run=erase_persons),
    Schedule(name="seal_packs", interval=timedelta(hours=1), offset=timedelta(minutes=35), run=seal_packs),
    Schedule(name="reconcile_yesterday", offset=timedelta(hours=5), run=reconcile_yesterday),
)


# The times are those of the database server, not of the business clock, which may be shifted.
ADD_SCHEDULE = Query(
    None,
    "INSERT INTO jobs.schedules (name, next_at) VALUES (:name, :next_at) ON CONFLICT (name) DO NOTHING",
)
CLAIM_SCHEDULE = Query(
    int,
    """
    UPDATE jobs.schedules
       SET attempts = attempts + 1, next_at = clock_timestamp() + :lease::interval
     WHERE name = (SELECT name FROM jobs.schedules
                    WHERE name = :name AND next_at <= clock_timestamp()
                      FOR UPDATE SKIP LOCKED)
    RETURNING attempts
    """,
)
READ_TIME = Query(datetime, "SELECT clock_timestamp()")
FINISH_SCHEDULE = Query(
    None,
    """
    UPDATE jobs.schedules SET attempts = 0, error = NULL, next_at = :next_at, finished_at = clock_timestamp()
     WHERE name = :name
    """,
)
RETRY_SCHEDULE = Query(
    None,
    "UPDATE jobs.schedules SET error = :error, next_at = clock_timestamp() + :delay::interval WHERE name = :name",
)


async def add_schedules(db: Database) -> None:
    """Store the next run of each schedule that is new in this release."""
    async with db.transaction() as conn:
        now = await READ_TIME.one(conn)
        await ADD_SCHEDULE.run_many(
            conn, [{"name": each.name, "next_at": each.get_next_run(now)} for each in SCHEDULES]
        )


async def run_if_due(context: WorkerContext, schedule: Schedule) -> bool:
    """Run a schedule if it is due; return whether it was and succeeded.

    A run that was missed while no worker was up is made up for once. A failed run is retried after 5, 10, 20, …
    minutes, at most an hour.
    """
    async with context.db.connection() as conn:
        attempts = await CLAIM_SCHEDULE.all(conn, name=schedule.name, lease=RETRIES.lease)

    async def run(_attempt: int) -> None:
        await schedule.run(context)
        async with context.db.connection() as conn:
            now = await READ_TIME.one(conn)
            await FINISH_SCHEDULE.run(conn, name=schedule.name, next_at=schedule.get_next_run(now))

    async def fail(attempt: int, error: Exception) -> None:
        log.error("schedule_failed", schedule=schedule.name, attempts=attempt, exc_info=error)
        delay = RETRIES.compute_delay(attempt)
        async with context.db.connection() as conn:
            await RETRY_SCHEDULE.run(conn, name=schedule.name, error=describe_error(error), delay=delay)

    summary = await run_each(attempts, run, fail)
    return summary.done == 1

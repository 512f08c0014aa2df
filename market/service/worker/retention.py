"""What is deleted, and how long after it was of use. Orders, ledger, audit record and what subsidies rest on stay."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from msgspec import Struct

from market.cases.casework.erase import erase_old_case_texts
from market.cases.grievances.network_counts import delete_old_counts
from market.catalogue.bookings.host_nights import GUEST_LIFETIME, delete_past_nights
from market.kernel import Database
from market.kernel.failures import delete_stale_failures
from market.kernel.idempotency import KEY_LIFETIME, delete_old_keys
from market.people.identity.codes import delete_old_codes
from market.people.identity.second_factor import delete_old_steps
from market.people.identity.sessions import KNOWN_DEVICE_PERIOD, delete_old_sessions
from market.people.notify.send import delete_old_messages
from market.people.saved_filters.keep import FILTER_LIFETIME, delete_old_filters
from market.people.storage.sent_bytes import delete_old_bytes
from market.people.storage.unused_photos import delete_unused_photos
from market.sales.aftersales.old_claim_photos import CLAIM_PHOTO_LIFETIME, delete_old_claim_photos
from market.sales.carriers.pushes import PUSH_LIFETIME, delete_old_pushes
from market.sales.carriers.track import FACT_LIFETIME, delete_old_facts
from market.sales.conversations.erase import delete_old_conversations
from market.sales.conversations.models import CONVERSATION_LIFETIME
from market.sales.invoices.erase import erase_old_invoice_details
from market.sales.invoices.models import DETAILS_LIFETIME
from market.sales.orders.cart import DEVICE_CART_LIFETIME, delete_old_device_lines, delete_old_device_nights
from market.sales.visits.guest_register import delete_due_guests
from market.sales.visits.scans import SCAN_LIFETIME, delete_old_scans
from market.service.worker.context import WorkerContext
from market.subsidies.imports.kept_uploads import delete_old_uploads
from market.subsidies.month.store_run import REPLACED_LINES_LIFETIME, delete_replaced_lines
from market.subsidies.tasks.work import TASK_LIFETIME, delete_old_tasks
from market.villages.services.applications import APPLICATION_LIFETIME, delete_old_applications
from market.villages.services.questions import PHOTO_LIFETIME, drop_question_photos
from market.villages.services.seats import forget_old_seats
from payments.webhooks import delete_old_messages as delete_old_webhooks

log = structlog.get_logger()


class Retention(Struct, frozen=True, kw_only=True):
    """Rows of one table that are deleted every night, `period` after they were written or used.

    With `real_time` the table has the time of the database server, not of the business clock.
    """

    name: str
    period: timedelta
    delete: Callable[[Database, datetime], Awaitable[int]]
    real_time: bool = False

    async def run(self, context: WorkerContext) -> None:
        """Delete the rows that are old enough."""
        now = datetime.now(UTC) if self.real_time else context.clock.now()
        deleted = await self.delete(context.db, now - self.period)
        log.info("rows_deleted", retention=self.name, rows=deleted)


RETENTIONS = (
    Retention(name="delete_expired_codes", period=timedelta(days=2), delete=delete_old_codes),
    Retention(name="delete_ended_sessions", period=KNOWN_DEVICE_PERIOD, delete=delete_old_sessions),
    Retention(name="delete_used_second_factors", period=timedelta(days=1), delete=delete_old_steps),
    Retention(name="delete_expired_keys", period=KEY_LIFETIME, delete=delete_old_keys, real_time=True),
    Retention(name="delete_saved_filters", period=FILTER_LIFETIME, delete=delete_old_filters),
    Retention(name="delete_expired_messages", period=timedelta(days=30), delete=delete_old_messages, real_time=True),
    Retention(name="delete_old_applications", period=APPLICATION_LIFETIME, delete=delete_old_applications),
    Retention(name="drop_question_photos", period=PHOTO_LIFETIME, delete=drop_question_photos),
    Retention(name="forget_old_seats", period=timedelta(0), delete=forget_old_seats),
    Retention(name="delete_device_carts", period=DEVICE_CART_LIFETIME, delete=delete_old_device_lines),
    Retention(name="delete_device_stays", period=DEVICE_CART_LIFETIME, delete=delete_old_device_nights),
    Retention(name="delete_host_nights", period=GUEST_LIFETIME, delete=delete_past_nights),
    Retention(name="delete_stay_guests", period=timedelta(0), delete=delete_due_guests),
    Retention(name="delete_claim_photos", period=CLAIM_PHOTO_LIFETIME, delete=delete_old_claim_photos),
    Retention(name="delete_conversations", period=CONVERSATION_LIFETIME, delete=delete_old_conversations),
    Retention(name="delete_tracking_facts", period=FACT_LIFETIME, delete=delete_old_facts),
    Retention(name="delete_check_in_scans", period=SCAN_LIFETIME, delete=delete_old_scans),
    Retention(name="delete_sent_bytes", period=timedelta(days=1), delete=delete_old_bytes),
    Retention(name="delete_nameless_counts", period=timedelta(0), delete=delete_old_counts),
    Retention(name="delete_replaced_lines", period=REPLACED_LINES_LIFETIME, delete=delete_replaced_lines),
    Retention(name="erase_invoice_details", period=DETAILS_LIFETIME, delete=erase_old_invoice_details),
    Retention(name="delete_ended_tasks", period=TASK_LIFETIME, delete=delete_old_tasks, real_time=True),
    Retention(name="delete_webhooks", period=timedelta(days=30), delete=delete_old_webhooks, real_time=True),
    Retention(name="delete_carrier_pushes", period=PUSH_LIFETIME, delete=delete_old_pushes, real_time=True),
    Retention(name="delete_stale_failures", period=timedelta(days=1), delete=delete_stale_failures, real_time=True),
)


async def delete_kept_uploads(context: WorkerContext) -> None:
    """Delete the files of dry runs that were kept for an hour, and those that tasks left behind."""
    await delete_old_uploads(context.files, now=context.clock.now())


async def erase_case_texts(context: WorkerContext) -> None:
    """Erase what people wrote in objections, grievances and appeals that ended years ago."""
    erased = await erase_old_case_texts(context.db, context.seal, now=context.clock.now())
    log.info("case_texts_erased", cases=erased)


async def delete_photos(context: WorkerContext) -> None:
    """Delete the photos that nothing shows, and files without a row."""
    await delete_unused_photos(context.db, context.files, now=context.clock.now())

"""The nightly work: retention and scores."""

from datetime import timedelta

from market.catalogue.scores import refresh_scores
from market.identity.codes import delete_old_codes
from market.jobs.context import WorkerContext
from market.kernel.idempotency import delete_old_keys
from market.notify.send import delete_old_messages
from market.orders.cart import delete_old_device_carts
from market.storage.unused_photos import delete_unused_photos
from market.subsidies.imports.kept_uploads import delete_old_uploads

CODE_RETENTION = timedelta(days=2)
NEW_LISTING_PERIOD = timedelta(days=30)


async def delete_expired_codes(context: WorkerContext) -> None:
    """Delete one-time codes that no limit counts any more."""
    async with context.db.transaction() as conn:
        await delete_old_codes(conn, before=context.clock.now() - CODE_RETENTION)


async def delete_expired_keys(context: WorkerContext) -> None:
    """Delete old idempotency keys."""
    async with context.db.transaction() as conn:
        await delete_old_keys(conn)


async def delete_expired_messages(context: WorkerContext) -> None:
    """Delete old text messages with the phones they were sent to."""
    await delete_old_messages(context.db, now=context.clock.now())


async def delete_device_carts(context: WorkerContext) -> None:
    """Delete carts of devices that did not sign in for 30 days."""
    async with context.db.transaction() as conn:
        await delete_old_device_carts(conn, now=context.clock.now())


async def delete_kept_uploads(context: WorkerContext) -> None:
    """Delete the files of dry runs that were kept for an hour."""
    await delete_old_uploads(context.files, now=context.clock.now())


async def delete_photos(context: WorkerContext) -> None:
    """Delete the photos that nothing shows, and files without a row."""
    await delete_unused_photos(context.db, context.files, now=context.clock.now())


async def update_scores(context: WorkerContext) -> None:
    """Recompute the scores of listings."""
    async with context.db.transaction() as conn:
        await refresh_scores(conn, new_since=context.clock.now() - NEW_LISTING_PERIOD)

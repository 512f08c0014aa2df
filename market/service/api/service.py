"""Health checks, metrics, and the webhooks of the payment provider and of the carriers."""

import structlog
from litestar import Response, get, post
from litestar.di import NamedDependency

from market.kernel import Database, Query
from market.kernel.rate_limits import RateClass
from market.sales.carriers.http_port import WEBHOOK_PATH
from market.sales.carriers.open_port import GuardedCarriers
from market.sales.carriers.pushes import PushReceipt, receive_push
from market.service.http import HttpRequest
from market.service.metrics import render_metrics, render_queue_metrics
from market.service.worker.queues import QueueReadings
from payments import GuardedGateway, receive

log = structlog.get_logger()

COUNT_PROVINCES = Query(int, "SELECT count(*) FROM divisions WHERE level = 1")


@get("/healthz", tags=["service"], operation_id="Health", summary="The process responds.", rate=RateClass.FREE)
async def healthz() -> dict[str, str]:
    """Return ok while the process responds; checks nothing else."""
    return {"status": "ok"}


@get("/readyz", tags=["service"], operation_id="Ready", summary="The database responds too.", rate=RateClass.FREE)
async def readyz(db: NamedDependency[Database]) -> dict[str, str]:
    """Return whether the database responds and contains the reference data."""
    async with db.connection() as conn:
        provinces = await COUNT_PROVINCES.one(conn)
    return {"status": "ready" if provinces else "empty"}


@get("/metrics", tags=["service"], operation_id="Metrics", media_type="text/plain; version=0.0.4", rate=RateClass.FREE)
async def metrics(queues: NamedDependency[QueueReadings]) -> bytes:
    """Return all metrics in the Prometheus text format; those of the queues are at most 5 s old."""
    try:
        reading = await queues.get()
    except Exception:
        # Whatever keeps the database from answering, the other metrics show it.
        log.exception("queues_not_read")
        reading = None
    return render_metrics() + render_queue_metrics(reading)


@post("/payments/webhook", tags=["service"], operation_id="ReceiveWebhook", status_code=200, rate=RateClass.FREE)
async def webhook(
    request: HttpRequest, db: NamedDependency[Database], gateway: NamedDependency[GuardedGateway]
) -> Response[dict[str, bool]]:
    """Verify and store a webhook of the payment provider; the worker processes it."""
    receipt = await receive(db, gateway, dict(request.headers), await request.body())
    return Response({"received": receipt.fresh}, status_code=200)


@post(WEBHOOK_PATH, tags=["service"], operation_id="ReceiveTracking", status_code=200, rate=RateClass.FREE)
async def receive_tracking(
    request: HttpRequest, db: NamedDependency[Database], carriers: NamedDependency[GuardedCarriers]
) -> PushReceipt:
    """Verify and store a push of the tracking service; the worker then asks where the parcel is."""
    return await receive_push(db, carriers, dict(request.headers), await request.body())


ROUTES = [healthz, readyz, metrics, webhook, receive_tracking]

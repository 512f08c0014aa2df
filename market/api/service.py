"""Addresses for machines: health, figures, and the payment provider's messages."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from market.kernel import Database, Query
from market.kernel.queue import wake
from market.metrics import exposition
from payments import receive
from payments.stripe import Stripe

IS_THERE = Query(int, "SELECT count(*) FROM divisions WHERE level = 1")


@get("/healthz", tags=["service"], operation_id="Health", summary="The process answers.")
async def healthz() -> dict[str, str]:
    """Say that the process answers; nothing behind it is asked."""
    return {"status": "ok"}


@get("/readyz", tags=["service"], operation_id="Ready", summary="The database answers too.")
async def readyz(db: NamedDependency[Database]) -> dict[str, str]:
    """Say that the database answers and is loaded."""
    async with db.connection() as conn:
        provinces = await IS_THERE.one(conn)
    return {"status": "ready" if provinces else "empty"}


@get("/metrics", tags=["service"], operation_id="Metrics", media_type="text/plain; version=0.0.4; charset=utf-8")
async def metrics() -> bytes:
    """Give every figure in Prometheus' form."""
    return exposition()


@post("/payments/webhook", tags=["service"], operation_id="ReceiveWebhook", status_code=200)
async def webhook(
    request: Request[Any, Any, Any], db: NamedDependency[Database], gateway: NamedDependency[Stripe]
) -> Response[dict[str, bool]]:
    """Verify and store a message of the payment provider; the worker acts on it."""
    received = await receive(db, gateway, dict(request.headers), await request.body())
    async with db.connection() as conn:
        await wake(conn, "payments")
    return Response({"received": received.fresh}, status_code=200)


ROUTES = [healthz, readyz, metrics, webhook]

"""What the service counts for its operator, in Prometheus' form."""

import time

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import REGISTRY, Counter, Histogram, generate_latest

ANSWERS = Counter("market_answers_total", "Answers by route and status.", ["method", "route", "status"])
SECONDS = Histogram(
    "market_answer_seconds",
    "Time to answer, by route.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


def count_answer(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer; `route` is the address's pattern, so that ids do not multiply the series."""
    ANSWERS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)


def counting(app: ASGIApp) -> ASGIApp:
    """Wrap the service so that every answer is counted."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watch)
        finally:
            count_answer(scope["method"], scope.get("path_template") or "none", status, time.perf_counter() - begun)

    return count


def exposition() -> bytes:
    """Return every figure in Prometheus' text format."""
    return generate_latest(REGISTRY)

"""Prometheus metrics of the service.

With several processes each writes its values to a file of a common folder, and a scrape of any of them sums all files.
"""

import os
import time
from collections.abc import Iterable, Sequence

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from market.kernel import Refusal
from market.kernel.rate_limits import RateClass
from market.service.startup import METRICS_FOLDER_VARIABLE
from market.service.worker.queues import QueueState, ScheduleState

RESPONSES = Counter("market_answers_total", "Responses by method, route and status.", ["method", "route", "status"])
SECONDS = Histogram(
    "market_answer_seconds",
    "Seconds to respond, by method and route.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)

RATE_REFUSALS = Counter("market_rate_refusals_total", "Requests refused by a rate limit, by class.", ["rate_class"])
for _class in RateClass:
    RATE_REFUSALS.labels(_class)


KEPT_RESPONSES = Counter("market_kept_answers_total", "Responses that the process had kept, of those counted above.")


def count_response(method: str, route: str, status: int, seconds: float) -> None:
    """Count one response. `route` is the path template, so that ids do not create new series."""
    RESPONSES.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)


def count_kept_response() -> None:
    """Count one response that needed no work, because the process had kept it."""
    KEPT_RESPONSES.inc()


def count_rate_refusal(rate_class: RateClass) -> None:
    """Count one request that was refused by a rate limit."""
    RATE_REFUSALS.labels(rate_class).inc()


def count_responses(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that counts every response."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_and_record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_and_record_status)
        except Refusal as refusal:  # of a rate limit: its response is built outside of this middleware
            status = refusal.status
            raise
        finally:
            count_response(scope["method"], scope.get("path_template") or "none", status, time.perf_counter() - started)

    return count


def render_metrics() -> bytes:
    """Return all metrics, of all processes of the service, in Prometheus' text format."""
    if METRICS_FOLDER_VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


class _QueueCollector(Collector):
    """The gauges of one reading of the queues; without a reading only that there is none."""

    def __init__(self, reading: tuple[Sequence[QueueState], Sequence[ScheduleState]] | None) -> None:
        self._reading = reading

    def collect(self) -> Iterable[Metric]:
        readable = float(self._reading is not None)
        yield GaugeMetricFamily("market_queues_readable", "1 if the queues could be read, else 0.", value=readable)
        if self._reading is None:
            return
        queues, schedules = self._reading
        due = GaugeMetricFamily("market_queue_due", "Items of a queue that are due.", labels=["queue"])
        dead = GaugeMetricFamily("market_queue_dead", "Items of a queue that were given up.", labels=["queue"])
        oldest = GaugeMetricFamily("market_queue_oldest_due_seconds", "Wait of the oldest due item.", labels=["queue"])
        for queue in queues:
            due.add_metric([queue.queue], queue.due)
            dead.add_metric([queue.queue], queue.dead)
            oldest.add_metric([queue.queue], queue.oldest_due_seconds)
        late = GaugeMetricFamily("market_schedule_overdue_seconds", "Lateness of a schedule.", labels=["schedule"])
        failures = GaugeMetricFamily(
            "market_schedule_failures", "Failed attempts of a schedule since its last success.", labels=["schedule"]
        )
        for schedule in schedules:
            late.add_metric([schedule.name], schedule.overdue_seconds)
            failures.add_metric([schedule.name], schedule.failures)
        yield from (due, dead, oldest, late, failures)


def render_queue_metrics(reading: tuple[Sequence[QueueState], Sequence[ScheduleState]] | None) -> bytes:
    """Return the gauges of the queues and schedules in Prometheus' text format; None is a failed reading."""
    registry = CollectorRegistry()
    registry.register(_QueueCollector(reading))
    return generate_latest(registry)

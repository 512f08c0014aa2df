"""A service with several processes: what it counts, what they share, and what comes for one that was killed."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from market.kernel.postgres.embedded import find_free_port
from tests.faults.processes import open_client, run_command

PATIENCE_SECONDS = 20


class Running:
    """A service of two processes."""

    def __init__(self, http: httpx.AsyncClient, pid: int) -> None:
        self.http = http
        self.pid = pid

    async def get(self, path: str) -> httpx.Response:
        """Ask whichever process accepts a new connection."""
        return await self.http.get(path, headers={"Connection": "close"})

    def list_processes(self) -> set[int]:
        return set(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))


@pytest.fixture
async def running(dsn: str, folder: Path) -> AsyncGenerator[Running]:
    port = find_free_port()
    environment = {
        "MARKET_DATABASE_URL": dsn,
        "MARKET_PORT": str(port),
        "MARKET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MARKET_STRIPE_KEY": "sk_test_metrics",
        "MARKET_STRIPE_WEBHOOK_SECRET": "whsec_metrics",
        "MARKET_SMS_PATH": str(folder / "sms.jsonl"),
        "MARKET_WORKERS": "2",
    }
    with run_command(folder, "serve", **environment) as process:
        async with open_client(port) as http:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while count_listeners(port) < 2:
                    await asyncio.sleep(0.05)
            yield Running(http, process.pid)


def count_listeners(port: int) -> int:
    """Count the sockets that listen on a port: each process of a service has its own."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for _, local, _, state, *_ in rows if local.endswith(f":{port:04X}") and state == "0A")


async def test_every_scrape_counts_the_responses_of_all_processes(running: Running) -> None:
    for _ in range(40):
        assert (await running.get("/healthz")).status_code == 200
    scrapes = [(await running.get("/metrics")).text for _ in range(10)]
    name = 'market_answers_total{method="GET",route="/healthz",status="200"}'
    counted = {line.rpartition(" ")[2] for text in scrapes for line in text.splitlines() if line.startswith(name)}
    assert counted == {"40.0"}


def measure(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


async def test_a_killed_process_is_replaced_by_one_that_shares_the_memory_of_the_first(running: Running) -> None:
    killed, other = running.list_processes()
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while killed in (left := running.list_processes()) or len(left) < 2:
            await asyncio.sleep(0.05)
    assert other in left
    for _ in range(10):
        assert (await running.get("/readyz")).status_code == 200
    for pid in left:
        assert measure(pid, "Pss") < 0.75 * measure(pid, "Rss")

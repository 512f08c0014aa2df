"""Kill the primary during checkouts while a standby stands still, and count: `python deploy/cluster/failover.py`.

    failover.py [--folder FOLDER] [--at-once] [--rejoin]

Three PostgreSQL nodes, two services and a worker for each run on this machine, the one through HAProxy, the other with
a pool over all three hosts. Buyers place orders over HTTP and repeat each with its key until it is acknowledged. One
standby is frozen; when the cluster has noticed, the primary and its Patroni get SIGKILL. The result is printed as JSON:
orders acknowledged, lost and doubled, and the seconds until the next order was acknowledged.

`--at-once` kills the primary in the same moment in which the standby is frozen. Nobody then knows whether the frozen
one has orders that the other has not, so no primary is chosen until it is thawed, 30 s later. `--rejoin` starts the
killed node again and waits until it follows. Exit codes: 0 nothing lost, doubled or wrong; 1 otherwise; 2 packages of
Debian are missing.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx
import msgspec
from msgspec import Struct, field

sys.path.insert(0, str(Path(__file__).parents[2]))

from deploy.cluster.local_cluster import (
    ADDRESS,
    LocalCluster,
    Node,
    find_free_port,
    list_missing_packages,
    local_cluster,
)
from market.kernel import open_database
from market.service.startup import prepare_embedded
from payments.ledger.verification import verify_ledger
from tests.faults.processes import ADDRESS as BUYER_ADDRESS
from tests.faults.processes import UNITS, Shop, a_shop

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
MIN_FREE_MEMORY = 2 * 1024**3
PACE_SECONDS = 0.5
"""Between two orders of a buyer, who may have 50 unpaid ones."""
CALM_SECONDS = 5.0
"""Before the standby is frozen, and after the first order of the new primary."""
MAX_FAILOVER_SECONDS = 120.0
THAW_SECONDS = 30.0
SECRET = "a secret of the failover, 32 characters and more"  # noqa: S105 - of a market that is thrown away


class Outcome(Struct, kw_only=True):
    """What a run counted."""

    orders_acknowledged: int = 0
    orders_acknowledged_before: int = 0
    orders_lost: int = 0
    orders_doubled: int = 0
    orders_beside: int = 0
    seconds_until_noticed: float | None = None
    seconds_until_next_order: float = 0.0
    seconds_without_page: float = 0.0
    seconds_until_rejoined: float | None = None
    answers: dict[str, int] = field(default_factory=dict[str, int])
    unclear_answers: list[str] = field(default_factory=list[str])
    replica_sessions: int = 0
    ledger_findings: list[str] = field(default_factory=list[str])
    stock_right: bool = False
    seconds_in_all: float = 0.0

    def is_good(self) -> bool:
        """Return whether nothing was lost, doubled, left over or answered unclearly."""
        wrong = self.orders_lost + self.orders_doubled + self.orders_beside
        return not wrong and not self.unclear_answers and not self.ledger_findings and self.stock_right


class Buyers:
    """Buyers who place orders at the services in turn, and note each answer with the time."""

    def __init__(self, shop: Shop, urls: Sequence[str]) -> None:
        self.body = {"address": BUYER_ADDRESS, "lines": [{"variant_id": str(shop.variant), "quantity": 1}]}
        self.tokens = shop.tokens
        self.urls = urls
        self.acknowledged: dict[str, str] = {}
        self.times: list[tuple[float, float]] = []
        self.pages: list[float] = []
        self.answers: Counter[str] = Counter()
        self.unclear: list[str] = []
        self.stop = asyncio.Event()

    async def buy(self, number: int) -> None:
        """Place orders until `stop`; the last one until it is acknowledged."""
        headers = {"Authorization": f"Bearer {self.tokens[number]}"}
        turn = number
        async with httpx.AsyncClient(timeout=60, headers=headers) as http:
            while not self.stop.is_set():
                key = uuid.uuid4().hex
                while not await self._place(http, self.urls[turn % len(self.urls)], key):
                    turn += 1
                    await asyncio.sleep(0.25)
                await asyncio.sleep(PACE_SECONDS)

    async def _place(self, http: httpx.AsyncClient, url: str, key: str) -> bool:
        sent = time.monotonic()
        try:
            response = await http.post(f"{url}/api/v1/orders", json=self.body, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return False
        self._note(response)
        if response.status_code != 201:
            return False
        self.acknowledged[key] = response.json()["id"]
        self.times.append((sent, time.monotonic()))
        return True

    def _note(self, response: httpx.Response) -> None:
        self.answers[f"{response.request.method} {response.status_code}"] += 1
        clear = response.status_code in {200, 201} or (
            response.status_code == 503 and "Retry-After" in response.headers
        )
        if not clear or "Traceback" in response.text:
            self.unclear.append(f"{response.status_code} {response.text[:200]}")

    async def look(self) -> None:
        """Open a public page that differs each time, as nothing keeps it, until `stop`."""
        async with httpx.AsyncClient(timeout=10) as http:
            number = 0
            while not self.stop.is_set():
                number += 1
                for url in self.urls:
                    with suppress(httpx.TransportError):
                        response = await http.get(f"{url}/search", params={"q": "枣", "from": str(number)})
                        self._note(response)
                        if response.status_code == 200:
                            self.pages.append(time.monotonic())
                await asyncio.sleep(0.1)


async def start_market(cluster: LocalCluster) -> tuple[Shop, list[str]]:
    """Migrate, open a shop, and start two services and two workers; return the services' addresses."""
    await prepare_embedded(cluster.server)
    shop = await a_shop(cluster.server.dsn())
    replica = cluster.server.service_dsn().replace(f":{cluster.primary_port}/", f":{cluster.replica_port}/")
    through_proxy = cluster.server.service_dsn()
    over_hosts = through_proxy.replace(f"{ADDRESS}:{cluster.primary_port}", cluster.hosts)
    urls: list[str] = []
    for name, dsn in (("one", through_proxy), ("two", over_hosts)):
        port = find_free_port()
        urls.append(f"http://{ADDRESS}:{port}")
        known = {
            "database_url": dsn,
            "replica_url": replica,
            "secret": SECRET,
            "stripe_key": "sk_test_failover",
            "stripe_webhook_secret": "whsec_failover",
            "sms_path": str(cluster.folder / "sms.jsonl"),
            "rate_pages": "1000000",
            "rate_searches": "1000000",
            "rate_writes": "1000000",
        }
        cluster.run_market(f"service-{name}", "serve", port=str(port), public_url=urls[-1], **known)
        cluster.run_market(f"worker-{name}", "worker", public_url=urls[-1], **known)
    async with httpx.AsyncClient(timeout=5) as http:
        for url in urls:
            await _wait_until_ready(http, url)
    return shop, urls


async def _wait_until_ready(http: httpx.AsyncClient, url: str) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if (await http.get(f"{url}/readyz")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{url} is not ready")


async def break_it(cluster: LocalCluster, buyers: Buyers, outcome: Outcome, *, at_once: bool) -> Node:
    """Freeze a standby, kill the primary, and wait for the next order; return the killed node."""
    primary, (frozen, _) = await cluster.find_roles()
    began = time.monotonic()
    frozen.send_signal(signal.SIGSTOP)
    if not at_once:
        await cluster.wait_for(synchronous=1, seconds=60)
        outcome.seconds_until_noticed = round(time.monotonic() - began, 1)
        await asyncio.sleep(2)
    outcome.orders_acknowledged_before = len(buyers.acknowledged)
    killed_at = time.monotonic()
    primary.send_signal(signal.SIGKILL)
    thaw_at = killed_at + (THAW_SECONDS if at_once else MAX_FAILOVER_SECONDS)
    while not (after := [done for sent, done in buyers.times if sent > killed_at]):
        if time.monotonic() > thaw_at:
            frozen.send_signal(signal.SIGCONT)
        if time.monotonic() > killed_at + MAX_FAILOVER_SECONDS:
            raise TimeoutError(f"no order for {MAX_FAILOVER_SECONDS} s: {await cluster.list_members()}")
        await asyncio.sleep(0.05)
    outcome.seconds_until_next_order = round(min(after) - killed_at, 1)
    await asyncio.sleep(CALM_SECONDS)
    pages = [killed_at, *(each for each in buyers.pages if each > killed_at)]
    outcome.seconds_without_page = round(max(b - a for a, b in pairwise(pages)), 1)
    frozen.send_signal(signal.SIGCONT)
    return primary


async def count(cluster: LocalCluster, buyers: Buyers, outcome: Outcome) -> None:
    """Compare what was acknowledged with what the primary has."""
    db = await open_database(cluster.server.dsn(), max_size=2)
    known = set(buyers.acknowledged.values())
    async with db.transaction() as conn:
        orders = [str(row[0]) for row in await conn.fetch("SELECT id FROM orders")]
        keys = await conn.fetchval("SELECT count(DISTINCT key) FROM orders")
        lot = await conn.fetchrow("SELECT available_units, reserved_units + sold_units FROM lots")
        outcome.ledger_findings = [str(each) for each in await verify_ledger(conn)]
    await db.close()
    assert lot is not None
    outcome.orders_acknowledged = len(buyers.acknowledged)
    outcome.orders_lost = len(known - set(orders))
    outcome.orders_doubled = len(orders) - keys
    outcome.orders_beside = len(set(orders) - known)
    outcome.stock_right = tuple(lot) == (UNITS - len(orders), len(orders))
    outcome.answers = dict(sorted(buyers.answers.items()))
    outcome.unclear_answers = sorted(set(buyers.unclear))[:10]


async def count_replica_sessions(cluster: LocalCluster) -> int:
    """Return how many sessions of pages the standbys have."""
    _, standbys = await cluster.find_roles()
    sessions = 0
    for node in standbys:
        conn = await asyncpg.connect(cluster.server.dsn().replace(str(cluster.primary_port), str(node.port)), timeout=5)
        sessions += await conn.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'market-reads'")
        await conn.close()
    return sessions


async def run(folder: Path, *, at_once: bool, rejoin: bool) -> Outcome:
    """Run the whole story in an empty folder."""
    began, outcome = time.monotonic(), Outcome()
    with local_cluster(folder) as cluster:
        await cluster.wait_for(synchronous=2)
        shop, urls = await start_market(cluster)
        buyers = Buyers(shop, urls)
        tasks = [asyncio.create_task(buyers.buy(number)) for number in range(len(shop.tokens))]
        tasks.append(asyncio.create_task(buyers.look()))
        try:
            await asyncio.sleep(CALM_SECONDS)
            outcome.replica_sessions = await count_replica_sessions(cluster)
            killed = await break_it(cluster, buyers, outcome, at_once=at_once)
            buyers.stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 60)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if rejoin:
            again = time.monotonic()
            cluster.start_node(killed)
            await cluster.wait_for(synchronous=2)
            outcome.seconds_until_rejoined = round(time.monotonic() - again, 1)
        await count(cluster, buyers, outcome)
    outcome.seconds_in_all = round(time.monotonic() - began, 1)
    return outcome


def make_folder() -> Path:
    """Make an empty folder, in memory if there is room: three nodes on one disk would wait for each other."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MIN_FREE_MEMORY
    return Path(tempfile.mkdtemp(prefix="xiangji-cluster-", dir=MEMORY if roomy else None))


def main() -> int:
    """Run with the arguments of the command line, print the outcome, and leave nothing behind."""
    parser = argparse.ArgumentParser(description="Kill the primary during checkouts and count what is lost.")
    parser.add_argument("--folder", type=Path, help="an empty folder for data and logs, which stays")
    parser.add_argument("--at-once", action="store_true", help="freeze the standby and kill the primary together")
    parser.add_argument("--rejoin", action="store_true", help="start the killed node again and wait for it")
    arguments = parser.parse_args()
    if missing := list_missing_packages():
        print(f"apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    folder = arguments.folder or make_folder()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        outcome = asyncio.run(run(folder.absolute(), at_once=arguments.at_once, rejoin=arguments.rejoin))
    except KeyboardInterrupt:
        return 130
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(msgspec.to_builtins(outcome), ensure_ascii=False, indent=2))
    return 0 if outcome.is_good() else 1


if __name__ == "__main__":
    sys.exit(main())

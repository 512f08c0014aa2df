"""Three PostgreSQL nodes with Patroni, etcd and HAProxy on one machine, to see what a failover costs.

The nodes run the files `patroni.yml` and `haproxy.cfg` of this folder, and PostgreSQL of the embedded wheel.
"""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from types import TracebackType
from typing import IO, Self

import httpx
from msgspec import Struct

from market.kernel.postgres.embedded import EmbeddedServer, find_free_port, find_launcher

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADDRESS = "127.0.0.1"
PROGRAMS = {"patroni": "patroni", "etcd": "etcd-server", "haproxy": "haproxy"}
"""The programs that are started, and the packages of Debian that have them."""
ETCD_CLIENT = Path("/usr/lib/python3/dist-packages/etcd")
"""Patroni's client of etcd, a package of its own."""
MAX_START_SECONDS = 120.0
STREAMING = frozenset({"streaming", "running"})


def list_missing_packages() -> list[str]:
    """Return the packages of Debian whose programs are not installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    return missing if ETCD_CLIENT.exists() else [*missing, "python3-etcd"]


def _find_program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found is not None, f"{PROGRAMS[name]} is not installed"
    return found


class Node(Struct, eq=False):
    """One PostgreSQL node: its name, ports and folder, and its Patroni."""

    name: str
    port: int
    rest_port: int
    folder: Path
    patroni: "subprocess.Popen[bytes] | None" = None

    def list_processes(self) -> list[int]:
        """Return the processes of the node: Patroni's, PostgreSQL's, and their children."""
        roots = [self.patroni.pid] if self.patroni is not None else []
        with suppress(OSError, ValueError, IndexError):
            roots.append(int((self.folder / "data/postmaster.pid").read_text().splitlines()[0]))
        parents = _read_parents()
        found = [pid for pid in roots if pid in parents]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid and child not in found]
        return found

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the node at once."""
        for pid in self.list_processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number is signal.SIGKILL and self.patroni is not None:
            self.patroni.wait()


class Member(Struct, frozen=True):
    """A node as Patroni sees it."""

    name: str
    role: str
    state: str


class LocalCluster:
    """The cluster, as a context manager that ends every process that it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports: list[int] = []
        for _ in range(10):
            ports.append(find_free_port(*ports))
        self.primary_port, self.replica_port, self._etcd_port, self._peer_port = ports[:4]
        self.nodes = [
            Node(f"node{number}", ports[2 + 2 * number], ports[3 + 2 * number], folder / f"node{number}")
            for number in (1, 2, 3)
        ]
        self._password = secrets.token_hex(16)
        self._others: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []

    @property
    def server(self) -> EmbeddedServer:
        """The primary, behind HAProxy."""
        return EmbeddedServer(self.primary_port, self._password)

    @property
    def hosts(self) -> str:
        """Every node with its port, as in the DSN of a pool over several hosts."""
        return ",".join(f"{ADDRESS}:{node.port}" for node in self.nodes)

    def __enter__(self) -> Self:
        try:
            self._start_etcd()
            for node in self.nodes:
                node.folder.mkdir()
                self.start_node(node)
            self._start_haproxy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process: none of them is left behind, frozen or not."""
        for node in self.nodes:
            node.send_signal(signal.SIGCONT)
            node.send_signal(signal.SIGKILL)
        for process in reversed(self._others):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for log in self._logs:
            log.close()

    def run(self, name: str, *command: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Start a process whose output goes to a log in the folder, and which ends with the cluster."""
        process = self._spawn(name, *command, environment=environment)
        self._others.append(process)
        return process

    def _spawn(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )

    def _start_etcd(self) -> None:
        client, peer = f"http://{ADDRESS}:{self._etcd_port}", f"http://{ADDRESS}:{self._peer_port}"
        self.run(
            "etcd", _find_program("etcd"), "--name=one", f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=one={peer}", "--log-level=warn",
        )  # fmt: skip

    def start_node(self, node: Node) -> None:
        """Start a node, or start it again after it was killed."""
        launcher = find_launcher()
        values = {
            "NAME": node.name,
            "ADDRESS": ADDRESS,
            "NETWORK": f"{ADDRESS}/32",
            "PORT": str(node.port),
            "REST_PORT": str(node.rest_port),
            "ETCD_HOSTS": f"{ADDRESS}:{self._etcd_port}",
            "FOLDER": str(node.folder),
            "DATA": str(node.folder / "data"),
            "BINARIES": str(launcher.binaries),
            "SUPERUSER_PASSWORD": self._password,
            "REPLICATION_PASSWORD": self._password,
            "REWIND_PASSWORD": self._password,
        }
        config = node.folder / "patroni.yml"
        config.write_text(Template((HERE / "patroni.yml").read_text()).substitute(values))
        patroni = _find_program("patroni")
        node.patroni = self._spawn(node.name, *launcher.prefix, patroni, str(config))

    def _start_haproxy(self) -> None:
        values = {"ADDRESS": ADDRESS, "PRIMARY_PORT": str(self.primary_port), "REPLICA_PORT": str(self.replica_port)}
        for number, node in enumerate(self.nodes, 1):
            values |= {f"NODE{number}": f"{ADDRESS}:{node.port}", f"REST{number}": str(node.rest_port)}
        config = self.folder / "haproxy.cfg"
        config.write_text(Template((HERE / "haproxy.cfg").read_text()).substitute(values))
        self.run("haproxy", _find_program("haproxy"), "-db", "-f", str(config))

    def run_market(self, name: str, *words: str, **settings: str) -> "subprocess.Popen[bytes]":
        """Start a command of `market` with its own data folder and settings."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        environment = {f"MARKET_{key.upper()}": value for key, value in settings.items()}
        environment |= {"MARKET_DATA": str(folder), "PYTHONPATH": str(ROOT)}
        return self.run(name, sys.executable, "-m", "market.service.commands", *words, environment=environment)

    async def list_members(self) -> list[Member]:
        """Return the nodes as the first Patroni that answers sees them; none if none does."""
        async with httpx.AsyncClient(timeout=2) as http:
            for node in self.nodes:
                with suppress(httpx.HTTPError, ValueError, KeyError):
                    members = (await http.get(f"http://{ADDRESS}:{node.rest_port}/cluster")).json()["members"]
                    return [Member(each["name"], each["role"], each["state"]) for each in members]
        return []

    async def wait_for(self, *, leader: bool = True, synchronous: int, seconds: float = MAX_START_SECONDS) -> None:
        """Wait until there is a leader and so many standbys whose word counts in the quorum.

        Raises:
            TimeoutError: it takes longer; the logs are in the folder.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            members = await self.list_members()
            leaders = [each for each in members if each.role == "leader" and each.state == "running"]
            standbys = [each for each in members if each.role == "quorum_standby" and each.state in STREAMING]
            if len(leaders) == leader and len(standbys) == synchronous:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"no leader with {synchronous} synchronous standbys: {await self.list_members()}")

    async def find_roles(self) -> tuple[Node, list[Node]]:
        """Return the primary and the standbys."""
        roles = {each.name: each.role for each in await self.list_members()}
        (primary,) = [node for node in self.nodes if roles.get(node.name) == "leader"]
        return primary, [node for node in self.nodes if node is not primary]


def _read_parents() -> dict[int, int]:
    """Return the parent of every process of this machine that is not a zombie."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(path.parent.name)] = int(parent)
    return parents


@contextmanager
def local_cluster(folder: Path) -> Generator[LocalCluster]:
    """Yield a cluster in an empty folder, ended also by SIGTERM."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with LocalCluster(folder) as cluster:
            yield cluster
    finally:
        signal.signal(signal.SIGTERM, before)

"""Connect to the one of several hosts that accepts writes, as after a failover."""

from typing import Any
from urllib.parse import urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

HOST_SECONDS = 1.5
"""How long each host is tried: one that vanished or stands still must not keep the others from being asked."""
_DEFAULT_PORT = 5432
_NOT_THIS_HOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.exceptions.TargetServerAttributeNotMatched,
)
"""It is not there, starts or stops, or is a standby; a wrong password is reported as it is."""


class NoPrimary(ConnectionError):
    """None of the hosts accepts writes at the moment."""


def list_hosts(dsn: str) -> list[tuple[str, int]]:
    """Return the hosts of a DSN with their ports: `postgresql://user@one:5432,two:5432/name`."""
    named = [urlsplit(f"//{each}") for each in urlsplit(dsn).netloc.rpartition("@")[2].split(",")]
    return [(each.hostname or "", each.port or _DEFAULT_PORT) for each in named]


class PrimaryFinder:
    """The `connect` of a pool over several hosts: the last primary first, then the others, each for 1.5 s at most."""

    def __init__(self, dsn: str) -> None:
        self.hosts = list_hosts(dsn)

    async def connect(self, dsn: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection to the host that accepts writes.

        Raises:
            NoPrimary: none does, which lasts for seconds during a failover.
            asyncpg.InvalidCatalogNameError: none does, and one that was asked has no such database.
        """
        missing: asyncpg.InvalidCatalogNameError | None = None
        for name, port in tuple(self.hosts):
            try:
                conn = await asyncpg.connect(
                    dsn,
                    host=name,
                    port=port,
                    timeout=HOST_SECONDS,
                    target_session_attrs=SessionAttribute.primary,
                    **options,
                )
            except asyncpg.InvalidCatalogNameError as error:  # of a standby too, until it has what was created
                missing = error
                continue
            except _NOT_THIS_HOST:
                continue
            self.hosts.sort(key=lambda host: host != (name, port))
            return conn
        named = ", ".join(f"{name}:{port}" for name, port in self.hosts)
        raise missing or NoPrimary(f"none of the hosts {named} accepts writes")


async def find_primary(dsn: str) -> tuple[str, int]:
    """Return the host of `dsn` and its port; of several hosts the one that accepts writes.

    Raises:
        NoPrimary: there are several, and none does.
    """
    finder = PrimaryFinder(dsn)
    if len(finder.hosts) > 1:
        await (await finder.connect(dsn)).close()
    return finder.hosts[0]


async def connect_to_primary(dsn: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """Return a connection of its own to `dsn`; if it names several hosts, to the one that accepts writes.

    Raises:
        NoPrimary: there are several, and none does.
    """
    connect = PrimaryFinder(dsn).connect if len(list_hosts(dsn)) > 1 else asyncpg.connect
    return await connect(dsn, **options)

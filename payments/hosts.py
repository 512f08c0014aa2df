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
        self._hosts = list_hosts(dsn)

    async def connect(self, dsn: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection to the host that accepts writes.

        Raises:
            NoPrimary: none does, which lasts for seconds during a failover.
        """
        for name, port in tuple(self._hosts):
            try:
                conn = await asyncpg.connect(
                    dsn,
                    host=name,
                    port=port,
                    timeout=HOST_SECONDS,
                    target_session_attrs=SessionAttribute.primary,
                    **options,
                )
            except _NOT_THIS_HOST:
                continue
            self._hosts.sort(key=lambda host: host != (name, port))
            return conn
        raise NoPrimary

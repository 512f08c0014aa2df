"""A process that can be killed at each commit and each call to the provider: the rest of its work never happens."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from market.kernel import Connection, Database
from payments.stripe import Stripe


class KilledError(BaseException):
    """The process was killed: nothing may catch it and go on."""


class Fuse:
    """Kills the process at one of the next points; each point is passed once and counted."""

    def __init__(self) -> None:
        self.points: int | None = None

    def set(self, points: int) -> None:
        """Kill at the given point from now on, the first of which is 1."""
        self.points = points

    def remove(self) -> None:
        """Kill no more."""
        self.points = None

    def pass_point(self) -> None:
        """Pass a point, or die there."""
        if self.points is None:
            return
        self.points -= 1
        if self.points == 0:
            self.points = None
            raise KilledError


class MortalDatabase(Database):
    """A database whose client may die before each commit, which is then lost, and after it."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        super().__init__(database.pool, acquire_timeout=database.acquire_timeout, scope_setting=database.scope_setting)
        self.fuse = fuse

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Yield a connection; statements outside of a transaction have committed at its end."""
        async with super().connection() as conn:
            yield conn
        self.fuse.pass_point()

    @asynccontextmanager
    async def transaction(self, *, scope: str | None = None) -> AsyncGenerator[Connection]:
        """Yield a connection in a transaction."""
        async with super().transaction(scope=scope) as conn:
            yield conn
            self.fuse.pass_point()


class MortalGateway:
    """The provider's gateway, whose client may die before a call is sent, and before its answer is read."""

    def __init__(self, gateway: Stripe, fuse: Fuse) -> None:
        self._gateway, self._fuse = gateway, fuse

    def __getattr__(self, name: str) -> Any:
        """Return a property of the gateway, or one of its calls with a point on each side."""
        member: Any = getattr(self._gateway, name)
        if name == "verify" or not callable(member):
            return member
        call_provider = cast("Callable[..., Awaitable[Any]]", member)

        async def call(*values: Any, **named: Any) -> Any:
            self._fuse.pass_point()
            answer: Any = await call_provider(*values, **named)
            self._fuse.pass_point()
            return answer

        return call

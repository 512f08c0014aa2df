"""What PostgreSQL says about its own types, asked once a process instead of once a connection.

asyncpg asks for each array and range that a statement has, by a recursive statement of some 10 ms, on each connection.
"""

from collections.abc import Awaitable, Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import asyncpg

_FIRST_OTHER_OID = 10_000
"""Types with lower numbers have them from the source of PostgreSQL: in every server and release."""

type _Ask = Callable[[Iterable[int], float | None], Awaitable[tuple[Any, Any]]]

_known: dict[frozenset[int], Any] = {}


class KnowsTypes(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument] - generic in the stubs only
    """A connection that asks about PostgreSQL's own types only what no other connection of the process asked before."""

    __slots__ = ()

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> tuple[Any, Any]:  # noqa: ASYNC109
        """Return the rows that describe the types, and a statement: one with a name has replaced no prepared one."""
        ask = cast("_Ask", super()._introspect_types)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        asked = frozenset(typeoids)
        if max(asked) >= _FIRST_OTHER_OID:
            return await ask(asked, timeout)
        if asked not in _known:
            _known[asked], statement = await ask(asked, timeout)
            return _known[asked], statement
        return _known[asked], SimpleNamespace(name="known")

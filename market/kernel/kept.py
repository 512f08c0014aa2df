"""A value that every caller of a process shares for a few seconds."""

import asyncio
from collections.abc import Awaitable, Callable


class KeptValue[T]:
    """A value that is loaded once in `seconds`; callers that come meanwhile wait for the one load.

    A failed load is reported to those who waited for it and is not kept.
    """

    def __init__(self, load: Callable[[], Awaitable[T]], *, seconds: float) -> None:
        self._load = load
        self._seconds = seconds
        self._loading: asyncio.Future[T] | None = None
        self._expires = 0.0

    async def get(self) -> T:
        """Return the value, loaded again if it is older than `seconds`."""
        loop = asyncio.get_running_loop()
        if self._loading is None or (self._loading.done() and loop.time() >= self._expires):
            self._loading = asyncio.ensure_future(self._load())
            self._loading.add_done_callback(self._finish)
        # Shielded: a caller that goes away does not cancel the load of the others.
        return await asyncio.shield(self._loading)

    def _finish(self, loading: "asyncio.Future[T]") -> None:
        failed = loading.cancelled() or loading.exception() is not None
        self._expires = 0.0 if failed else loading.get_loop().time() + self._seconds

"""Bound the memory of what people send, and give memory back to the system."""

import asyncio
import ctypes
import gc
from collections import Counter
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager

from market.kernel import Busy

MAX_WAITING = 20
"""How many requests wait for their turn; more are refused at once."""
MAX_OF_ONE = 4
"""How many of these are of one account, so that nobody fills the queue alone."""
MAX_WAIT_SECONDS = 20.0
RETRY_SECONDS = 5
_C_LIBRARY = ctypes.CDLL(None)
_M_MMAP_THRESHOLD = -3
LARGE_BLOCK = 1024 * 1024


def return_large_blocks() -> None:
    """Let the C library return each freed block of a megabyte or more to the system at once.

    Otherwise it raises that size with each such block that is freed, keeps later ones among the free memory of the
    thread that used them, and `release_free_memory` leaves the end of that memory alone (mallopt(3)).
    """
    mallopt = getattr(_C_LIBRARY, "mallopt", None)  # glibc's
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)


class Turns:
    """Turns at what takes much memory: the memory of a process is bounded by that of the `at_once` largest.

    Others wait for their turn, at most `MAX_WAITING` and 20 s; of one account at most `MAX_OF_ONE` hold a turn or wait.
    Read what was sent inside the turn: until then it is on disk.
    """

    def __init__(self, at_once: int, *, seconds: float = MAX_WAIT_SECONDS) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._waiting = 0
        self._of_one: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def take(self, account: Hashable | None) -> AsyncGenerator[None]:
        """Hold a turn of an account, or of nobody's, until the block ends; what it freed goes back to the system.

        Raises:
            Busy: too many wait already, by themselves or of this account, or no turn came in time; `retry_after` is in
                seconds.
        """
        if account is not None and self._of_one[account] >= MAX_OF_ONE:
            raise Busy(retry_after=RETRY_SECONDS)
        self._of_one[account] += 1
        try:
            await self._wait()
            return_large_blocks()
            try:
                yield
            finally:
                self._free.release()
                release_free_memory()
        finally:
            self._of_one[account] -= 1
            if not self._of_one[account]:
                del self._of_one[account]

    async def _wait(self) -> None:
        if self._waiting >= MAX_WAITING:
            raise Busy(retry_after=RETRY_SECONDS)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise Busy(retry_after=RETRY_SECONDS) from error
        finally:
            self._waiting -= 1


def release_free_memory() -> None:
    """Return freed memory to the system, which the C library otherwise keeps for the process."""
    trim = getattr(_C_LIBRARY, "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def collect_and_release_memory() -> None:
    """Free what only cycles refer to, and return it to the system; takes some tenths of a second.

    A refusal that is kept and raised again is such a cycle: its traceback refers to the frames, and these to the
    refusal and the rows of its file. The collector would come to it after a million other objects.
    """
    gc.collect()
    release_free_memory()

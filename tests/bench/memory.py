"""The memory of processes: the largest that this one had with its children, and what one of the service takes."""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_EVERY_SECONDS = 0.2
_KIB = 1024


class PeakMemory:
    """The largest memory seen so far, in MiB."""

    def __init__(self) -> None:
        self.peak_mib = 0.0

    def look(self) -> None:
        """Add up the resident memory of the processes now; shared memory, such as PostgreSQL's buffers, is left out."""
        family = [os.getpid()]
        for pid in family:
            family += _list_children(pid)
        self.peak_mib = max(self.peak_mib, sum(map(_measure, family)) / _KIB)


def measure_largest_child() -> float:
    """Return the memory in MiB that the largest descendant of this process would free: its own, and its share."""
    family = [os.getpid()]
    for pid in family:
        family += _list_children(pid)
    return max(map(_measure_share, family[1:])) / _KIB


def _measure_share(pid: int) -> int:
    """Return the proportional memory of a process in KiB; of PostgreSQL's, with its buffers, nothing."""
    try:
        if b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
            return 0
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def _list_children(pid: int) -> list[int]:
    try:
        tasks = [*Path(f"/proc/{pid}/task").iterdir()]
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return []


def _measure(pid: int) -> int:
    """Return the resident memory of a process in KiB, without the shared part."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return 0
    return sum(int(status.get(name, "0").split()[0]) for name in ("RssAnon", "RssFile"))


@contextmanager
def watch_memory() -> Generator[PeakMemory]:
    """Yield the largest memory, looked at five times a second until the block ends."""
    memory, ended = PeakMemory(), threading.Event()

    def look() -> None:
        while not ended.wait(_EVERY_SECONDS):
            memory.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()
        memory.look()

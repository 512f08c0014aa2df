"""Give memory back to the system."""

import ctypes
import gc

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

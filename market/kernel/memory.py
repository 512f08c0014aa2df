"""Give memory back to the system."""

import ctypes
import gc

_C_LIBRARY = ctypes.CDLL(None)


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

"""The calculator as a command, for auditors and operators who check a figure offline; it needs no database."""

import gc
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.models import Answer, BadCase, Fault
from market.subsidies.engine.read import read_case

DONE = 0
BAD_INPUT = 2


def calculate_command(path: str | Path, out: TextIO, err: TextIO) -> int:
    """Write the answer to the case of a file to `out` and return 0.

    A bad case gives 2 and one line a fault on `err`, each with its JSON path, and nothing on `out`.
    """
    try:
        with without_collector():
            answer = calculate(read_case(_read_file(path)))
    except BadCase as bad:
        err.writelines(f"{fault}\n" for fault in bad.faults)
        return BAD_INPUT
    out.write(_as_text(answer, out.encoding))
    out.write("\n")
    return DONE


@contextmanager
def without_collector() -> Generator[None]:
    """Keep the collector of cycles still for a while, in the whole process.

    A case and its answer hold no cycle, and looking for one in a county's takes a fifth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read_file(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadCase([Fault("$", f"cannot be read: {reason}")]) from None


def _as_text(answer: Answer, encoding: str | None) -> str:
    """Return the answer's JSON, with escapes where the stream could not write a character of it."""
    text = answer.to_json().decode()
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(answer), indent=1)
    return text

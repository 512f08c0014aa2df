"""The command line: `market …`. Exit codes are 0 done, 1 refused, 2 bad input."""

import os
import sys
from collections.abc import Sequence


def execute(words: Sequence[str] | None = None) -> int:
    """Run the command of `words`, or the one that was typed, and return its exit code."""
    from cyclopts import CycloptsError

    from market.cli.commands import app

    try:
        result: object = app(words, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    try:
        code = execute()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answer has gone (`market … | head`): nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)

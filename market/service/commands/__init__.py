"""The command line: `market …`. Exit codes: 0 success, 1 refused, 2 bad input."""

import os
import sys
from collections.abc import Sequence


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run the command of `arguments` (default: `sys.argv`) and return its exit code."""
    from cyclopts import CycloptsError

    from market.service.commands.commands import app

    try:
        result: object = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command of `sys.argv` and exit with its exit code."""
    try:
        code = execute()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe (`market … | head`); redirect stdout so that the flush at exit does not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)

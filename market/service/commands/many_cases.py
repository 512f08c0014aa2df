"""`market subsidies calculate-many`: the cases of a province, offline."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from market.service.commands.options import Json
from market.subsidies.engine.many import MAX_PROCESSES, calculate_many_command, count_processors


def calculate_many(
    cases: Path,
    /,
    *,
    answers: Annotated[
        Path | None, Parameter(help="File for the answers, one a line, in the order of the cases.")
    ] = None,
    processes: Annotated[int, Parameter(help="How many processes calculate; by default one for each processor.")] = 0,
    json: Json = True,
) -> int:
    """Calculate the cases in a file, one a line, offline and in several processes; print their sums and hashes.

    The result does not depend on the number of processes. A budget is that of its case alone. Faults go to standard
    error, one per line, each with the number of its case.
    """
    del json  # the output is always JSON
    processes = min(processes, MAX_PROCESSES) if processes > 0 else count_processors()
    return calculate_many_command(cases, sys.stdout, sys.stderr, processes=processes, answers=answers)

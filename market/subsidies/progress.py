"""What long work reports about itself while it runs."""

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    """What long work does at the moment."""

    WAITING = "waiting"
    READING = "reading"
    CHECKING = "checking"
    CALCULATING = "calculating"
    STORING = "storing"


type Report = Callable[[Stage], None]


def report_nothing(stage: Stage) -> None:
    """Take a report that nobody reads, as of work at the command line."""
    del stage

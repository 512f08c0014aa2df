"""What a kind of county file is, and what importing one gives."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.people.identity.models import Actor, Role

WHOLE_COUNTRY = "000000"
"""Stands for the county of a kind that is for all counties."""


class FileOutcome(StrEnum):
    """Whether a file was stored, was only tried, or had been stored before."""

    STORED = "ok"
    TRIED = "tried"
    NO_OP = "no_op"


class CountyFile(Struct, frozen=True, kw_only=True):
    """A file as sent, of a county (six digits, `WHOLE_COUNTRY` of a kind for all); `now` is when."""

    county: str
    name: str
    content: bytes
    dry_run: bool
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return get_business_day(self.now)


class FilePlan(Struct, frozen=True):
    """What a sound file would do: rows counted by the names of `FileKind.counts`, and the function that does it.

    `notes` names cells that are taken, but not as the sender may expect.
    """

    counts: dict[str, int]
    store: Callable[[], Awaitable[Any]]
    notes: list[CellFault] = []


type Prepare = Callable[[Connection, Actor, CountyFile, Spreadsheet, CellFaults], Awaitable[FilePlan]]
"""Read the rows that a person imports, add a fault for each bad cell, and return what they would do; write nothing."""


class FileKind(Struct, frozen=True, kw_only=True):
    """A kind of file: its name in URLs and commands, its columns, who imports it for the whole county.

    `counts` names in Chinese what `FilePlan.counts` counts. `national`: it is for all counties, and the platform's
    staff import it by command.
    """

    name: str
    name_zh: str
    summary: str
    hint_zh: str
    columns: tuple[Column, ...]
    roles: frozenset[Role]
    counts: dict[str, str]
    prepare: Prepare
    national: bool = False


class FileResult(Struct, frozen=True, kw_only=True):
    """What became of a file: its rows, and what they do or would do, by English name.

    `notes` names the first 100 cells that are taken, but not as the sender may expect.
    """

    outcome: FileOutcome
    kind: str
    name: str
    sha256: str
    rows: int
    counts: dict[str, int]
    notes: list[CellFault] = []


class ImportedCountyFile(Struct, frozen=True):
    """A file that was stored, and by whom."""

    kind: str
    name: str
    rows: int
    sha256: str
    by: str
    imported_at: datetime

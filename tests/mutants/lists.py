"""The two lists beside this file: survivors that were reviewed, and mutants that are written by hand."""

from pathlib import Path

import msgspec
from msgspec import Struct

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Survivor(Struct, frozen=True):
    """A mutant that no test kills: where it is, and the lines that it changes, without their indentation."""

    file: str
    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        lines = [f"- {line}" for line in self.was.splitlines()] + [f"+ {line}" for line in self.becomes.splitlines()]
        return "\n  ".join([f"{self.file}: {self.function}", *lines])


class Reviewed(Survivor, frozen=True, forbid_unknown_fields=True):
    """A survivor of which somebody said why it does no harm."""

    why: str


class Harmless(Struct, frozen=True, forbid_unknown_fields=True):
    """A change that does no harm wherever it is made."""

    was: str
    becomes: list[str]
    why: str

    def covers(self, survivor: Survivor) -> bool:
        """Return whether the survivor is this change and no other."""
        return any(survivor.was.replace(self.was, each) == survivor.becomes for each in self.becomes)


class ByHand(Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant of what the program leaves out: SQL, values of a module, functions under a decorator.

    In `file`, the first `was` after the text `within` becomes `becomes`; `test` is seen to fail then.
    """

    file: str
    within: str
    was: str
    becomes: str
    test: str

    def __str__(self) -> str:
        return f"{self.file}: {self.within}: {self.was!r} becomes {self.becomes!r}"

    def apply_to(self, text: str) -> str:
        """Return the file's text with the change.

        Raises:
            ValueError: the file has no such text.
        """
        at = text.index(self.was, text.index(self.within))
        return text[:at] + self.becomes + text[at + len(self.was) :]


class ReviewedList(Struct, forbid_unknown_fields=True):
    """What was reviewed: changes that do no harm anywhere, and single survivors."""

    everywhere: list[Harmless]
    mutants: list[Reviewed]

    def holds(self, survivor: Survivor) -> bool:
        """Return whether somebody reviewed the survivor."""
        same = (survivor.file, survivor.function, survivor.was, survivor.becomes)
        return any((own.file, own.function, own.was, own.becomes) == same for own in self.mutants) or any(
            change.covers(survivor) for change in self.everywhere
        )


class _ByHandList(Struct, forbid_unknown_fields=True):
    mutants: list[ByHand]


def read_reviewed() -> ReviewedList:
    """Return the list of what was reviewed."""
    return msgspec.toml.decode((HERE / "reviewed.toml").read_bytes(), type=ReviewedList)


def read_by_hand() -> list[ByHand]:
    """Return the mutants written by hand."""
    return msgspec.toml.decode((HERE / "by_hand.toml").read_bytes(), type=_ByHandList).mutants

"""Read and validate single fields of a case; violations are collected with their paths.

`read_object` reports a missing field and sets it to `ABSENT`, which adds no second fault. The value returned for an
invalid field is a placeholder: a case with a fault is never returned.
"""

from datetime import date
from enum import StrEnum
from typing import cast

from market.subsidies.engine.days import read_day
from market.subsidies.engine.faults import FaultCollector, Path
from market.subsidies.engine.models import MAX_COUNT, MAX_FEN
from market.subsidies.engine.parse import DuplicateKeyObject
from payments.money import BASIS_POINTS, Fen

ABSENT = object()

type Values = dict[str, object]


class FieldReader:
    """Reads fields; caches parsed days, since the lines of a county have few different ones."""

    def __init__(self) -> None:
        self.faults = FaultCollector()
        self._days: dict[str, date | None] = {}

    def read_object(
        self, value: object, keys: frozenset[str], path: Path, *, optional: frozenset[str] = frozenset()
    ) -> Values | None:
        """Return the value if it is an object, or None; add faults for unknown, missing and duplicate keys.

        A key of `optional` may be missing; it is then missing in the value too.
        """
        if not isinstance(value, dict):
            self.faults.must_be(path, "an object", value)
            return None
        values = cast("Values", value)
        if isinstance(value, DuplicateKeyObject):
            for key in value.keys_given_twice:
                self.faults.add((*path, key), "must be given once, but is given more often")
        if values.keys() != keys:
            for key in values:
                if key not in keys:
                    self.faults.add((*path, key), f"is unknown here; known are {', '.join(sorted(keys))}")
            for key in sorted(keys - optional - values.keys()):
                self.faults.add((*path, key), "is missing; every key is required, null where there is nothing")
                values[key] = ABSENT
        return values

    def read_list(self, values: Values, key: str, path: Path) -> list[object] | None:
        """Return the list, or None if the value is not a list."""
        value = values[key]
        if isinstance(value, (list, tuple)):
            return cast("list[object]", value)
        self._refuse(values, key, path, "a list")
        return None

    def read_integer(self, values: Values, key: str, path: Path, *, low: int = 0, high: int) -> int:
        """Return the integer from `low` to `high`."""
        value = values[key]
        if type(value) is int and low <= value <= high:
            return value
        self._refuse(values, key, path, f"an integer from {low} to {high}")
        return low

    def read_count(self, values: Values, key: str, path: Path, *, low: int) -> int:
        """Return the integer of at least `low`."""
        return self.read_integer(values, key, path, low=low, high=MAX_COUNT)

    def read_fen(self, values: Values, key: str, path: Path) -> Fen:
        """Return the sum in fen."""
        return Fen(self.read_integer(values, key, path, high=MAX_FEN))

    def read_fen_or_null(self, values: Values, key: str, path: Path) -> Fen | None:
        """Return the sum in fen, or None for null."""
        value = values[key]
        if value is None:
            return None
        if type(value) is int and 0 <= value <= MAX_FEN:
            return Fen(value)
        self._refuse(values, key, path, f"an integer from 0 to {MAX_FEN} or null")
        return None

    def read_basis_points(self, values: Values, key: str, path: Path) -> int | None:
        """Return the basis points, or None if they are invalid."""
        value = values[key]
        if type(value) is int and 0 <= value <= BASIS_POINTS:
            return value
        self._refuse(values, key, path, f"an integer from 0 to {BASIS_POINTS}")
        return None

    def read_basis_points_or_null(self, values: Values, key: str, path: Path) -> int | None:
        """Return the basis points, or None for null."""
        return None if values[key] is None else self.read_basis_points(values, key, path)

    def read_null(self, values: Values, key: str, path: Path, *, why: str) -> None:
        """Require null, because another field excludes this one."""
        if values[key] is not None:
            self._refuse(values, key, path, f"null {why}")

    def read_text(self, values: Values, key: str, path: Path, *, empty: bool = False) -> str:
        """Return the text, which is well-formed Unicode and, unless `empty` is allowed, not empty."""
        value = values[key]
        if not isinstance(value, str):
            self._refuse(values, key, path, "a string")
            return ""
        if not (value or empty):
            self._refuse(values, key, path, "a string that is not empty")
        # A lone surrogate cannot be encoded in UTF-8, so it has no canonical form.
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            self._refuse(values, key, path, "well-formed Unicode")
        return value

    def read_choice[Choice: StrEnum](
        self, values: Values, key: str, path: Path, choices: type[Choice]
    ) -> Choice | None:
        """Return the member of `choices` with that value, or None."""
        value = values[key]
        for choice in choices:
            if value == choice:
                return choice
        self._refuse(values, key, path, f"one of {', '.join(choices)}")
        return None

    def read_bool(self, values: Values, key: str, path: Path) -> bool:
        """Return the boolean."""
        value = values[key]
        if value is True or value is False:
            return value
        self._refuse(values, key, path, "true or false")
        return False

    def read_start_until(self, values: Values, path: Path) -> tuple[date, date | None] | None:
        """Return the days `from` and `until`, or None if one is invalid or they are reversed."""
        start, end = values["from"], values["until"]
        since = self._day(start)
        if since is None:
            self._refuse(values, "from", path, "a day written YYYY-MM-DD")
        until = self._day(end)
        if until is None and end is not None:
            self._refuse(values, "until", path, "a day written YYYY-MM-DD, or null for no end")
            return None
        if since is None:
            return None
        if until is not None and until <= since:
            self.faults.add((*path, "until"), f"must be after from, which is {since}, not {until}")
            return None
        return since, until

    def read_days(self, values: Values, key: str, path: Path) -> tuple[date, ...]:
        """Return the days of a list, ascending, without duplicates."""
        days: set[date] = set()
        for at, value in enumerate(self.read_list(values, key, path) or ()):
            day = self._day(value)
            if day is None:
                self.faults.must_be((*path, key, at), "a day written YYYY-MM-DD", value)
            else:
                days.add(day)
        return tuple(sorted(days))

    def _day(self, value: object) -> date | None:
        if not isinstance(value, str):
            return None
        if value not in self._days:
            self._days[value] = read_day(value)
        return self._days[value]

    def _refuse(self, values: Values, key: str, path: Path, required: str) -> None:
        if values[key] is not ABSENT:
            self.faults.must_be((*path, key), required, values[key])

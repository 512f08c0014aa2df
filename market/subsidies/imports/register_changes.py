"""Compare a register file with the register: new facts, and known facts that change."""

from collections.abc import Iterable, Mapping
from datetime import date

from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import Spreadsheet
from market.subsidies.imports.differences import Cells, find_differences, format_optional
from market.subsidies.imports.register_rows import RegisterRow
from market.subsidies.register.changes import RegisterRows
from market.subsidies.register.queries import (
    IDENTITY_CONTEXT,
    NAME_CONTEXT,
    HouseholdStatus,
    KnownHouseholdStatus,
    KnownMembership,
    KnownPerson,
)


class RegisterChanges(RegisterRows):
    """The changes that a file makes to the register; `cells` are those of known facts."""

    cells: list[CellFault] = []

    @property
    def edits(self) -> int:
        """The number of stored facts that change."""
        return len(self.persons_changed) + len(self.statuses_changed) + len(self.memberships_changed)

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the `ImportResult`."""
        return {
            "persons": len(self.persons),
            "persons_changed": len(self.persons_changed),
            "households": len(self.households),
            "households_changed": len(self.statuses_changed),
            "memberships_begun": len(self.memberships),
            "memberships_ended": len(self.memberships_changed),
        }


class RegisterComparison:
    """Compares the rows of a file with the register of the day."""

    def __init__(self, spreadsheet: Spreadsheet, seal: Seal, today: date) -> None:
        self._spreadsheet = spreadsheet
        self._seal = seal
        self._today = today
        self._changes = RegisterChanges()

    def compare(
        self,
        members: Iterable[RegisterRow],
        persons: Mapping[bytes, KnownPerson],
        statuses: Mapping[str, KnownHouseholdStatus],
        memberships: Iterable[KnownMembership],
    ) -> RegisterChanges:
        """Return what the rows add to the register and change in it."""
        known = {(fact.identity_index, fact.household, fact.start): fact for fact in memberships}
        compared_persons: set[bytes] = set()
        households: dict[str, RegisterRow] = {}
        for member in members:
            index = self._seal.index(member.identity)
            if index not in compared_persons:
                compared_persons.add(index)
                self._compare_person(member, index, persons.get(index))
            first = households.get(member.household)
            if first is None or member.start < first.start:
                households[member.household] = member
            self._compare_membership(member, index, known.get((index, member.household, member.start)))
        for code, member in households.items():
            self._compare_household(code, member, statuses.get(code))
        self._changes.cells.sort(key=lambda cell: cell.row)
        return self._changes

    def _add_cells(self, member: RegisterRow, before: Cells, after: Cells) -> bool:
        cells = find_differences(self._spreadsheet, member.row, before, after)
        self._changes.cells += cells
        return bool(cells)

    def _compare_person(self, member: RegisterRow, index: bytes, known: KnownPerson | None) -> None:
        row: dict[str, object] = {
            "index": index,
            "born_on": member.born_on,
            "sex": member.sex,
            "died_on": member.died_on,
        }
        if known is None:
            row["sealed"] = self._seal.seal(member.identity, IDENTITY_CONTEXT)
            row["name"] = self._seal.seal(member.name, NAME_CONTEXT)
            self._changes.persons.append(row)
            return
        name = self._seal.open(known.name_sealed, NAME_CONTEXT)
        if self._add_cells(member, get_person_cells(known, name), get_person_cells(member, member.name)):
            row["name"] = self._seal.seal(member.name, NAME_CONTEXT)
            self._changes.persons_changed.append(row)

    def _compare_membership(self, member: RegisterRow, index: bytes, known: KnownMembership | None) -> None:
        row: dict[str, object] = {
            "index": index,
            "household": member.household,
            "member_number": member.member_number,
            "relation": member.relation,
            "start": member.start,
            "until": member.until,
            "leave_reason": member.leave_reason,
        }
        if known is None:
            self._changes.memberships.append(row)
        elif self._add_cells(member, get_membership_cells(known), get_membership_cells(member)):
            self._changes.memberships_changed.append(row)

    def _compare_household(self, code: str, member: RegisterRow, known: KnownHouseholdStatus | None) -> None:
        status: dict[str, object] = {name: getattr(member.status, name) for name in HouseholdStatus.__struct_fields__}
        if known is None:
            self._changes.households.append({"code": code, "split_from": member.split_from})
            self._changes.statuses.append({"household": code, "start": member.start, **status})
        elif self._add_cells(member, get_status_cells(known.status), get_status_cells(member.status)):
            start = max(self._today, known.start)
            self._changes.statuses_changed.append({"household": code, "start": start, **status})


def get_person_cells(person: KnownPerson | RegisterRow, name: str) -> dict[str, str]:
    """Return a person's cells in a row of the register, without the identity number."""
    return {
        "name": name,
        "born_on": str(person.born_on),
        "sex": person.sex,
        "died_on": format_optional(person.died_on),
    }


def get_membership_cells(membership: KnownMembership | RegisterRow) -> dict[str, str]:
    """Return a membership's cells in a row of the register."""
    return {
        "household": membership.household,
        "seat": str(membership.member_number),
        "relation": membership.relation,
        "member_from": str(membership.start),
        "member_until": format_optional(membership.until),
        "leave_reason": membership.leave_reason,
    }


def get_status_cells(status: HouseholdStatus) -> dict[str, str]:
    """Return a household's cells in a row of the register."""
    return {
        "village": status.village,
        "village_name": status.village_name,
        "registered": "是" if status.registered else "否",
        "monitoring": status.monitoring,
        "risk_removed_on": format_optional(status.risk_removed_on),
        "tier": str(status.tier),
    }

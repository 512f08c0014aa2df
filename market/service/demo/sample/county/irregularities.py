"""Irregularities among the sample lines, so that every check of a month has a finding."""

from datetime import date, timedelta

import msgspec

from market.service.demo.sample.county.enrolled_lines import (
    DECIDED_STATUS,
    NOTICED_STATUS,
    BindingVersion,
    LineGenerator,
    SampleLine,
    SampleMonths,
)
from market.service.demo.sample.county.programme_files import P1, P2
from market.service.demo.sample.county.register import (
    LateDeath,
    SampleHousehold,
    SamplePerson,
    SampleRegister,
    split_household,
)
from market.service.demo.sample.seeded_random import SeededRandom
from market.subsidies.names import Operator, ServiceKind

LATE_DEATHS = 4
_OTHER_OPERATOR = {
    Operator.MOBILE: Operator.TELECOM,
    Operator.TELECOM: Operator.UNICOM,
    Operator.UNICOM: Operator.MOBILE,
}
_BURST_SIZE = 24
_SHARED_DEVICE_COUNT = 2
_IDLE_PERCENT, _NEVER_USED_PERCENT = 4, 1
_OVERCLAIM_PERCENT = 2
_CLOSED_PER_MILLE = 4
_SMALL_GROUP = 20


class IrregularityMaker:
    """Changes some lines and adds others; each line gets at most one irregularity."""

    def __init__(self, seed: int, generator: LineGenerator, register: SampleRegister, months: SampleMonths) -> None:
        self._rng = SeededRandom(seed, "planted")
        self._generator = generator
        self._register = register
        self._months = months
        # The demo farmer's line is left unchanged.
        old = [line for line in generator.lines[1:] if line.start < months.first]
        self._mobile_lines = self._rng.shuffled([line for line in old if line.programme == P1])
        self._idle_programme_lines = [line for line in old if line.programme == P2]
        self._all_lines = old

    def add_all(self) -> None:
        """Add every kind of irregularity."""
        self._add_enrolment_faults()
        self._add_late_deaths()
        self._add_second_operators()
        self._add_idle_lines()
        self._add_overclaims()
        self._add_line_changes()
        self._add_split_enrolment()
        self._add_pending_applications()

    def _take_lines(self, count: int) -> list[SampleLine]:
        """Return lines of the first programme without an irregularity."""
        taken, self._mobile_lines = self._mobile_lines[:count], self._mobile_lines[count:]
        return taken

    def _add_number(
        self, household: SampleHousehold, person: SamplePerson, operator: Operator, start: date
    ) -> SampleLine:
        plan = self._generator.pick_mobile_plan(operator)
        return self._generator.add(household, person, plan, kind=ServiceKind.MOBILE, programme=P1, start=start)

    def _add_enrolment_faults(self) -> None:
        """Add enrolments with no or too short a notice, and some that one person both applied for and assessed."""
        for line in self._take_lines(3):
            line.notice = None
        for line in self._take_lines(1):
            assert line.notice is not None
            line.notice = (line.notice[0], line.notice[0] + timedelta(days=2))
        for line in self._take_lines(2):
            line.agent = line.assessor
        for line in self._take_lines(3):
            line.realname = "不一致"
        for _ in range(_SHARED_DEVICE_COUNT):
            first, *others = self._take_lines(3)
            for line in others:
                line.device = first.device
        late = [line for line in self._generator.lines[1:] if line.start >= self._months.last][:_BURST_SIZE]
        for line in late:
            line.agent = "样例代办甲"
            line.applied_on = self._months.last - timedelta(days=20 + self._rng.randbelow(3))
            line.notice = (line.applied_on + timedelta(days=2), line.applied_on + timedelta(days=8))
            line.decided_on = line.applied_on + timedelta(days=10)

    def _add_late_deaths(self) -> None:
        """Add deaths that the register records only in the last month, while the operator keeps claiming."""
        for n, line in enumerate(self._take_lines(LATE_DEATHS)):
            died_on = (self._months.middle if n % 2 else self._months.last) + timedelta(days=self._rng.randint(3, 24))
            self._register.deaths.append(LateDeath(line.household, line.person, died_on))

    def _add_second_operators(self) -> None:
        """Add identities in two enrolments, households with two operators, and enrolments refused as duplicates."""
        for n, line in enumerate(self._take_lines(7)):
            day = max(self._months.first - timedelta(days=60), line.start + timedelta(days=45))
            operator = _OTHER_OPERATOR[line.operator]
            person = line.person
            if n >= 4 and len(line.household.members) > 1:
                person = line.household.members[-1]
            self._add_number(line.household, person, operator, day)
        for line in self._take_lines(2):
            operator = _OTHER_OPERATOR[line.operator]
            day = max(self._months.first - timedelta(days=60), line.start + timedelta(days=45))
            added = self._add_number(line.household, line.person, operator, day)
            added.status, added.notice, added.decided_on, added.entitled_from = "查重未通过", None, None, None

    def _add_idle_lines(self) -> None:
        """Make lines of the idle programme unused for a while, from a day on, or from the start."""
        first = self._months.first
        for line in self._idle_programme_lines:
            if self._rng.chance(_NEVER_USED_PERCENT):
                line.versions[0] = BindingVersion(line.versions[0].plan, first + timedelta(days=14), None, "新办")
                line.entitled_from = line.idle_from = line.start
            elif self._rng.chance(_IDLE_PERCENT):
                line.idle_from = first + timedelta(days=self._rng.randint(0, 60))
                if self._rng.chance(50):
                    line.idle_until = line.idle_from + timedelta(days=self._rng.randint(33, 44))

    def _add_overclaims(self) -> None:
        """Raise the claims of many lines slightly above the due amount."""
        for line in self._all_lines:
            if self._rng.chance(_OVERCLAIM_PERCENT):
                line.overclaim_fen = self._rng.randint(1, 5) * 100

    def _add_line_changes(self) -> None:
        """Add plan changes in mid-month, ported numbers and cancelled numbers."""
        middle, last = self._months.middle, self._months.last
        for line in self._take_lines(_SMALL_GROUP):
            day = last + timedelta(days=15)
            only = line.versions[0]
            plan = self._generator.pick_mobile_plan(line.operator)
            if plan.code != only.plan.code:
                line.versions = [
                    msgspec.structs.replace(only, until=day),
                    BindingVersion(plan, day, None, "套餐变更"),
                ]
        for line in self._take_lines(3):
            day = middle + timedelta(days=11)
            self._end(line, day)
            operator = _OTHER_OPERATOR[line.operator]
            ported = self._add_number(line.household, line.person, operator, day)
            ported.number = line.number
            ported.versions[0] = msgspec.structs.replace(ported.versions[0], change="携号转入")
        for line in self._all_lines:
            if len(line.versions) == 1 and self._rng.randbelow(1000) < _CLOSED_PER_MILLE:
                self._end(line, self._rng.choice((middle, last)) + timedelta(days=self._rng.randint(4, 24)))

    def _end(self, line: SampleLine, day: date) -> None:
        if line.versions[-1].until is None and line.versions[-1].start < day:
            line.versions[-1] = msgspec.structs.replace(line.versions[-1], until=day)

    def _add_split_enrolment(self) -> None:
        """Enrol the household that results from the split, soon after it."""
        made = split_household(self._register)
        operator = next(
            (line.operator for line in self._generator.list_household_lines(self._register.split)), Operator.MOBILE
        )
        start = self._register.split_on + timedelta(days=14)
        self._add_number(made, made.members[0], operator, start)

    def _add_pending_applications(self) -> None:
        """Add applications whose public notice has not ended; they have no binding yet."""
        applied = self._months.last + timedelta(days=20)
        without = [each for each in self._register.households if not self._generator.list_household_lines(each)]
        for household in self._rng.sample(without, _SMALL_GROUP):
            operator = self._rng.choice(tuple(Operator))
            start = self._months.last + timedelta(days=45)
            line = self._add_number(household, household.members[0], operator, start)
            line.applied_on, line.notice = applied, (applied + timedelta(days=4), applied + timedelta(days=13))
            line.status, line.decided_on, line.entitled_from = NOTICED_STATUS, None, None


def is_claimed(line: SampleLine) -> bool:
    """Return whether the operator claims for a line; it also does for refused duplicates."""
    return line.status in {DECIDED_STATUS, "查重未通过"}

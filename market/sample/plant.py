"""What is planted among the lines, so that every check of a month has something to find."""

from datetime import date, timedelta

import msgspec

from market.sample.chance import Chance
from market.sample.lines import DECIDED, NOTICED, Line, LineMaker, Months, Version
from market.sample.papers import P1, P2
from market.sample.register import Death, Household, Person, Register, split_household
from market.subsidies.words import Kind, Operator

DEATHS = 4
_OTHER = {Operator.MOBILE: Operator.TELECOM, Operator.TELECOM: Operator.UNICOM, Operator.UNICOM: Operator.MOBILE}
_BURST = 24
_SHARED_DEVICES = 2
_SILENT_PERCENT, _NEVER_PERCENT = 4, 1
_OVER_PERCENT = 2
_CLOSED_PER_MILLE = 4
_FEW = 20


class Planter:
    """Changes some lines, and adds some; each is changed for one reason."""

    def __init__(self, seed: int, maker: LineMaker, register: Register, months: Months) -> None:
        self._chance = Chance(seed, "planted")
        self._maker = maker
        self._register = register
        self._months = months
        # The demo farmer's line stays as it is.
        old = [line for line in maker.lines[1:] if line.start < months.first]
        self._numbers = self._chance.shuffled([line for line in old if line.programme == P1])
        self._idle = [line for line in old if line.programme == P2]
        self._rest = old

    def plant(self) -> None:
        """Plant everything."""
        self._plant_papers()
        self._plant_people()
        self._plant_second_operators()
        self._plant_silence()
        self._plant_claims()
        self._plant_moves()
        self._plant_split()
        self._plant_waiting()

    def _take(self, count: int) -> list[Line]:
        """Return lines of the first programme that nothing else was planted on."""
        taken, self._numbers = self._numbers[:count], self._numbers[count:]
        return taken

    def _add_number(self, household: Household, person: Person, operator: Operator, start: date) -> Line:
        plan = self._maker.another(operator)
        return self._maker.add(household, person, plan, kind=Kind.MOBILE, programme=P1, start=start)

    def _plant_papers(self) -> None:
        """Enrolments without or with too short a notice, and those that one person both applied for and assessed."""
        for line in self._take(3):
            line.notice = None
        for line in self._take(1):
            assert line.notice is not None  # noqa: S101 - made so
            line.notice = (line.notice[0], line.notice[0] + timedelta(days=2))
        for line in self._take(2):
            line.agent = line.assessor
        for line in self._take(3):
            line.realname = "不一致"
        for _ in range(_SHARED_DEVICES):
            first, *others = self._take(3)
            for line in others:
                line.device = first.device
        late = [line for line in self._maker.lines[1:] if line.start >= self._months.last][:_BURST]
        for line in late:
            line.agent = "样例代办甲"
            line.applied_on = self._months.last - timedelta(days=20 + self._chance.below(3))
            line.notice = (line.applied_on + timedelta(days=2), line.applied_on + timedelta(days=8))
            line.decided_on = line.applied_on + timedelta(days=10)

    def _plant_people(self) -> None:
        """Deaths whose line the operator keeps claiming for; the register learns of them in the last month."""
        for n, line in enumerate(self._take(DEATHS)):
            died_on = (self._months.middle if n % 2 else self._months.last) + timedelta(
                days=self._chance.between(3, 24)
            )
            self._register.deaths.append(Death(line.household, line.person, died_on))

    def _plant_second_operators(self) -> None:
        """One identity in two enrolments, a household of two operators, and one that the check for doubles refused."""
        for n, line in enumerate(self._take(7)):
            day = max(self._months.first - timedelta(days=60), line.start + timedelta(days=45))
            operator = _OTHER[line.operator]
            person = line.person
            if n >= 4 and len(line.household.members) > 1:  # noqa: PLR2004 - the last three take another member
                person = line.household.members[-1]
            self._add_number(line.household, person, operator, day)
        for line in self._take(2):
            operator = _OTHER[line.operator]
            day = max(self._months.first - timedelta(days=60), line.start + timedelta(days=45))
            added = self._add_number(line.household, line.person, operator, day)
            added.status, added.notice, added.decided_on, added.entitled_from = "查重未通过", None, None, None

    def _plant_silence(self) -> None:
        """Lines of the idle programme that nobody uses for a while, for ever, or ever."""
        first = self._months.first
        for line in self._idle:
            if self._chance.percent(_NEVER_PERCENT):
                line.versions[0] = Version(line.versions[0].plan, first + timedelta(days=14), None, "新办")
                line.entitled_from = line.silent_from = line.start
            elif self._chance.percent(_SILENT_PERCENT):
                line.silent_from = first + timedelta(days=self._chance.between(0, 60))
                if self._chance.percent(50):
                    line.silent_until = line.silent_from + timedelta(days=self._chance.between(33, 44))

    def _plant_claims(self) -> None:
        """Claims beyond what is due, by a little for many lines."""
        for line in self._rest:
            if self._chance.percent(_OVER_PERCENT):
                line.extra_fen = self._chance.between(1, 5) * 100

    def _plant_moves(self) -> None:
        """Plans that change in mid-month, numbers that move to another operator, numbers that are given up."""
        middle, last = self._months.middle, self._months.last
        for line in self._take(_FEW):
            day = last + timedelta(days=15)
            only = line.versions[0]
            plan = self._maker.another(line.operator)
            if plan.code != only.plan.code:
                line.versions = [
                    msgspec.structs.replace(only, until=day),
                    Version(plan, day, None, "套餐变更"),
                ]
        for line in self._take(3):
            day = middle + timedelta(days=11)
            self._end(line, day)
            operator = _OTHER[line.operator]
            ported = self._add_number(line.household, line.person, operator, day)
            ported.number = line.number
            ported.versions[0] = msgspec.structs.replace(ported.versions[0], change="携号转入")
        for line in self._rest:
            if len(line.versions) == 1 and self._chance.below(1000) < _CLOSED_PER_MILLE:
                self._end(line, self._chance.pick((middle, last)) + timedelta(days=self._chance.between(4, 24)))

    def _end(self, line: Line, day: date) -> None:
        if line.versions[-1].until is None and line.versions[-1].start < day:
            line.versions[-1] = msgspec.structs.replace(line.versions[-1], until=day)

    def _plant_split(self) -> None:
        """The household that split enrols anew soon after."""
        made = split_household(self._register)
        operator = next((line.operator for line in self._maker.lines_of(self._register.split)), Operator.MOBILE)
        start = self._register.split_on + timedelta(days=14)
        self._add_number(made, made.members[0], operator, start)

    def _plant_waiting(self) -> None:
        """Applications whose public notice is still on; nothing is bound yet."""
        applied = self._months.last + timedelta(days=20)
        without = [each for each in self._register.households if not self._maker.lines_of(each)]
        for household in self._chance.some(without, _FEW):
            operator = self._chance.pick(tuple(Operator))
            start = self._months.last + timedelta(days=45)
            line = self._add_number(household, household.members[0], operator, start)
            line.applied_on, line.notice = applied, (applied + timedelta(days=4), applied + timedelta(days=13))
            line.status, line.decided_on, line.entitled_from = NOTICED, None, None


def is_claimed(line: Line) -> bool:
    """Say whether the operator claims for a line: for one that was refused, too."""
    return line.status in {DECIDED, "查重未通过"}

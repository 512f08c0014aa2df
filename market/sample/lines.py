"""The lines of the register's people: who applied for what, which number is bound since when, and what was planted."""

from datetime import date, timedelta
from hashlib import sha256

from msgspec import Struct

from market.kernel.clock import next_month
from market.sample.chance import Chance
from market.sample.papers import P1, P2, P3, Plan, plans
from market.sample.register import Household, Person, Register
from market.subsidies.words import KIND_NAMES, OPERATOR_NAMES, PREFIXES, Kind, Operator

LINES = 24_000
"""Bound lines of a county of 16,000 households, those that are planted included; a sample value."""
PLANTED = 13
"""Lines that planting adds: second operators, doubles, ported numbers, and the one after a split."""
BINDINGS_HEAD = (
    "业务编号,运营商,业务类型,业务号码,姓名,身份证号,套餐编码,设备标识,卡号,生效日,失效日,变更类型,实名核验结果"
)
ENROLMENTS_HEAD = "业务编号,项目,身份证号,户编号,申请日,公示起,公示止,审定日,享受起,状态,代办人,村级评议人"
_NUMBERS = {Operator.MOBILE: "1705", Operator.UNICOM: "1707", Operator.TELECOM: "1991"}
_SHARES = ((Operator.MOBILE, 60), (Operator.UNICOM, 82), (Operator.TELECOM, 100))
_LATE_PERCENT = 2
"""Lines that begin in one of the three months."""
_ADULT = 16
_OLD = 58
DECIDED, NOTICED = "已审定", "公示中"


class Version(Struct, frozen=True):
    """A version of a line's binding."""

    plan: Plan
    start: date
    until: date | None
    change: str


class Line(Struct):
    """A line with its enrolment; `extra_fen` is what its operator claims beyond what is due."""

    code: str
    operator: Operator
    kind: Kind
    number: str
    person: Person
    household: Household
    programme: str
    versions: list[Version]
    applied_on: date
    notice: tuple[date, date] | None
    decided_on: date | None
    entitled_from: date | None
    status: str
    agent: str
    assessor: str
    device: str
    sim: str
    realname: str = "一致"
    extra_fen: int = 0
    full_claim: bool = False
    """The operator claims a whole month for a part of one."""
    silent_from: date | None = None
    """From this day on it is not used."""
    silent_until: date | None = None

    @property
    def start(self) -> date:
        """Its first bound day."""
        return self.versions[0].start


class Months(Struct, frozen=True):
    """The three months, and the first day of the programmes."""

    first: date
    middle: date
    last: date
    since: date

    @property
    def all(self) -> tuple[date, date, date]:
        """The three, oldest first."""
        return self.first, self.middle, self.last


class LineMaker:
    """Gives the households their lines, then plants what the checks should find."""

    def __init__(self, seed: int, register: Register, months: Months, *, scale: int) -> None:
        self._chance = Chance(seed, "lines")
        self._register = register
        self._months = months
        self._wanted = LINES * scale // 100 - PLANTED
        self._plans: dict[tuple[Operator, Kind], list[Plan]] = {}
        self._by_code = {plan.code: plan for plan in plans()}
        for plan in self._by_code.values():
            if not plan.is_bundle and plan.code not in {"YD39", "YD8"}:
                self._plans.setdefault((plan.operator, next(iter(plan.charges))), []).append(plan)
        self._counts: dict[tuple[Operator, Kind], int] = {}
        self._of_household: dict[str, list[Line]] = {}
        self.lines: list[Line] = []

    def make(self) -> list[Line]:
        """Return all lines; the first is the demo farmer's, bound on the 11th of the middle month."""
        households = self._register.households
        self._add_demo(households[0])
        rest = self._chance.shuffled(households[1:])
        seconds: list[Household] = []
        for household in rest:
            if len(self.lines) >= self._wanted:
                return self.lines
            self._add_lines(household)
            seconds.append(household)
        for household in seconds:
            if len(self.lines) >= self._wanted:
                break
            self._add_second(household)
        return self.lines

    def _add_demo(self, household: Household) -> None:
        start = self._months.middle + timedelta(days=10)
        plan = self._by_code["YD39"]
        line = self.add(household, household.members[0], plan, kind=Kind.MOBILE, programme=P1, start=start)
        line.full_claim = False

    def _operator(self) -> Operator:
        dice = self._chance.below(100)
        return next(operator for operator, most in _SHARES if dice < most)

    def _add_lines(self, household: Household) -> None:
        chance = self._chance
        operator = self._operator()
        adults = [each for each in household.members if self._months.first.year - each.born_on.year >= _ADULT]
        if not adults:
            return
        bundled = operator is Operator.UNICOM and chance.percent(30)
        if adults[0].born_on.year <= self._months.first.year - _OLD and chance.percent(48):
            plan = self._by_code["YD8"] if operator is Operator.MOBILE else self._basic(operator)
            self.add(household, adults[0], plan, kind=Kind.MOBILE, programme=P2, start=self._start())
            adults = adults[1:]
        if adults and chance.percent(82):
            plan = self._by_code["LT59"] if bundled else chance.pick(self._plans[operator, Kind.MOBILE])
            self.add(household, adults[0], plan, kind=Kind.MOBILE, programme=P1, start=self._start())
        if bundled or (operator is not Operator.UNICOM and chance.percent(30)):
            plan = self._by_code["LT59"] if bundled else self._plans[operator, Kind.BROADBAND][0]
            self.add(household, household.members[0], plan, kind=Kind.BROADBAND, programme=P3, start=self._start())

    def _basic(self, operator: Operator) -> Plan:
        return min(self._plans[operator, Kind.MOBILE], key=lambda plan: plan.charges[Kind.MOBILE])

    def _add_second(self, household: Household) -> None:
        """Give a second member a number of the operator that the first has."""
        own = [line for line in self.lines_of(household) if line.programme == P1]
        taken = {line.person.identity for line in own}
        free = [
            each
            for each in household.members
            if self._months.first.year - each.born_on.year >= _ADULT and each.identity not in taken
        ]
        if len(own) == 1 and free:
            operator = own[0].operator
            plan = self._chance.pick(self._plans[operator, Kind.MOBILE])
            self.add(household, free[-1], plan, kind=Kind.MOBILE, programme=P1, start=self._start())

    def lines_of(self, household: Household) -> list[Line]:
        """Return the lines of a household."""
        return self._of_household.get(household.code, [])

    def plan(self, code: str) -> Plan:
        """Return a plan by its code."""
        return self._by_code[code]

    def another(self, operator: Operator) -> Plan:
        """Return a mobile plan of an operator."""
        return self._chance.pick(self._plans[operator, Kind.MOBILE])

    def _start(self) -> date:
        """Return the first day of a line: most began in the year before the three months."""
        if self._chance.percent(_LATE_PERCENT):
            month = self._chance.pick(self._months.all)
            return month + timedelta(days=self._chance.between(1, 24))
        days = (self._months.first - self._months.since).days
        return self._months.since + timedelta(days=self._chance.below(days // 30) * 30)

    def add(self, household: Household, person: Person, plan: Plan, *, kind: Kind, programme: str, start: date) -> Line:
        """Give a person a line whose enrolment was applied for, noticed and decided before it began."""
        chance, operator = self._chance, plan.operator
        number = self._counts[operator, kind] = self._counts.get((operator, kind), 0) + 1
        prefix = PREFIXES[operator]
        mobile = kind is Kind.MOBILE
        decided = start - timedelta(days=chance.between(2, 6))
        noticed = decided - timedelta(days=chance.between(8, 12))
        village = household.village.code
        line = Line(
            code=f"{prefix}-{number:05}" if mobile else f"{prefix}-K{number:05}",
            operator=operator,
            kind=kind,
            number=f"{_NUMBERS[operator]}{number:07}" if mobile else f"kd-{prefix.lower()}-{number:06}",
            person=person,
            household=household,
            programme=programme,
            versions=[Version(plan, start, None, "新办")],
            applied_on=noticed - timedelta(days=chance.between(2, 5)),
            notice=(noticed, noticed + timedelta(days=6)),
            decided_on=decided,
            entitled_from=start,
            status=DECIDED,
            agent=f"样例代办{village[6:]}{chance.pick('甲乙丙')}",
            assessor=f"样例村干部{village[6:]}",
            device=f"h1:{sha256(f'{prefix}{number}'.encode()).hexdigest()[:24]}" if mobile else "",
            sim=f"898600{'013'[list(Operator).index(operator)]}0{number:012}" if mobile else "",
            full_claim=chance.percent(30),
        )
        self.lines.append(line)
        self._of_household.setdefault(household.code, []).append(line)
        return line


def bindings_sheet(lines: list[Line], since: date | None, until: date) -> bytes:
    """Return what began, ended or changed from `since` to the day before `until` as the county's file."""
    rows: list[str] = []
    for line in lines:
        for version in line.versions:
            began = version.start < until and (since is None or version.start >= since)
            ended = version.until is not None and version.until < until and (since is None or version.until >= since)
            if not began and not ended:
                continue
            known_end = version.until if version.until is not None and version.until < until else None
            rows.append(
                ",".join((
                    line.code, OPERATOR_NAMES[line.operator], KIND_NAMES[line.kind], line.number, line.person.name,
                    line.person.identity, version.plan.code, line.device, line.sim, version.start.isoformat(),
                    known_end.isoformat() if known_end else "", version.change, line.realname,
                ))
            )  # fmt: skip
    return "\n".join([BINDINGS_HEAD, *rows, ""]).encode()


def enrolments_sheet(lines: list[Line], since: date | None, until: date, *, with_waiting: bool) -> bytes:
    """Return the enrolments of lines that began from `since` to the day before `until` as the county's file.

    `with_waiting` adds those whose notice is not over.
    """
    rows = [
        ",".join((
            line.code, line.programme, line.person.identity, line.household.code, line.applied_on.isoformat(),
            line.notice[0].isoformat() if line.notice else "", line.notice[1].isoformat() if line.notice else "",
            line.decided_on.isoformat() if line.decided_on else "",
            line.entitled_from.isoformat() if line.entitled_from else "", line.status, line.agent, line.assessor,
        ))
        for line in lines
        if (line.start < until and (since is None or line.start >= since)) or (with_waiting and line.status == NOTICED)
    ]  # fmt: skip
    return "\n".join([ENROLMENTS_HEAD, *rows, ""]).encode()


def months_before(day: date) -> Months:
    """Return the three months before the month of a day; the programmes began ten months before the first."""
    first = day.replace(day=1)
    back = [first := (first - timedelta(days=1)).replace(day=1) for _ in range(13)]
    return Months(back[2], back[1], back[0], back[12])


def after(month: date, days: int) -> date:
    """Return the day `days` after the month's end."""
    return next_month(month) + timedelta(days=days)

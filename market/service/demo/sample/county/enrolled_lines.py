"""The sample lines with their enrolments and bindings, and the county's files of them."""

from datetime import date, timedelta
from hashlib import sha256

from msgspec import Struct

from market.service.demo.sample.county.programme_files import P1, P2, P3, SamplePlan, list_plans
from market.service.demo.sample.county.register import SampleHousehold, SamplePerson, SampleRegister
from market.service.demo.sample.seeded_random import SeededRandom
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, OPERATOR_PREFIXES, Operator, ServiceKind

LINE_COUNT = 24_000
"""Bound lines of a county of 16,000 households, irregular lines included; a sample value."""
IRREGULAR_LINE_COUNT = 13
"""Lines that `IrregularityMaker` adds: second operators, duplicates, ported numbers, one after a split."""
BINDINGS_HEADER = (
    "业务编号,运营商,业务类型,业务号码,姓名,身份证号,套餐编码,设备标识,卡号,生效日,失效日,变更类型,实名核验结果"
)
ENROLMENTS_HEADER = "业务编号,项目,身份证号,户编号,申请日,公示起,公示止,审定日,享受起,状态,代办人,村级评议人"
_NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
"""The numerals of sample names, which have no digits, like those of people."""
_NUMBER_PREFIXES = {Operator.MOBILE: "1705", Operator.UNICOM: "1707", Operator.TELECOM: "1991"}
_OPERATOR_SHARES = ((Operator.MOBILE, 60), (Operator.UNICOM, 82), (Operator.TELECOM, 100))
_LATE_PERCENT = 2
"""Share of lines that begin in one of the three months."""
_ADULT_AGE = 16
_OLD_AGE = 58
DECIDED_STATUS, NOTICED_STATUS = "已审定", "公示中"


class BindingVersion(Struct, frozen=True):
    """A version of a line's binding."""

    plan: SamplePlan
    start: date
    until: date | None
    change: str


class SampleLine(Struct):
    """A line with its enrolment; `overclaim_fen` is what its operator claims above the due amount."""

    code: str
    operator: Operator
    kind: ServiceKind
    number: str
    person: SamplePerson
    household: SampleHousehold
    programme: str
    versions: list[BindingVersion]
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
    overclaim_fen: int = 0
    claims_whole_month: bool = False
    """Whether the operator claims a whole month for part of one."""
    idle_from: date | None = None
    """The first day without usage."""
    idle_until: date | None = None

    @property
    def start(self) -> date:
        """The first day of its first binding."""
        return self.versions[0].start


class SampleMonths(Struct, frozen=True):
    """The three simulated months, and the first day of the programmes."""

    first: date
    middle: date
    last: date
    since: date

    @property
    def all(self) -> tuple[date, date, date]:
        """The three months, oldest first."""
        return self.first, self.middle, self.last


class LineGenerator:
    """Generates the lines of the register's households."""

    def __init__(
        self, seed: int, register: SampleRegister, months: SampleMonths, *, scale: int, first_number: int = 1
    ) -> None:
        self._rng = SeededRandom(seed, "lines" if first_number == 1 else f"lines {first_number}")
        self._first_number = first_number
        self._register = register
        self._months = months
        self._target_count = LINE_COUNT * scale // 100 - IRREGULAR_LINE_COUNT
        self._plans: dict[tuple[Operator, ServiceKind], list[SamplePlan]] = {}
        self._by_code = {plan.code: plan for plan in list_plans()}
        for plan in self._by_code.values():
            if not plan.is_bundle and plan.code not in {"YD39", "YD8"}:
                self._plans.setdefault((plan.operator, next(iter(plan.charges))), []).append(plan)
        self._counts: dict[tuple[Operator, ServiceKind], int] = {}
        self._by_household: dict[str, list[SampleLine]] = {}
        self.lines: list[SampleLine] = []

    def make(self) -> list[SampleLine]:
        """Generate and return all lines; the first is the demo farmer's, bound on the 11th of the middle month."""
        households = self._register.households
        self._add_demo_line(households[0])
        rest = self._rng.shuffled(households[1:])
        seconds: list[SampleHousehold] = []
        for household in rest:
            if len(self.lines) >= self._target_count:
                return self.lines
            self._add_lines(household)
            seconds.append(household)
        for household in seconds:
            if len(self.lines) >= self._target_count:
                break
            self._add_second_line(household)
        return self.lines

    def _add_demo_line(self, household: SampleHousehold) -> None:
        start = self._months.middle + timedelta(days=10)
        plan = self._by_code["YD39"]
        line = self.add(household, household.members[0], plan, kind=ServiceKind.MOBILE, programme=P1, start=start)
        line.claims_whole_month = False

    def _pick_operator(self) -> Operator:
        dice = self._rng.randbelow(100)
        return next(operator for operator, threshold in _OPERATOR_SHARES if dice < threshold)

    def _add_lines(self, household: SampleHousehold) -> None:
        rng = self._rng
        operator = self._pick_operator()
        adults = [each for each in household.members if self._months.first.year - each.born_on.year >= _ADULT_AGE]
        if not adults:
            return
        bundled = operator is Operator.UNICOM and rng.chance(30)
        if adults[0].born_on.year <= self._months.first.year - _OLD_AGE and rng.chance(48):
            plan = self._by_code["YD8"] if operator is Operator.MOBILE else self._find_cheapest_plan(operator)
            self.add(household, adults[0], plan, kind=ServiceKind.MOBILE, programme=P2, start=self._pick_start())
            adults = adults[1:]
        if adults and rng.chance(82):
            plan = self._by_code["LT59"] if bundled else rng.choice(self._plans[operator, ServiceKind.MOBILE])
            self.add(household, adults[0], plan, kind=ServiceKind.MOBILE, programme=P1, start=self._pick_start())
        if bundled or (operator is not Operator.UNICOM and rng.chance(30)):
            plan = self._by_code["LT59"] if bundled else self._plans[operator, ServiceKind.BROADBAND][0]
            self.add(
                household,
                household.members[0],
                plan,
                kind=ServiceKind.BROADBAND,
                programme=P3,
                start=self._pick_start(),
            )

    def _find_cheapest_plan(self, operator: Operator) -> SamplePlan:
        return min(self._plans[operator, ServiceKind.MOBILE], key=lambda plan: plan.charges[ServiceKind.MOBILE])

    def _add_second_line(self, household: SampleHousehold) -> None:
        """Add a line for a second member, with the operator of the first."""
        own = [line for line in self.list_household_lines(household) if line.programme == P1]
        taken = {line.person.identity for line in own}
        free = [
            each
            for each in household.members
            if self._months.first.year - each.born_on.year >= _ADULT_AGE and each.identity not in taken
        ]
        if len(own) == 1 and free:
            operator = own[0].operator
            plan = self._rng.choice(self._plans[operator, ServiceKind.MOBILE])
            self.add(household, free[-1], plan, kind=ServiceKind.MOBILE, programme=P1, start=self._pick_start())

    def list_household_lines(self, household: SampleHousehold) -> list[SampleLine]:
        """Return the lines of a household."""
        return self._by_household.get(household.code, [])

    def pick_mobile_plan(self, operator: Operator) -> SamplePlan:
        """Return a random mobile plan of an operator."""
        return self._rng.choice(self._plans[operator, ServiceKind.MOBILE])

    def _pick_start(self) -> date:
        """Return a random first day of a line; most began in the year before the three months."""
        if self._rng.chance(_LATE_PERCENT):
            month = self._rng.choice(self._months.all)
            return month + timedelta(days=self._rng.randint(1, 24))
        days = (self._months.first - self._months.since).days
        return self._months.since + timedelta(days=self._rng.randbelow(days // 30) * 30)

    def add(
        self,
        household: SampleHousehold,
        person: SamplePerson,
        plan: SamplePlan,
        *,
        kind: ServiceKind,
        programme: str,
        start: date,
    ) -> SampleLine:
        """Add a line of a person, with an enrolment applied for, published and decided before it began."""
        rng, operator = self._rng, plan.operator
        number = self._counts[operator, kind] = self._counts.get((operator, kind), self._first_number - 1) + 1
        prefix = OPERATOR_PREFIXES[operator]
        mobile = kind is ServiceKind.MOBILE
        decided = start - timedelta(days=rng.randint(2, 6))
        noticed = decided - timedelta(days=rng.randint(8, 12))
        village = household.village.code
        line = SampleLine(
            code=f"{prefix}-{number:05}" if mobile else f"{prefix}-K{number:05}",
            operator=operator,
            kind=kind,
            number=f"{_NUMBER_PREFIXES[operator]}{number:07}" if mobile else f"kd-{prefix.lower()}-{number:06}",
            person=person,
            household=household,
            programme=programme,
            versions=[BindingVersion(plan, start, None, "新办")],
            applied_on=noticed - timedelta(days=rng.randint(2, 5)),
            notice=(noticed, noticed + timedelta(days=6)),
            decided_on=decided,
            entitled_from=start,
            status=DECIDED_STATUS,
            agent=f"样例代办{village[6:].translate(_NUMERALS)}{rng.choice('甲乙丙')}",
            assessor=f"样例村干部{village[6:].translate(_NUMERALS)}",
            device=f"h1:{sha256(f'{prefix}{number}'.encode()).hexdigest()[:24]}" if mobile else "",
            sim=f"898600{'013'[list(Operator).index(operator)]}0{number:012}" if mobile else "",
            claims_whole_month=rng.chance(30),
        )
        self.lines.append(line)
        self._by_household.setdefault(household.code, []).append(line)
        return line


def write_bindings_file(lines: list[SampleLine], since: date | None, until: date) -> bytes:
    """Return the county's file of bindings that began, ended or changed from `since` to the day before `until`."""
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
    return "\n".join([BINDINGS_HEADER, *rows, ""]).encode()


def write_enrolments_file(lines: list[SampleLine], since: date | None, until: date, *, with_pending: bool) -> bytes:
    """Return the county's file of enrolments of lines that began from `since` to the day before `until`.

    `with_pending` adds enrolments whose public notice has not ended.
    """
    rows = [
        ",".join((
            line.code, line.programme, line.person.identity, line.household.code, line.applied_on.isoformat(),
            line.notice[0].isoformat() if line.notice else "", line.notice[1].isoformat() if line.notice else "",
            line.decided_on.isoformat() if line.decided_on else "",
            line.entitled_from.isoformat() if line.entitled_from else "", line.status, line.agent, line.assessor,
        ))
        for line in lines
        if (line.start < until and (since is None or line.start >= since))
        or (with_pending and line.status == NOTICED_STATUS)
    ]  # fmt: skip
    return "\n".join([ENROLMENTS_HEADER, *rows, ""]).encode()


def compute_months(day: date) -> SampleMonths:
    """Return the three months before the month of a day; the programmes began ten months before the first."""
    first = day.replace(day=1)
    back = [first := (first - timedelta(days=1)).replace(day=1) for _ in range(13)]
    return SampleMonths(back[2], back[1], back[0], back[12])

"""The sample register of households: synthetic people, with a split and deaths."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.divisions import SampleDivision
from market.service.demo.sample.identities import SURNAMES, make_identity_number
from market.service.demo.sample.seeded_random import SeededRandom

HOUSEHOLD_COUNT, PERSON_COUNT = 16_000, 45_000
"""Source: subsidy-rulebook, Scale: an average county."""
REGISTER_SINCE = date(2016, 1, 1)
REGISTER_HEADER = (
    "户编号,成员序号,姓名,与户主关系,身份证号,出生日期,性别,村代码,村名,原建档立卡,监测类型,风险消除日期,保障档,"
    "成员自,成员至,离户原因,死亡日期,来源户"
)
_HOUSEHOLD_SIZES = (18, 48, 72, 88, 97, 100)
"""Of a hundred households, the number with at most 1, 2, 3 … 6 members."""
_MONITORING = ("脱贫不稳定户", "边缘易致贫户", "突发严重困难户")
_MONITORED_PERCENT = 6
_REGISTERED_PERCENT = 90
_MONITORED_TIER, _USUAL_TIER, _LATE_TIER = 1, 2, 3
_GIVEN_NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_SEQUENCES = {"男": (1, 3, 5, 7, 9), "女": (0, 2, 4, 6, 8)}
DEMO_VILLAGE = "130624107221"
"""革新庄村, the demo farmer's village."""
_ADULT_AGE = 18


class SamplePerson(Struct, frozen=True):
    """A sample person; `member_number` is the position in the household."""

    identity: str
    name: str
    born_on: date
    sex: str
    relation: str
    member_number: int


class SampleHousehold(Struct):
    """A household before the first month."""

    code: str
    village: SampleDivision
    tier: int
    registered: bool
    monitoring: str
    members: list[SamplePerson]


class LateDeath(Struct, frozen=True):
    """A death that the register records late."""

    household: SampleHousehold
    person: SamplePerson
    died_on: date


class SampleRegister(Struct):
    """The households in order; the first is the demo farmer's."""

    households: list[SampleHousehold]
    deaths: list[LateDeath]
    split: SampleHousehold
    split_on: date


class RegisterGenerator:
    """Generates the register of the demo county, or of another one, which has no demo farmer."""

    def __init__(
        self, seed: int, villages: Sequence[SampleDivision], *, year: int, scale: int, county: str = DEMO_COUNTY
    ) -> None:
        self._rng = SeededRandom(seed, "register" if county == DEMO_COUNTY else f"register {county}")
        self._county = county
        self._villages = villages
        self._year = year
        self._count = HOUSEHOLD_COUNT * scale // 100
        self._persons = PERSON_COUNT * scale // 100
        self._used_identities: set[str] = set()

    def make(self, *, split_on: date) -> SampleRegister:
        """Generate the households, of which one splits on `split_on`; deaths are added later."""
        sums: list[int] = []
        for _ in self._villages:
            sums.append((sums[-1] if sums else 0) + self._rng.randint(4, 20))
        home = next((index for index, village in enumerate(self._villages) if village.code == DEMO_VILLAGE), 0)
        indices = [home, *sorted(self._rng.weighted_index(sums) for _ in range(self._count - 1))]
        numbers: dict[str, int] = {}
        households: list[SampleHousehold] = []
        for index, size in zip(indices, self._pick_sizes(), strict=True):
            village = self._villages[index]
            numbers[village.code] = numbers.get(village.code, 0) + 1
            code = f"{village.code}{numbers[village.code]:04}"
            households.append(
                self._make_household(code, village, size, demo=self._county == DEMO_COUNTY and not households)
            )
        split = next(each for each in households[1:] if _can_split(each, split_on))
        return SampleRegister(households, [], split, split_on)

    def _pick_sizes(self) -> list[int]:
        """Return household sizes that sum to the number of persons; the first is three."""
        sizes = [3]
        for _ in range(self._count - 1):
            dice = self._rng.randbelow(100)
            sizes.append(next(n for n, threshold in enumerate(_HOUSEHOLD_SIZES, 1) if dice < threshold))
        missing = self._persons - sum(sizes)
        while missing:
            at = self._rng.randint(1, self._count - 1)
            step = 1 if missing > 0 else -1
            if 1 <= sizes[at] + step <= len(_HOUSEHOLD_SIZES) + 1:
                sizes[at] += step
                missing -= step
        return sizes

    def _make_household(self, code: str, village: SampleDivision, size: int, *, demo: bool) -> SampleHousehold:
        rng = self._rng
        surname = "唐" if demo else rng.choice(SURNAMES)
        head_age = 52 if demo else rng.randint(30, 84)
        members = [self._make_person(surname, head_age, "男" if demo or rng.chance(74) else "女", "户主", 1)]
        if demo:
            members[0] = SamplePerson(members[0].identity, "样例唐甲子", members[0].born_on, members[0].sex, "户主", 1)
        for member_number in range(2, size + 1):
            members.append(self._make_relative(surname, head_age, members[0], member_number))
        watched = not demo and rng.chance(_MONITORED_PERCENT)
        late = rng.chance(4) and not demo
        tier = _MONITORED_TIER if watched else (_LATE_TIER if late else _USUAL_TIER)
        registered = not watched or rng.chance(_REGISTERED_PERCENT)
        monitoring = rng.choice(_MONITORING) if watched else ""
        # The first type was registered before, the second never was.
        registered = {"脱贫不稳定户": True, "边缘易致贫户": False}.get(monitoring, registered)
        return SampleHousehold(code, village, tier, registered, monitoring, members)

    def _make_relative(self, surname: str, head_age: int, head: SamplePerson, member_number: int) -> SamplePerson:
        rng = self._rng
        if member_number == 2 and rng.chance(82):
            other = rng.choice(SURNAMES)
            age = max(20, head_age + rng.randint(-6, 4))
            return self._make_person(other, age, "女" if head.sex == "男" else "男", "配偶", member_number)
        if head_age < 55 and rng.chance(20):
            sex = rng.choice(("男", "女"))
            return self._make_person(surname, min(88, head_age + rng.randint(21, 30)), sex, "父母", member_number)
        sex = rng.choice(("男", "女"))
        if head_age > 58 and rng.chance(40):
            return self._make_person(surname, rng.randint(3, 24), sex, "孙子女", member_number)
        age = max(1, head_age - rng.randint(21, 34))
        return self._make_person(surname, age, sex, "之子" if sex == "男" else "之女", member_number)

    def _make_person(self, surname: str, age: int, sex: str, relation: str, member_number: int) -> SamplePerson:
        """Make a person with an unused identity number; move the birthday on if all its numbers are used."""
        rng = self._rng
        name = f"样例{surname}{rng.choice(_GIVEN_NAMES)}{rng.choice(_GIVEN_NAMES)}"
        day = date(self._year - age, 1, 1) + timedelta(days=rng.randbelow(365))
        while True:
            for sequence in _SEQUENCES[sex]:
                identity = make_identity_number(self._county, day, sequence=sequence)
                if identity not in self._used_identities:
                    self._used_identities.add(identity)
                    return SamplePerson(identity, name, day, sex, relation, member_number)
            day += timedelta(days=1)


def _can_split(household: SampleHousehold, day: date) -> bool:
    """Return whether adults both stay and leave."""
    leaving = household.members[2:]
    return len(leaving) > 1 and day.year - leaving[0].born_on.year >= _ADULT_AGE


def _format_row(
    household: SampleHousehold,
    person: SamplePerson,
    *,
    since: date,
    until: date | None,
    why: str,
    died_on: date | None,
    source: str,
) -> str:
    cells = (
        household.code,
        str(person.member_number),
        person.name,
        person.relation,
        person.identity,
        person.born_on.isoformat(),
        person.sex,
        household.village.code,
        household.village.name,
        "是" if household.registered else "否",
        household.monitoring,
        "",
        str(household.tier),
        max(since, person.born_on).isoformat(),
        until.isoformat() if until else "",
        why,
        died_on.isoformat() if died_on else "",
        source,
    )
    return ",".join(cells)


def write_register_file(register: SampleRegister) -> bytes:
    """Return the county's file of the register before any change."""
    rows = [
        _format_row(household, person, since=REGISTER_SINCE, until=None, why="", died_on=None, source="")
        for household in register.households
        for person in household.members
    ]
    return "\n".join([REGISTER_HEADER, *rows, ""]).encode()


def split_household(register: SampleRegister) -> SampleHousehold:
    """Return the household that results from the split: all members from the third on."""
    source = register.split
    leaving = source.members[2:]
    members = [
        SamplePerson(
            each.identity,
            each.name,
            each.born_on,
            each.sex,
            "户主" if member_number == 1 else "家庭成员",
            member_number,
        )
        for member_number, each in enumerate(leaving, 1)
    ]
    return SampleHousehold(
        f"{source.code}-2", source.village, source.tier, source.registered, source.monitoring, members
    )


def write_register_changes_file(register: SampleRegister) -> bytes:
    """Return the county's file of changes: late deaths and the split."""
    rows: list[str] = []
    for death in register.deaths:
        until = death.died_on + timedelta(days=1)
        rows.append(
            _format_row(
                death.household,
                death.person,
                since=REGISTER_SINCE,
                until=until,
                why="死亡",
                died_on=death.died_on,
                source="",
            )
        )
    source, made = register.split, split_household(register)
    rows += [
        _format_row(source, each, since=REGISTER_SINCE, until=register.split_on, why="分户", died_on=None, source="")
        for each in source.members[2:]
    ]
    rows += [
        _format_row(made, each, since=register.split_on, until=None, why="", died_on=None, source=source.code)
        for each in made.members
    ]
    return "\n".join([REGISTER_HEADER, *rows, ""]).encode()

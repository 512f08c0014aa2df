"""A county's register of households: synthetic people, with the splits and deaths that a register shows."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from market.sample.chance import Chance
from market.sample.names import SURNAMES, identity_number
from market.sample.people import DEMO_COUNTY
from market.sample.places import Division

HOUSEHOLDS, PERSONS = 16_000, 45_000
"""Source: subsidy-rulebook, Scale: an average county."""
SINCE = date(2016, 1, 1)
REGISTER_HEAD = (
    "户编号,成员序号,姓名,与户主关系,身份证号,出生日期,性别,村代码,村名,原建档立卡,监测类型,风险消除日期,保障档,"
    "成员自,成员至,离户原因,死亡日期,来源户"
)
_SIZES = (18, 48, 72, 88, 97, 100)
"""Of a hundred households, how many have at most 1, 2, 3 … 6 members."""
_MONITORING = ("脱贫不稳定户", "边缘易致贫户", "突发严重困难户")
_MONITORED_PERCENT = 6
_REGISTERED_PERCENT = 90
_WATCHED_TIER, _PLAIN_TIER, _LATE_TIER = 1, 2, 3
_GIVEN = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_SEQUENCES = {"男": (1, 3, 5, 7, 9), "女": (0, 2, 4, 6, 8)}
DEMO_VILLAGE = "130624107221"
"""革新庄村, where the demo's farmer lives."""
_OF_AGE = 18


class Person(Struct, frozen=True):
    """A sample person; `seat` is the place in the household."""

    identity: str
    name: str
    born_on: date
    sex: str
    relation: str
    seat: int


class Household(Struct):
    """A household as it is before the months begin."""

    code: str
    village: Division
    tier: int
    registered: bool
    monitoring: str
    members: list[Person]


class Death(Struct, frozen=True):
    """A death that the register learns of late."""

    household: Household
    person: Person
    died_on: date


class Register(Struct):
    """The households in order; the first is the demo farmer's."""

    households: list[Household]
    deaths: list[Death]
    split: Household
    split_on: date


class RegisterMaker:
    """Makes the register of the demo county."""

    def __init__(self, seed: int, villages: Sequence[Division], *, year: int, scale: int) -> None:
        self._chance = Chance(seed, "register")
        self._villages = villages
        self._year = year
        self._count = HOUSEHOLDS * scale // 100
        self._persons = PERSONS * scale // 100
        self._known: set[str] = set()

    def make(self, *, split_on: date) -> Register:
        """Make the households; one of them splits on a day, and nobody has died yet."""
        sums: list[int] = []
        for _ in self._villages:
            sums.append((sums[-1] if sums else 0) + self._chance.between(4, 20))
        home = next(at for at, village in enumerate(self._villages) if village.code == DEMO_VILLAGE)
        places = [home, *sorted(self._chance.weighed(sums) for _ in range(self._count - 1))]
        numbers: dict[str, int] = {}
        households: list[Household] = []
        for place, size in zip(places, self._sizes(), strict=True):
            village = self._villages[place]
            numbers[village.code] = numbers.get(village.code, 0) + 1
            code = f"{village.code}{numbers[village.code]:04}"
            households.append(self._household(code, village, size, demo=not households))
        split = next(each for each in households[1:] if _may_split(each, split_on))
        return Register(households, [], split, split_on)

    def _sizes(self) -> list[int]:
        """Return the sizes of the households, which sum to the number of persons; the first has three."""
        sizes = [3]
        for _ in range(self._count - 1):
            dice = self._chance.below(100)
            sizes.append(next(n for n, most in enumerate(_SIZES, 1) if dice < most))
        missing = self._persons - sum(sizes)
        while missing:
            at = self._chance.between(1, self._count - 1)
            step = 1 if missing > 0 else -1
            if 1 <= sizes[at] + step <= len(_SIZES) + 1:
                sizes[at] += step
                missing -= step
        return sizes

    def _household(self, code: str, village: Division, size: int, *, demo: bool) -> Household:
        chance = self._chance
        surname = "唐" if demo else chance.pick(SURNAMES)
        head_age = 52 if demo else chance.between(30, 84)
        members = [self._person(surname, head_age, "男" if demo or chance.percent(74) else "女", "户主", 1)]
        if demo:
            members[0] = Person(members[0].identity, "样例唐甲子", members[0].born_on, members[0].sex, "户主", 1)
        for seat in range(2, size + 1):
            members.append(self._relative(surname, head_age, members[0], seat))
        watched = not demo and chance.percent(_MONITORED_PERCENT)
        late = chance.percent(4) and not demo
        tier = _WATCHED_TIER if watched else (_LATE_TIER if late else _PLAIN_TIER)
        return Household(
            code,
            village,
            tier,
            not watched or chance.percent(_REGISTERED_PERCENT),
            chance.pick(_MONITORING) if watched else "",
            members,
        )

    def _relative(self, surname: str, head_age: int, head: Person, seat: int) -> Person:
        chance = self._chance
        if seat == 2 and chance.percent(82):  # noqa: PLR2004 - the second seat is most often the spouse's
            other = chance.pick(SURNAMES)
            age = max(20, head_age + chance.between(-6, 4))
            return self._person(other, age, "女" if head.sex == "男" else "男", "配偶", seat)
        if head_age < 55 and chance.percent(20):  # noqa: PLR2004 - whose parents may live with them
            sex = chance.pick(("男", "女"))
            return self._person(surname, min(88, head_age + chance.between(21, 30)), sex, "父母", seat)
        sex = chance.pick(("男", "女"))
        if head_age > 58 and chance.percent(40):  # noqa: PLR2004 - who may have grandchildren
            return self._person(surname, chance.between(3, 24), sex, "孙子女", seat)
        age = max(1, head_age - chance.between(21, 34))
        return self._person(surname, age, sex, "之子" if sex == "男" else "之女", seat)

    def _person(self, surname: str, age: int, sex: str, relation: str, seat: int) -> Person:
        """Make a person with an identity number of their own; a taken one moves the birthday on."""
        chance = self._chance
        name = f"样例{surname}{chance.pick(_GIVEN)}{chance.pick(_GIVEN)}"
        day = date(self._year - age, 1, 1) + timedelta(days=chance.below(365))
        while True:
            for sequence in _SEQUENCES[sex]:
                identity = identity_number(DEMO_COUNTY, day, sequence=sequence)
                if identity not in self._known:
                    self._known.add(identity)
                    return Person(identity, name, day, sex, relation, seat)
            day += timedelta(days=1)


def _may_split(household: Household, day: date) -> bool:
    """Say whether somebody of age stays and somebody of age leaves."""
    leaving = household.members[2:]
    return len(leaving) > 1 and day.year - leaving[0].born_on.year >= _OF_AGE


def _row(
    household: Household,
    person: Person,
    *,
    since: date,
    until: date | None,
    why: str,
    died_on: date | None,
    source: str,
) -> str:
    cells = (
        household.code,
        str(person.seat),
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
        since.isoformat(),
        until.isoformat() if until else "",
        why,
        died_on.isoformat() if died_on else "",
        source,
    )
    return ",".join(cells)


def register_sheet(register: Register) -> bytes:
    """Return the register as the county's file, before anything changed."""
    rows = [
        _row(household, person, since=SINCE, until=None, why="", died_on=None, source="")
        for household in register.households
        for person in household.members
    ]
    return "\n".join([REGISTER_HEAD, *rows, ""]).encode()


def split_household(register: Register) -> Household:
    """Return the household that came out of the split: everyone from the third seat on."""
    source = register.split
    leaving = source.members[2:]
    members = [
        Person(each.identity, each.name, each.born_on, each.sex, "户主" if seat == 1 else "家庭成员", seat)
        for seat, each in enumerate(leaving, 1)
    ]
    return Household(f"{source.code}-2", source.village, source.tier, source.registered, source.monitoring, members)


def changes_sheet(register: Register) -> bytes:
    """Return the county's file of what changed: deaths that became known, and the split."""
    rows: list[str] = []
    for death in register.deaths:
        until = death.died_on + timedelta(days=1)
        rows.append(
            _row(death.household, death.person, since=SINCE, until=until, why="死亡", died_on=death.died_on, source="")
        )
    source, made = register.split, split_household(register)
    rows += [
        _row(source, each, since=SINCE, until=register.split_on, why="分户", died_on=None, source="")
        for each in source.members[2:]
    ]
    rows += [
        _row(made, each, since=register.split_on, until=None, why="", died_on=None, source=source.code)
        for each in made.members
    ]
    return "\n".join([REGISTER_HEAD, *rows, ""]).encode()

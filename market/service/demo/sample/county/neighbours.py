"""Small counties beside the demo county, for the desks above: one has closed its last quarter, others are behind."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum, auto

from market.kernel import Connection
from market.kernel.clock import get_business_day, get_next_month, get_previous_month, get_quarter_start
from market.kernel.division_codes import TOWNSHIP, truncate_code
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import NEIGHBOUR_COUNTIES, NEIGHBOUR_POSTS
from market.service.demo.sample.county.county_steps import CountySteps
from market.service.demo.sample.county.enrolled_lines import (
    LineGenerator,
    SampleLine,
    SampleMonths,
    compute_months,
    write_bindings_file,
    write_enrolments_file,
)
from market.service.demo.sample.county.operator_files import (
    get_manifest_name,
    write_billing_files,
    write_opening_file,
    write_usage_file,
)
from market.service.demo.sample.county.programme_files import write_budget_file, write_plans_file, write_programmes_file
from market.service.demo.sample.county.register import RegisterGenerator, write_register_file
from market.service.demo.sample.divisions import SampleDivision, SampleDivisions
from market.subsidies.models import Duty
from market.subsidies.month.approve import confirm_month
from market.subsidies.month.run import run_month

_SCALE = 1
"""Percent of the demo county: 160 households with 227 lines."""
_TOWNSHIPS, _VILLAGES = 3, 2
"""Few divisions, so that the open data has townships of ten households and more."""
_MONTH_BUDGET_FEN = 1_250_00
_FIRST_NUMBER, _NUMBERS_APART = 100_001, 1_000
"""Above every number of the demo county; a number is bound in one county."""


class Progress(Enum):
    """How far a county came: all months closed, stuck in its first month without bills, or its last one confirmed."""

    CLOSED = auto()
    STUCK = auto()
    CONFIRMED = auto()


_PROGRESS = dict(
    zip(NEIGHBOUR_COUNTIES, (Progress.CLOSED, Progress.STUCK, Progress.CONFIRMED, Progress.STUCK), strict=True)
)


def compute_quarter_months(day: date) -> SampleMonths:
    """Return the months from the last quarter that is over to the month before a day's; programmes began before."""
    last = get_previous_month(day.replace(day=1))
    first = get_quarter_start(last)
    if get_next_month(get_next_month(first)) > last:
        first = get_quarter_start(get_previous_month(first))
    since = compute_months(first).since
    return SampleMonths(first, get_next_month(first), last, since)


async def simulate_neighbours(
    conn: Connection,
    seal: Seal,
    divisions: SampleDivisions,
    *,
    seed: int,
    now: datetime,
    report: Callable[[int, int], None],
) -> dict[str, int]:
    """Play the months of each neighbour, in the caller's transaction; return the number of their lines."""
    day = get_business_day(now)
    actors: dict[Duty, Actor] = {}
    for duty, post in zip(Duty, NEIGHBOUR_POSTS, strict=True):
        actor = await find_actor_by_handle(conn, post.handle, day=day)
        assert actor is not None, "the shop is loaded first, with the officials"
        actors[duty] = actor
    lines = 0
    for number, (county, progress) in enumerate(_PROGRESS.items(), 1):
        report(number - 1, len(_PROGRESS))
        steps = CountySteps(conn, seal, actors, county=county, now=now)
        neighbour = _Neighbour(conn, seal, steps, actors, county, seed=seed, number=number, day=day)
        lines += await neighbour.play(_pick_villages(divisions.list_villages(county)), progress)
    report(len(_PROGRESS), len(_PROGRESS))
    return {"neighbours": lines}


def _pick_villages(villages: list[SampleDivision]) -> list[SampleDivision]:
    """Return two villages of each of the first three townships."""
    by_township: dict[str, list[SampleDivision]] = {}
    for each in villages:
        by_township.setdefault(truncate_code(each.code, TOWNSHIP), []).append(each)
    return [each for township in list(by_township.values())[:_TOWNSHIPS] for each in township[:_VILLAGES]]


class _Neighbour:
    """A neighbour under simulation."""

    def __init__(
        self,
        conn: Connection,
        seal: Seal,
        steps: CountySteps,
        actors: dict[Duty, Actor],
        county: str,
        *,
        seed: int,
        number: int,
        day: date,
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._steps = steps
        self._actors = actors
        self._county = county
        self._seed = seed
        self._number = number
        self._months = compute_quarter_months(day)

    async def play(self, villages: list[SampleDivision], progress: Progress) -> int:
        """Import the county's files and take its months as far as they came."""
        months = self._list_months(progress)
        lines = await self._import_base_files(villages, months)
        for month in months:
            await self._calculate(lines if progress is not Progress.STUCK else [], month)
            if progress is not Progress.STUCK:
                moment = self._steps.compute_moment(get_next_month(month) + timedelta(days=4))
                await confirm_month(self._conn, self._actors[Duty.VILLAGE], self._county, month, now=moment)
            if progress is Progress.CLOSED:
                await self._steps.finish(month)
        return len(lines)

    def _list_months(self, progress: Progress) -> list[date]:
        match progress:
            case Progress.CONFIRMED:
                return [self._months.last]
            case Progress.STUCK:
                return [self._months.first]
            case Progress.CLOSED:
                months = [self._months.first]
                while months[-1] < self._months.last:
                    months.append(get_next_month(months[-1]))
                return months

    async def _import_base_files(self, villages: list[SampleDivision], months: list[date]) -> list[SampleLine]:
        since, county, steps = self._months.since, self._county, self._steps
        generator = RegisterGenerator(self._seed, villages, year=since.year, scale=_SCALE, county=county)
        register = generator.make(split_on=self._months.last)
        made = LineGenerator(
            self._seed, register, self._months, scale=_SCALE, first_number=_FIRST_NUMBER + self._number * _NUMBERS_APART
        ).make()
        # Those that begin within the months are left out: one file of each kind is imported.
        lines = [line for line in made if line.start < months[0]]
        day = steps.compute_moment(months[0] - timedelta(days=11))
        importer, policy = self._actors[Duty.IMPORT], self._actors[Duty.TERMS]
        programmes, documents = write_programmes_file(since, county=county)
        budget = write_budget_file(dict.fromkeys(months, _MONTH_BUDGET_FEN))
        end = get_next_month(self._months.last)
        upload = steps.upload
        await steps.import_file(importer, upload("register", "register.csv", write_register_file(register)), day)
        await steps.import_file(policy, upload("programmes", "programmes.json", programmes), day, documents)
        await steps.import_file(policy, upload("plans", "plans.csv", write_plans_file(since)), day)
        await steps.import_file(policy, upload("budget", "budget.json", budget), day)
        enrolments = write_enrolments_file(lines, None, end, with_pending=False)
        await steps.import_file(importer, upload("enrolments", "enrolments.csv", enrolments), day)
        await steps.import_file(
            importer, upload("bindings", "bindings.csv", write_bindings_file(lines, None, end)), day
        )
        opening = write_opening_file(lines, SampleMonths(months[0], months[0], months[-1], since))
        await steps.import_file(importer, upload("opening", "opening.csv", opening), day)
        return lines

    async def _calculate(self, lines: list[SampleLine], month: date) -> None:
        """Import use and bills of a month, if they came, and run it."""
        importer, steps = self._actors[Duty.IMPORT], self._steps
        day = steps.compute_moment(get_next_month(month) + timedelta(days=2))
        if lines:
            usage = write_usage_file(self._seed, lines, month)
            await steps.import_file(importer, steps.upload("usage", f"usage-{month:%Y-%m}.csv", usage), day)
            for file in write_billing_files(self._seed, lines, month):
                manifest = {get_manifest_name(file.name): file.manifest}
                await steps.import_file(importer, steps.upload("billing", file.name, file.content), day, manifest)
        day = steps.compute_moment(get_next_month(month) + timedelta(days=3))
        await run_month(self._conn, importer, self._county, month, seal=self._seal, now=day)

"""Three months of a county's subsidies, by the functions that the officials' pages call, each by its official."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

from msgspec import Struct

from market.identity import Actor
from market.identity.actors import actor_by_handle
from market.kernel import Connection, Query
from market.kernel.clock import day_of, next_month, start_of
from market.kernel.seal import Seal
from market.sample.bills import billing_files, opening_sheet, usage_sheet
from market.sample.lines import LineMaker, bindings_sheet, enrolments_sheet, months_before
from market.sample.papers import budget_file, plans_sheet, programmes_file
from market.sample.people import DEMO_COUNTY, POSTS
from market.sample.places import Places
from market.sample.plant import Planter
from market.sample.register import RegisterMaker, changes_sheet, register_sheet
from market.storage import Files
from market.subsidies.approve import confirm_month, decide_month, review_month
from market.subsidies.decide_finding import decide_finding
from market.subsidies.files import Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage
from market.subsidies.run import run_month
from market.subsidies.settle import close_month, reconcile_month, settle_month

BUDGET_FEN, SHORT_BUDGET_FEN = 125_000_00, 120_000_00
"""Public money of a month for a county of the full scale, and of the last one, which falls short; sample values."""
_MORNING = timedelta(hours=9)
_STEPS = 22


class Waiting(Struct, frozen=True):
    """A finding that stops lines and waits for a decision."""

    check: str
    subject: str
    lines: list[str]


WAITING_FINDINGS = Query(
    Waiting,
    """
    SELECT check_code AS "check", subject,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = findings.id ORDER BY line_code) AS lines
      FROM findings JOIN cycles ON cycles.id = cycle_id
     WHERE findings.county_code = :county AND findings.state = 'open' AND stops AND cycles.month = :month
     ORDER BY check_code, subject
    """,
)
SUBSIDIES_ARE_THERE = Query(bool, "SELECT EXISTS (SELECT FROM cycles WHERE county_code = :county)")
_GOES_ON = frozenset({"preparer_is_approver", "charge_below_plan"})
"""Findings that the township decides for the line after a look; of two operators the earlier line goes on."""


class County:
    """Plays the county's months on one connection, in the caller's transaction."""

    def __init__(
        self,
        conn: Connection,
        seal: Seal,
        files: Files,
        places: Places,
        *,
        seed: int,
        scale: int,
        now: datetime,
        told: Callable[[int, int], None],
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._files = files
        self._seed = seed
        self._now = now
        self._told = told
        self._done = 0
        self._months = months_before(day_of(now))
        self._scale = scale
        villages = places.villages(DEMO_COUNTY)
        register = RegisterMaker(seed, villages, year=self._months.since.year, scale=scale)
        self._register = register.make(split_on=self._months.last)
        maker = LineMaker(seed, self._register, self._months, scale=scale)
        maker.make()
        Planter(seed, maker, self._register, self._months).plant()
        self._lines = maker.lines
        self._actors: dict[str, Actor] = {}

    async def play(self) -> dict[str, int]:
        """Import, calculate, decide and settle the months; the last is left to the township."""
        for post in POSTS:
            actor = await actor_by_handle(self._conn, post.handle, day=day_of(self._now))
            assert actor is not None, "the officials were loaded with the shop"  # noqa: S101
            self._actors[post.handle] = actor
        await self._set_up()
        for month in self._months.all:
            # The first files hold everything up to the end of the first month, the later ones a month each.
            await self._take_month(month, None if month == self._months.first else month)
        return {
            "households": len(self._register.households),
            "persons": sum(len(each.members) for each in self._register.households),
            "lines": len(self._lines),
        }

    def _at(self, day: date) -> datetime:
        """Return nine in the morning of a day, but never a moment that is still to come."""
        return min(start_of(day) + _MORNING, self._now)

    def _step(self) -> None:
        self._done += 1
        self._told(self._done, _STEPS)

    async def _set_up(self) -> None:
        conn, months = self._conn, self._months
        day = self._at(months.first - timedelta(days=11))
        gan, jiang = self._actors["gan"], self._actors["jiang"]
        name = f"register-{day_of(day)}.csv"
        content = register_sheet(self._register)
        await import_register(conn, gan, self._upload("register", name, content), seal=self._seal, now=day)
        self._step()
        programmes, documents = programmes_file(months.since)
        await import_programmes(
            conn, jiang, self._upload("programmes", "programmes.json", programmes), documents, now=day
        )
        await import_plans(conn, jiang, self._upload("plans", "plans.csv", plans_sheet(months.since)), now=day)
        public = dict.fromkeys((months.first, months.middle, next_month(months.last)), BUDGET_FEN)
        public[months.last] = SHORT_BUDGET_FEN
        budget = budget_file({month: fen * self._scale // 100 for month, fen in sorted(public.items())})
        await import_budget(conn, jiang, self._upload("budget", "budget.json", budget), now=day)
        await conn.execute(ANALYSE_COUNTY)
        self._step()

    async def _take_month(self, month: date, since: date | None) -> None:
        """Bring what is new, the bills and the uses of a month; calculate it, and take it as far as it goes."""
        conn, gan, after = self._conn, self._actors["gan"], next_month(month)
        day = self._at(after)
        if month == self._months.last:
            upload = self._upload("register", f"register-{after}.csv", changes_sheet(self._register), take=True)
            await import_register(conn, gan, upload, seal=self._seal, now=day)
        enrolments = enrolments_sheet(self._lines, since, after, with_waiting=month == self._months.last)
        upload = self._upload("enrolments", f"enrolments-{after}.csv", enrolments)
        await import_enrolments(conn, gan, upload, seal=self._seal, now=day)
        bindings = bindings_sheet(self._lines, since, after)
        await import_bindings(
            conn, gan, self._upload("bindings", f"bindings-{after}.csv", bindings), seal=self._seal, now=day
        )
        self._step()
        if since is None:
            opening = opening_sheet(self._lines, self._months)
            await import_opening(conn, gan, self._upload("opening", "opening.csv", opening), now=day)
            self._step()
        usage = usage_sheet(self._seed, self._lines, month)
        day = self._at(after + timedelta(days=2))
        await import_usage(conn, gan, self._upload("usage", f"usage-{month:%Y-%m}.csv", usage), now=day)
        for file in billing_files(self._seed, self._lines, month):
            for name, content in ((file.name, file.content), (_manifest_name(file.name), file.manifest)):
                await self._files.put(f"samples/{DEMO_COUNTY}/{name}", content)
            manifest = read_manifest(file.name, file.manifest)
            await import_billing(conn, gan, self._upload("billing", file.name, file.content), manifest, now=day)
            self._step()
        await conn.execute(ANALYSE_COUNTY)
        day = self._at(after + timedelta(days=3))
        await run_month(conn, gan, DEMO_COUNTY, month, now=day)
        self._step()
        if month == self._months.last:
            # What became known of the month before, such as a death, is posted in the open cycle.
            await run_month(conn, gan, DEMO_COUNTY, self._months.middle, now=day)
            self._step()
        cun = self._actors["cun"]
        await confirm_month(conn, cun, DEMO_COUNTY, month, now=self._at(after + timedelta(days=4)))
        if month != self._months.last:
            await self._finish(month)
        self._step()

    async def _finish(self, month: date) -> None:
        """Decide the findings of a month, review, decide, settle, reconcile and close it."""
        conn, after = self._conn, next_month(month)
        day = self._at(after + timedelta(days=5))
        for waiting in await WAITING_FINDINGS.all(conn, county=DEMO_COUNTY, month=month):
            pays, stops = _verdict(waiting)
            await decide_finding(
                conn,
                self._actors["zhen"],
                DEMO_COUNTY,
                month,
                check=waiting.check,
                subject=waiting.subject,
                pays=pays,
                stops=stops,
                why="样例：入户核对后处理",
                now=day,
            )
        steps: tuple[tuple[_Step, str, int], ...] = (
            (review_month, "zhen", 5),
            (decide_month, "xian", 6),
            (settle_month, "cai", 7),
            (reconcile_month, "dui", 11),
            (close_month, "dui", 11),
        )
        for step, handle, days in steps:
            await step(conn, self._actors[handle], DEMO_COUNTY, month, now=self._at(after + timedelta(days=days)))

    def _upload(self, kind: str, name: str, content: bytes, *, take: bool = False) -> Upload:
        return Upload(DEMO_COUNTY, kind, name, content, take_changes=take)


type _Step = Callable[..., Awaitable[object]]

ANALYSE_COUNTY = (
    "ANALYZE persons, households, household_standings, memberships, plans, lines, bindings, enrolments, usage_days,"
    " openings, claims, runs, run_lines, findings, finding_lines, subsidy_postings"
)


def _manifest_name(name: str) -> str:
    return name.removesuffix(".csv") + ".manifest.json"


def _verdict(waiting: Waiting) -> tuple[list[str], list[str]]:
    """Return which lines go on and which are stopped."""
    if waiting.check in _GOES_ON:
        return waiting.lines, []
    if waiting.check == "two_operators_one_household":
        return waiting.lines[:1], waiting.lines[1:]
    return [], waiting.lines

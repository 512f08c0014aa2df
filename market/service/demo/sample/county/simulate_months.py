"""Simulate three months of a county's subsidies through the functions of the officials' pages, each as its official."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_next_month, get_quarter_start
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.people.storage.sample_files import SAMPLE_FOLDER, SAMPLE_INDEX
from market.places.counties.quarter_submissions import record_submission
from market.reports.quarter import compute_sent_figures
from market.service.demo.sample.accounts import DEMO_COUNTY, OFFICIAL_POSTS
from market.service.demo.sample.county.county_steps import CountySteps
from market.service.demo.sample.county.enrolled_lines import (
    LineGenerator,
    compute_months,
    write_bindings_file,
    write_enrolments_file,
)
from market.service.demo.sample.county.files_to_import import write_late_files, write_next_month_files
from market.service.demo.sample.county.grievances import add_grievances
from market.service.demo.sample.county.irregularities import IrregularityMaker
from market.service.demo.sample.county.leads import LeadSimulation
from market.service.demo.sample.county.line_changes import LineSimulation
from market.service.demo.sample.county.list_files import write_lists_file
from market.service.demo.sample.county.money_back import add_bank_accounts, add_money_back, add_set_off
from market.service.demo.sample.county.operator_files import (
    get_manifest_name,
    write_billing_files,
    write_opening_file,
    write_usage_file,
)
from market.service.demo.sample.county.programme_files import write_budget_file, write_plans_file, write_programmes_file
from market.service.demo.sample.county.rechecks import add_earlier_rechecks
from market.service.demo.sample.county.register import (
    RegisterGenerator,
    write_register_changes_file,
    write_register_file,
)
from market.service.demo.sample.divisions import SampleDivisions
from market.subsidies.models import Duty
from market.subsidies.month.approve import confirm_month
from market.subsidies.month.run import run_month

MONTH_BUDGET_FEN, SHORT_BUDGET_FEN = 125_000_00, 120_000_00
"""Public budget of a month at full scale, and of the last month, which is insufficient; sample values."""
_STEP_COUNT = 23
_DUTIES = {
    Duty.IMPORT: "gan", Duty.TERMS: "jiang", Duty.VILLAGE: "cun", Duty.TOWNSHIP: "zhen", Duty.COUNTY: "xian",
    Duty.SETTLEMENT: "cai", Duty.RECONCILIATION: "dui",
}  # fmt: skip

EXISTS_CYCLE = Query(bool, "SELECT EXISTS (SELECT FROM cycles WHERE county_code = :county)")


class CountySimulation:
    """Simulates the county's months on one connection, in the caller's transaction."""

    def __init__(
        self,
        conn: Connection,
        seal: Seal,
        files: FileStore,
        divisions: SampleDivisions,
        *,
        seed: int,
        scale: int,
        now: datetime,
        report: Callable[[int, int], None],
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._files = files
        self._seed = seed
        self._now = now
        self._report = report
        self._done = 0
        self._months = compute_months(get_business_day(now))
        self._scale = scale
        villages = divisions.list_villages(DEMO_COUNTY)
        register = RegisterGenerator(seed, villages, year=self._months.since.year, scale=scale)
        self._register = register.make(split_on=self._months.last)
        generator = LineGenerator(seed, self._register, self._months, scale=scale)
        generator.make()
        IrregularityMaker(seed, generator, self._register, self._months).add_all()
        self._lines = generator.lines
        self._actors: dict[str, Actor] = {}

    async def run(self) -> dict[str, int]:
        """Import, calculate, decide and settle the months; the last one stays at the township's review."""
        for post in OFFICIAL_POSTS:
            actor = await find_actor_by_handle(self._conn, post.handle, day=get_business_day(self._now))
            assert actor is not None, "the shop is loaded first, with the officials"
            self._actors[post.handle] = actor
        self._steps = CountySteps(
            self._conn,
            self._seal,
            {duty: self._actors[handle] for duty, handle in _DUTIES.items()},
            county=DEMO_COUNTY,
            now=self._now,
        )
        await self._import_base_files()
        await add_bank_accounts(
            self._conn, self._seal, self._actors, since=self._months.since,
            now=self._steps.compute_moment(self._months.first),
        )  # fmt: skip
        for month in self._months.all:
            # The first files cover everything up to the end of the first month, later files one month each.
            await self._import_and_run(month, None if month == self._months.first else month)
        await self._store_sample_files()
        await self._add_work_under_way()
        return {
            "households": len(self._register.households),
            "persons": sum(len(each.members) for each in self._register.households),
            "lines": len(self._lines),
        }

    def _advance(self) -> None:
        self._done += 1
        self._report(self._done, _STEP_COUNT)

    async def _store_sample_files(self) -> None:
        """Store the files that the demo offers for download: a late bill of the last month, and the next month."""
        files = [
            *write_late_files(self._seed, self._lines, self._months),
            *write_next_month_files(self._seed, self._lines, self._months, today=get_business_day(self._now)),
        ]
        for file in files:
            await self._files.put(SAMPLE_FOLDER + file.name, file.content)
        index = [{"month": f"{file.month:%Y-%m}", "kind": file.kind, "name": file.name} for file in files]
        await self._files.put(SAMPLE_INDEX, msgspec.json.encode(index))

    async def _add_work_under_way(self) -> None:
        """Add leads, objections, changes of lines, pauses, agreements and money that comes back in several states."""
        conn, seal, actors, now = self._conn, self._seal, self._actors, self._now
        await LeadSimulation(conn, seal, actors, self._register, self._lines, now=now).add_all()
        await LineSimulation(conn, seal, actors, self._lines, self._months, now=now).add_all()
        await add_grievances(conn, seal, actors, self._months, now=now)
        await add_money_back(conn, seal, actors, month=self._months.last, now=now)
        await self._send_quarter()
        await add_earlier_rechecks(conn, actors["cun"], self._register, day=get_business_day(now))
        self._advance()

    async def _send_quarter(self) -> None:
        """Record that the report of the last quarter that was due was sent in."""
        today = get_business_day(self._now)
        ended = get_quarter_start(today)
        quarter = get_quarter_start(ended - timedelta(days=1))
        figures = await compute_sent_figures(self._conn, DEMO_COUNTY, quarter)
        sent_on = min(today, ended + timedelta(days=16))
        xian = self._actors["xian"]
        await record_submission(
            self._conn, xian, DEMO_COUNTY, quarter, sent_on=sent_on, figures=figures, now=self._now
        )  # fmt: skip

    async def _import_base_files(self) -> None:
        conn, months = self._conn, self._months
        day = self._steps.compute_moment(months.first - timedelta(days=11))
        gan, jiang = self._actors["gan"], self._actors["jiang"]
        name = f"register-{get_business_day(day)}.csv"
        content = write_register_file(self._register)
        await self._steps.import_file(gan, self._steps.upload("register", name, content), day)
        self._advance()
        programmes, documents = write_programmes_file(months.since)
        await self._steps.import_file(
            jiang, self._steps.upload("programmes", "programmes.json", programmes), day, documents
        )
        await self._steps.import_file(
            jiang, self._steps.upload("plans", "plans.csv", write_plans_file(months.since)), day
        )
        public = dict.fromkeys((months.first, months.middle, get_next_month(months.last)), MONTH_BUDGET_FEN)
        public[months.last] = SHORT_BUDGET_FEN
        budget = write_budget_file({month: fen * self._scale // 100 for month, fen in sorted(public.items())})
        await self._steps.import_file(jiang, self._steps.upload("budget", "budget.json", budget), day)
        await conn.execute(ANALYSE_COUNTY)
        self._advance()

    async def _import_and_run(self, month: date, since: date | None) -> None:
        """Import the changes, bills and usage of a month, run it, and take it as far as its officials have."""
        conn, gan, after = self._conn, self._actors["gan"], get_next_month(month)
        day = self._steps.compute_moment(after)
        if month == self._months.last:
            upload = self._steps.upload(
                "register", f"register-{after}.csv", write_register_changes_file(self._register), take=True
            )
            await self._steps.import_file(gan, upload, day)
        enrolments = write_enrolments_file(self._lines, since, after, with_pending=month == self._months.last)
        upload = self._steps.upload("enrolments", f"enrolments-{after}.csv", enrolments)
        await self._steps.import_file(gan, upload, day)
        bindings = write_bindings_file(self._lines, since, after)
        await self._steps.import_file(gan, self._steps.upload("bindings", f"bindings-{after}.csv", bindings), day)
        self._advance()
        if since is None:
            opening = write_opening_file(self._lines, self._months)
            await self._steps.import_file(gan, self._steps.upload("opening", "opening.csv", opening), day)
            await self._steps.import_file(
                gan, self._steps.upload("lists", "lists.csv", write_lists_file(self._lines)), day
            )
            self._advance()
        usage = write_usage_file(self._seed, self._lines, month)
        day = self._steps.compute_moment(after + timedelta(days=2))
        await self._steps.import_file(gan, self._steps.upload("usage", f"usage-{month:%Y-%m}.csv", usage), day)
        last = month == self._months.last
        for file in write_billing_files(self._seed, self._lines, month, without_late=last):
            for name, content in ((file.name, file.content), (get_manifest_name(file.name), file.manifest)):
                await self._files.put(f"samples/{DEMO_COUNTY}/{name}", content)
            manifest = {get_manifest_name(file.name): file.manifest}
            await self._steps.import_file(gan, self._steps.upload("billing", file.name, file.content), day, manifest)
            self._advance()
        await conn.execute(ANALYSE_COUNTY)
        day = self._steps.compute_moment(after + timedelta(days=3))
        await run_month(conn, gan, DEMO_COUNTY, month, seal=self._seal, now=day)
        self._advance()
        if month == self._months.last:
            # Late facts of the month before, such as a death, are posted in the open cycle.
            await run_month(conn, gan, DEMO_COUNTY, self._months.middle, seal=self._seal, now=day)
            self._advance()
        cun = self._actors["cun"]
        await confirm_month(conn, cun, DEMO_COUNTY, month, now=self._steps.compute_moment(after + timedelta(days=4)))
        if month == self._months.middle:
            day = self._steps.compute_moment(after + timedelta(days=5))
            await add_set_off(conn, self._seal, self._actors, month=month, now=day)
        if month != self._months.last:
            await self._steps.finish(month)
        self._advance()


ANALYSE_COUNTY = (
    "ANALYZE persons, households, household_statuses, memberships, plans, lines, bindings, enrolments, usage_days,"
    " openings, claims, runs, run_lines, findings, finding_lines, subsidy_postings"
)

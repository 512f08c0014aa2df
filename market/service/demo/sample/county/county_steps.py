"""Take the months of a sample county from one state to the next, each step as its official."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_day_start, get_next_month
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.reports.reconciliation import get_reconciliation
from market.service.demo.sample.county.operator_files import get_manifest_name
from market.service.demo.sample.county.return_files import write_return_file
from market.subsidies.findings.decide import decide_finding
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.models import Duty
from market.subsidies.month.approve import decide_month, review_month
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.settle import close_month, reconcile_month, settle_month
from market.subsidies.names import Operator
from market.subsidies.reconciliation.answer import accept_differences
from market.subsidies.reconciliation.settlement_files import list_settlement_files, read_settlement_file

type _MonthStep = Callable[..., Awaitable[object]]

_MORNING = timedelta(hours=9)


class OpenStopFinding(Struct, frozen=True):
    """An open finding that stops lines until it is decided."""

    check: str
    subject: str
    lines: list[str]


LIST_OPEN_STOP_FINDINGS = Query(
    OpenStopFinding,
    """
    SELECT check_code AS "check", subject,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = findings.id ORDER BY line_code) AS lines
      FROM findings JOIN cycles ON cycles.id = cycle_id
     WHERE findings.county_code = :county AND findings.state = 'open' AND stops AND cycles.month = :month
     ORDER BY check_code, subject
    """,
)
_PAID_CHECKS = frozenset({"preparer_is_approver", "charge_below_plan"})
"""Checks whose findings the township clears; of two operators the earlier line is paid."""


class CountySteps:
    """The steps of a county's months on one connection, in the caller's transaction.

    `actors` are the county's officials by the duty that they have.
    """

    def __init__(
        self, conn: Connection, seal: Seal, actors: Mapping[Duty, Actor], *, county: str, now: datetime
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._actors = actors
        self._county = county
        self._now = now

    def compute_moment(self, day: date) -> datetime:
        """Return nine in the morning of a day, or now if that is earlier."""
        return min(get_day_start(day) + _MORNING, self._now)

    async def finish(self, month: date) -> None:
        """Decide the findings of a month, review, decide, settle, reconcile and close it."""
        conn, after = self._conn, get_next_month(month)
        day = self.compute_moment(after + timedelta(days=5))
        for finding in await LIST_OPEN_STOP_FINDINGS.all(conn, county=self._county, month=month):
            pays, stops = _decide_lines(finding)
            await decide_finding(
                conn,
                self._actors[Duty.TOWNSHIP],
                self._county,
                month,
                check=finding.check,
                subject=finding.subject,
                pays=pays,
                stops=stops,
                why="样例：入户核对后处理",
                seal=self._seal,
                now=day,
            )
        steps: tuple[tuple[_MonthStep, Duty, int], ...] = (
            (partial(review_month, seal=self._seal), Duty.TOWNSHIP, 5),
            (partial(decide_month, seal=self._seal), Duty.COUNTY, 6),
            (partial(settle_month, seal=self._seal), Duty.SETTLEMENT, 7),
            (reconcile_month, Duty.RECONCILIATION, 11),
            (close_month, Duty.RECONCILIATION, 11),
        )
        for step, duty, days in steps:
            moment = self.compute_moment(after + timedelta(days=days))
            if step is reconcile_month:
                await self._answer_settlement(month, moment)
            await step(conn, self._actors[duty], self._county, month, now=moment)

    async def _answer_settlement(self, month: date, now: datetime) -> None:
        """Import the operators' return files of a settled month; one credits a little less, which is accepted."""
        conn, seal = self._conn, self._seal
        cycle = await find_cycle(conn, self._county, month)
        for settled in await list_settlement_files(conn, self._county, cycle.id):
            sent = await read_settlement_file(conn, seal, cycle, settled.operator)
            name = f"{settled.operator}-{cycle.name}-return.csv"
            short_fen = 1 if settled.operator is Operator.TELECOM and settled.rows else 0
            content, manifest = write_return_file(name, settled.operator, cycle.name, sent, short_fen=short_fen)
            papers = {get_manifest_name(name): manifest}
            await self.import_file(self._actors[Duty.IMPORT], self.upload("return", name, content), now, papers)
        view = await get_reconciliation(conn, seal, cycle, now=now)
        if ids := [each.id for each in view.differences]:
            why = "样例：抹了一分钱的零头，运营商说明过"
            reconciler = self._actors[Duty.RECONCILIATION]
            await accept_differences(conn, reconciler, self._county, month, ids=ids, why=why, now=now)

    async def import_file(
        self, actor: Actor, upload: Upload, now: datetime, attachments: Mapping[str, bytes] | None = None
    ) -> None:
        """Import a file as an official."""
        context = ImportContext(seal=self._seal, now=now, attachments=attachments or {})
        await run_import(self._conn, actor, await prepare_upload(actor, upload, context))

    def upload(self, kind: str, name: str, content: bytes, *, take: bool = False) -> Upload:
        """Return a file of the county to import; `take` accepts the facts that it changes."""
        return Upload(self._county, kind, name, content, take_changes=take)


def _decide_lines(finding: OpenStopFinding) -> tuple[list[str], list[str]]:
    """Return the lines to pay and the lines to stop."""
    if finding.check in _PAID_CHECKS:
        return finding.lines, []
    if finding.check == "two_operators_one_household":
        return finding.lines[:1], finding.lines[1:]
    return [], finding.lines

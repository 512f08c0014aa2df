"""Play the story's commands in process, with the functions that the commands call, on a test database."""

import argparse
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import SHANGHAI
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor
from market.reports.files import month_export as monthly
from market.reports.idle import list_idle_lines
from market.reports.quarter import compute_quarter
from market.subsidies.findings.decide import decide_finding
from market.subsidies.imports.officials import import_officials
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.month.build_case import load_case
from market.subsidies.month.cycles import find_cycle, read_month, read_quarter
from market.subsidies.month.settle import get_settlement
from market.subsidies.month.steps import STEPS_BY_NAME
from market.subsidies.month.take_step import take_step
from market.subsidies.programmes.import_programmes import list_document_names

STORY = Path(__file__).parent
INPUT = STORY / "input"
COUNTY = "130624"
type Answer = dict[str, Any]

_parser = argparse.ArgumentParser()
_parser.add_argument("words", nargs="*")
for _name in ("county", "month", "quarter", "as", "check", "subject", "why", "opinion"):
    _parser.add_argument(f"--{_name}")
_parser.add_argument("--pay", action="append", default=[])
_parser.add_argument("--stop", action="append", default=[])
_parser.add_argument("--take-changes", action="store_true")
_parser.add_argument("--take-fewer", action="store_true")
_parser.add_argument("--dry-run", action="store_true")
_parser.add_argument("--void-approvals", action="store_true")


def nine_o_clock(day: str) -> datetime:
    """The story's clock: nine in the morning of a day."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=9)


class Player:
    """Plays commands on a database; a refusal is an answer, and its transaction is rolled back."""

    def __init__(self, database: Database, seal: Seal, story: Path = STORY) -> None:
        self.database = database
        self.seal = seal
        self.story = story

    async def __call__(self, argv: list[str], day: str = "2018-12-20") -> Answer:
        """Play one command at the clock of a day and return its answer as plain values."""
        given = _parser.parse_args(argv)
        now = nine_o_clock(day)
        try:
            async with self.database.transaction(scope=COUNTY) as conn:
                handle = getattr(given, "as")
                actor = await find_actor_by_handle(conn, handle, day=date.fromisoformat(day)) if handle else None
                answer = await self._do(conn, actor, given, now)
        except Refusal as refusal:
            return {
                "outcome": "refused",
                "code": refusal.code,
                "errors": msgspec.to_builtins(refusal.errors),
                **msgspec.to_builtins(refusal.facts, enc_hook=str),
            }
        plain: Any = msgspec.json.decode(msgspec.json.encode(answer))
        return {"rows": plain} if isinstance(plain, list) else plain

    async def _do(self, conn: Connection, actor: Actor | None, given: argparse.Namespace, now: datetime) -> object:
        group, name, *rest = given.words
        if group == "import":
            return await self._import(conn, actor, name, given, now)
        if name == "report":
            return await self._report(conn, rest[0], given)
        month = read_month(given.month)
        if name == "case":
            return await load_case(conn, self.seal, COUNTY, month)
        if name == "finding":
            return await decide_finding(
                conn,
                actor,
                COUNTY,
                month,
                check=given.check,
                subject=given.subject,
                pays=given.pay,
                stops=given.stop,
                why=given.why,
                seal=self.seal,
                now=now,
            )
        return await take_step(
            conn,
            STEPS_BY_NAME[name],
            actor,
            COUNTY,
            month,
            opinion=given.opinion or "",
            void_approvals=given.void_approvals,
            seal=self.seal,
            now=now,
        )

    async def _import(
        self, conn: Connection, actor: Actor | None, kind: str, given: argparse.Namespace, now: datetime
    ) -> object:
        path = self.story / given.words[2]
        content = path.read_bytes()
        if kind == "officials":
            return await import_officials(conn, self.seal, county=COUNTY, name=path.name, content=content, now=now)
        upload = Upload(COUNTY, kind, path.name, content, given.dry_run, given.take_changes, given.take_fewer)
        beside: list[str] = []
        if kind == "programmes":
            beside = list_document_names(upload)
        elif kind == "billing":
            beside = [path.with_suffix(".manifest.json").name]
        attachments = {name: (path.parent / name).read_bytes() for name in beside if (path.parent / name).exists()}
        context = ImportContext(seal=self.seal, now=now, attachments=attachments)
        return await run_import(conn, actor, await prepare_upload(actor, upload, context))

    async def _report(self, conn: Connection, name: str, given: argparse.Namespace) -> object:
        if given.quarter:
            first, until = read_quarter(given.quarter)
            return await (compute_quarter if name == "quarter" else list_idle_lines)(conn, COUNTY, first, until)
        month = read_month(given.month)
        if name == "claims":
            return await monthly.list_claim_rows(conn, self.seal, COUNTY, month)
        if name == "findings":
            return await monthly.list_finding_rows(conn, self.seal, COUNTY, month)
        cycle = await find_cycle(conn, COUNTY, month)
        if name == "adjustments":
            return await monthly.list_adjustment_rows(conn, cycle)
        if name == "settlement":
            return await get_settlement(conn, self.seal, cycle)
        return await (monthly.list_operator_rows if name == "sheets" else monthly.list_village_rows)(conn, cycle)

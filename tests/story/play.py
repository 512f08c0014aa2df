"""Plays the story's commands in process: the same functions that the commands call, on a database of the test's own."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from market.identity import Actor
from market.identity.actors import actor_by_handle
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import SHANGHAI
from market.kernel.seal import Seal
from market.reports.subsidies import month as monthly
from market.reports.subsidies.idle import idle_of
from market.reports.subsidies.quarter import quarter_of
from market.subsidies.approve import confirm_month, decide_month, review_month
from market.subsidies.case import case_of
from market.subsidies.cycles import find_cycle, read_month, read_quarter
from market.subsidies.decide_finding import decide_finding
from market.subsidies.files import Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_officials import import_officials
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes, named_documents
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage
from market.subsidies.run import run_month
from market.subsidies.settle import close_month, reconcile_month, settle_month, settlement_of

STORY = Path(__file__).parent
INPUT = STORY / "input"
COUNTY = "130624"
type Answer = dict[str, Any]

_parser = argparse.ArgumentParser()
_parser.add_argument("words", nargs="*")
for _name in ("county", "month", "quarter", "as", "check", "subject", "why"):
    _parser.add_argument(f"--{_name}")
_parser.add_argument("--pay", action="append", default=[])
_parser.add_argument("--stop", action="append", default=[])
_parser.add_argument("--take-changes", action="store_true")
_parser.add_argument("--dry-run", action="store_true")

_STEPS: dict[str, Callable[..., Awaitable[object]]] = {
    "run": run_month,
    "confirm": confirm_month,
    "review": review_month,
    "decide": decide_month,
    "settle": settle_month,
    "reconcile": reconcile_month,
    "close": close_month,
}
_PLAIN: dict[str, Callable[..., Awaitable[object]]] = {
    "plans": import_plans,
    "budget": import_budget,
    "opening": import_opening,
    "usage": import_usage,
}
_SEALED: dict[str, Callable[..., Awaitable[object]]] = {
    "register": import_register,
    "enrolments": import_enrolments,
    "bindings": import_bindings,
}


def nine_o_clock(day: str) -> datetime:
    """The story's clock: nine in the morning of a day."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=9)


class Player:
    """Plays commands on a database; refusals are answers, and what they began is rolled back."""

    def __init__(self, database: Database, seal: Seal, story: Path = STORY) -> None:
        self.database = database
        self.seal = seal
        self.story = story

    async def __call__(self, argv: list[str], day: str = "2018-12-20") -> Answer:
        """Play one command at the clock of a day and return its answer as plain values."""
        given = _parser.parse_args(argv)
        now = nine_o_clock(day)
        try:
            async with self.database.transaction(scope="all" if "officials" in argv else COUNTY) as conn:
                handle = getattr(given, "as")
                actor = await actor_by_handle(conn, handle, day=date.fromisoformat(day)) if handle else None
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
            return await case_of(conn, COUNTY, month)
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
                now=now,
            )
        return await _STEPS[name](conn, actor, COUNTY, month, now=now)

    async def _import(
        self, conn: Connection, actor: Actor | None, kind: str, given: argparse.Namespace, now: datetime
    ) -> object:
        path = self.story / given.words[2]
        content = path.read_bytes()
        if kind == "officials":
            return await import_officials(conn, county=COUNTY, name=path.name, content=content, now=now)
        upload = Upload(COUNTY, kind, path.name, content, given.dry_run, given.take_changes)
        if kind in _PLAIN:
            return await _PLAIN[kind](conn, actor, upload, now=now)
        if kind in _SEALED:
            return await _SEALED[kind](conn, actor, upload, seal=self.seal, now=now)
        if kind == "programmes":
            documents = {name: (path.parent / name).read_bytes() for name in named_documents(upload)}
            return await import_programmes(conn, actor, upload, documents, now=now)
        manifest = path.with_suffix(".manifest.json")
        return await import_billing(conn, actor, upload, read_manifest(manifest.name, manifest.read_bytes()), now=now)

    async def _report(self, conn: Connection, name: str, given: argparse.Namespace) -> object:
        if given.quarter:
            first, until = read_quarter(given.quarter)
            return await (quarter_of if name == "quarter" else idle_of)(conn, COUNTY, first, until)
        month = read_month(given.month)
        if name in ("claims", "findings", "adjustments"):
            read = {"claims": monthly.claims_of, "findings": monthly.findings_of, "adjustments": monthly.adjustments_of}
            return await read[name](conn, COUNTY, month)
        cycle = await find_cycle(conn, COUNTY, month)
        if name == "settlement":
            return await settlement_of(conn, cycle)
        return await (monthly.sheet_of if name == "sheets" else monthly.villages_of)(conn, cycle)

"""Store a run: its sealed case, the explanations that its lines share, and the answer of each line.

The lines of a run that a later one replaced are deleted, unless anything came of it: its case and the hash of its
result stay, and calculating the case again gives the lines again (R12).
"""

import asyncio
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.seal import Seal
from market.kernel.threads import run_beside
from market.people.identity.models import Actor
from market.subsidies.engine.answer import Answer, AnswerLine
from market.subsidies.engine.models import CaseLine
from market.subsidies.engine.steps import Step
from market.subsidies.models import RunId
from market.subsidies.month.build_case import MonthFacts
from market.subsidies.month.cycles import Cycle
from market.subsidies.names import ServiceKind
from payments.sql import run_in_pieces

CASE_CONTEXT = "case_snapshots.case"
REPLACED_LINES_LIFETIME = timedelta(days=7)
"""How long the lines of a replaced run are kept."""
_PIECE_LINES = 20_000

ADD_SNAPSHOT = Query(
    None,
    """
    INSERT INTO case_snapshots (county_code, manifest_sha256, case_sealed)
    VALUES (:county, :manifest_sha256, :case_sealed)
    ON CONFLICT ON CONSTRAINT case_snapshots_unique DO NOTHING
    """,
)
ADD_RUN = Query(
    UUID,
    """
    INSERT INTO runs (county_code, cycle_id, n, manifest_sha256, result_sha256, budget_fen, account_id, ran_at)
    VALUES (:county, :cycle_id, :n, :manifest_sha256, :result_sha256, :budget_fen, :account_id, :now)
    RETURNING id
    """,
)
ADD_EXPLANATIONS = Query(
    None,
    """
    INSERT INTO run_explanations (run_id, number, county_code, steps)
    SELECT :run_id, :known + number, :county, steps
      FROM jsonb_array_elements(:explanations::jsonb) WITH ORDINALITY AS e(steps, number)
    """,
)
# Each line has the number of its result and of its village, which many lines share.
ADD_RUN_LINES = Query(
    None,
    """
    INSERT INTO run_lines (run_id, county_code, line_code, operator, kind, programme_code, in_snapshot, household_code,
                           village_code, village_name, payable_households, payable_days, claimed_fen, entitled_fen,
                           approved_fen, over_fen, under_fen, conceded_fen, public_fen, shares, settled_fen,
                           reasons, causes, removed_on, explanation)
    SELECT :run_id, :county, line, operator, kind, programme, in_snapshot, household, v.code, v.name,
           coalesce(payable_households::text[], ARRAY[household]), payable_days, claimed_fen, entitled_fen,
           approved_fen, over_fen, under_fen, conceded_fen, public_fen, shares, settled_fen, reasons, causes,
           removed_on, explanation
      FROM unnest(:lines::text[], :households::text[], :villages::integer[], :payable_households::text[],
                  :numbers::integer[]) AS l(line, household, village, payable_households, number)
      JOIN jsonb_to_recordset(:results::jsonb)
        AS r(number integer, operator text, kind text, programme text, in_snapshot boolean, payable_days smallint,
             claimed_fen bigint, entitled_fen bigint, approved_fen bigint, over_fen bigint, under_fen bigint,
             conceded_fen bigint, public_fen bigint, shares jsonb, settled_fen bigint, reasons text[], causes text[],
             removed_on date, explanation integer) USING (number)
      LEFT JOIN unnest(:village_codes::text[], :village_names::text[]) WITH ORDINALITY AS v(code, name, village)
        ON v.village = l.village
    """,
)
DELETE_REPLACED_LINES = Query(None, "SELECT delete_replaced_lines(:before, :piece)")


class SharedParts:
    """The explanations and results of a run's lines, each numbered once, from 1, for all lines that share it."""

    def __init__(self) -> None:
        self.explanations: dict[tuple[Step, ...], int] = {}
        self.results: list[dict[str, object]] = []
        self._numbers: dict[tuple[object, ...], int] = {}

    def find_result(self, line: CaseLine, kind: ServiceKind, answer: AnswerLine) -> int:
        """Return the number of the line's result; add it if no line before has the same."""
        explanation = self.explanations.setdefault(answer.steps, len(self.explanations) + 1)
        # The steps have all sums of the answer but the shares that are zero.
        key = (explanation, line.operator, kind, line.programme, line.in_snapshot, *answer.shares.items(),
               answer.reasons, answer.causes, answer.payable_days, answer.removed_on, line.settled_fen)  # fmt: skip
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.results) + 1
            self.results.append(_build_result(number, explanation, line, kind, answer))
        return number


async def store_run(
    conn: Connection,
    actor: Actor,
    cycle: Cycle,
    facts: MonthFacts,
    answer: Answer,
    *,
    case_sealed: bytes,
    n: int,
    now: datetime,
) -> RunId:
    """Store the calculated case, which `seal_case` sealed, and the answer of each line as the cycle's run `n`."""
    county = cycle.county_code
    await ADD_SNAPSHOT.run(conn, county=county, manifest_sha256=answer.manifest_sha256, case_sealed=case_sealed)
    run_id = await ADD_RUN.one(
        conn,
        county=county,
        cycle_id=cycle.id,
        n=n,
        manifest_sha256=answer.manifest_sha256,
        result_sha256=answer.result_sha256,
        budget_fen=facts.case.budget_fen,
        account_id=actor.account_id,
        now=now,
    )
    stored = 0
    parts = SharedParts()
    piece = await asyncio.to_thread(_build_piece, facts, answer, parts, start=0)
    while piece.columns["lines"]:
        stored += len(piece.columns["lines"])
        # PostgreSQL stores a piece while the next one is built.
        async with run_beside(_build_piece, facts, answer, parts, start=stored) as building:
            await ADD_EXPLANATIONS.run(
                conn, run_id=run_id, county=county, known=piece.known_explanations, explanations=piece.explanations
            )
            added = await ADD_RUN_LINES.run(conn, run_id=run_id, county=county, **piece.columns)
            assert added == len(piece.columns["lines"])
        piece = building.result()
    return RunId(run_id)


async def delete_replaced_lines(db: Database, before: datetime) -> int:
    """Delete the lines of runs that were replaced before a moment and of which nothing came; return how many."""
    return await run_in_pieces(db, DELETE_REPLACED_LINES, before=before)


def seal_case(seal: Seal, case_json: bytes) -> bytes:
    """Return the canonical JSON of a case, compressed and sealed."""
    return seal.seal_bytes(zlib.compress(case_json, 1), CASE_CONTEXT)


class _Piece(Struct, frozen=True):
    """Lines of a run as the parameters that store them, and the explanations that no line before them has."""

    columns: dict[str, list[Any]]
    explanations: list[tuple[Step, ...]]
    known_explanations: int


def _build_piece(facts: MonthFacts, answer: Answer, parts: SharedParts, *, start: int) -> _Piece:
    """Return the lines from `start` on, at most `_PIECE_LINES`; add what they share to `parts`."""
    known: dict[tuple[int, str, ServiceKind], int] = {}
    explained = len(parts.explanations)
    lines: list[str] = []
    households: list[str | None] = []
    homes: list[int | None] = []
    payable_households: list[str | None] = []
    numbers: list[int] = []
    villages: dict[tuple[str, str], int] = {}
    piece = slice(start, start + _PIECE_LINES)
    alike = answer.numbers[piece]
    for line, result, same in zip(facts.case.lines[piece], answer.lines[piece], alike, strict=True):
        code, payable = line.id, result.payable_households
        last = facts.homes.get(code)
        home = None if last is None else facts.villages.get(last)
        kind = facts.kinds[code]
        key = (same, line.operator, kind)
        number = known.get(key)
        if number is None:
            number = known[key] = parts.find_result(line, kind, result)
        lines.append(facts.unbound.get(code, code))
        households.append(payable[0] if payable else last)
        homes.append(
            None if home is None else villages.setdefault((home.village, home.village_name), len(villages) + 1)
        )
        # Nothing stands for the household of the line alone, as nearly always.
        payable_households.append(None if len(payable) == 1 else _format_array(payable))
        numbers.append(number)
    columns: dict[str, list[Any]] = {
        "lines": lines,
        "households": households,
        "villages": homes,
        "payable_households": payable_households,
        "numbers": numbers,
        "village_codes": [code for code, _ in villages],
        "village_names": [name for _, name in villages],
        "results": list(parts.results),
    }
    return _Piece(columns, list(parts.explanations)[explained:], explained)


def _build_result(
    number: int, explanation: int, line: CaseLine, kind: ServiceKind, answer: AnswerLine
) -> dict[str, object]:
    return {
        "number": number,
        "operator": line.operator,
        "kind": kind,
        "programme": line.programme,
        "in_snapshot": line.in_snapshot,
        "payable_days": answer.payable_days,
        "claimed_fen": line.claimed_fen,
        "entitled_fen": answer.entitled_fen,
        "approved_fen": answer.approved_fen,
        "over_fen": answer.over_fen,
        "under_fen": answer.under_fen,
        "conceded_fen": answer.conceded_fen,
        "public_fen": answer.public_fen,
        "shares": answer.shares,
        "settled_fen": line.settled_fen,
        "reasons": answer.reasons,
        "causes": answer.causes,
        "removed_on": answer.removed_on,
        "explanation": explanation,
    }


def _format_array(words: Iterable[str]) -> str:
    """Return words as a PostgreSQL text array literal."""
    quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    return "{" + ",".join(quoted) + "}"

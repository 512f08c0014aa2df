"""Store a run: its sealed case, the explanations that its lines share, and the answer of each line."""

import asyncio
import zlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from market.identity.models import Actor
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.engine.answer import Answer, AnswerLine
from market.subsidies.engine.models import CaseLine
from market.subsidies.engine.steps import Step
from market.subsidies.models import RunId
from market.subsidies.month.build_case import MonthFacts
from market.subsidies.month.cycles import Cycle
from market.subsidies.names import ServiceKind

CASE_CONTEXT = "case_snapshots.case"
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
    SELECT :run_id, number, :county, steps
      FROM jsonb_array_elements(:explanations::jsonb) WITH ORDINALITY AS e(steps, number)
    """,
)
# Each line has the number of its result, which many lines share.
ADD_RUN_LINES = Query(
    None,
    """
    INSERT INTO run_lines (run_id, county_code, line_code, operator, kind, programme_code, in_snapshot, household_code,
                           village_code, village_name, payable_households, payable_days, claimed_fen, entitled_fen,
                           approved_fen, over_fen, under_fen, conceded_fen, public_fen, shares, settled_fen,
                           reasons, causes, removed_on, explanation)
    SELECT :run_id, :county, line, operator, kind, programme, in_snapshot, household, village, village_name,
           payable_households::text[], payable_days, claimed_fen, entitled_fen, approved_fen, over_fen, under_fen,
           conceded_fen, public_fen, shares, settled_fen, reasons, causes, removed_on, explanation
      FROM unnest(:lines::text[], :households::text[], :villages::text[], :village_names::text[],
                  :payable_households::text[], :numbers::integer[])
        AS l(line, household, village, village_name, payable_households, number)
      JOIN jsonb_to_recordset(:results::jsonb)
        AS r(number integer, operator text, kind text, programme text, in_snapshot boolean, payable_days smallint,
             claimed_fen bigint, entitled_fen bigint, approved_fen bigint, over_fen bigint, under_fen bigint,
             conceded_fen bigint, public_fen bigint, shares jsonb, settled_fen bigint, reasons text[], causes text[],
             removed_on date, explanation integer) USING (number)
    """,
)


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
    shared = SharedParts()
    columns = await asyncio.to_thread(_build_columns, facts, answer, shared)
    await ADD_EXPLANATIONS.run(conn, run_id=run_id, county=county, explanations=list(shared.explanations))
    stored = 0
    for start in range(0, len(answer.lines), _PIECE_LINES):
        piece = {name: values[start : start + _PIECE_LINES] for name, values in columns.items()}
        stored += await ADD_RUN_LINES.run(conn, run_id=run_id, county=county, results=shared.results, **piece)
    assert stored == len(answer.lines)
    return RunId(run_id)


def seal_case(seal: Seal, case_json: bytes) -> bytes:
    """Return the canonical JSON of a case, compressed and sealed."""
    return seal.seal_bytes(zlib.compress(case_json, 1), CASE_CONTEXT)


def _build_columns(facts: MonthFacts, answer: Answer, shared: SharedParts) -> dict[str, list[object]]:
    """Return the columns of all lines that differ from line to line, and add what they share to `shared`."""
    known: dict[tuple[int, str, ServiceKind], int] = {}
    columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
    lines, households, villages, village_names, payable_households, numbers = columns.values()
    for line, result, alike in zip(facts.case.lines, answer.lines, answer.numbers, strict=True):
        code, payable = line.id, result.payable_households
        household = payable[0] if payable else facts.homes.get(code)
        home = facts.villages.get(facts.homes.get(code, ""))
        key = (alike, line.operator, facts.kinds[code])
        number = known.get(key)
        if number is None:
            number = known[key] = shared.find_result(line, facts.kinds[code], result)
        lines.append(facts.unbound.get(code, code))
        households.append(household)
        villages.append(home.village if home else None)
        village_names.append(home.village_name if home else None)
        payable_households.append(_format_array(payable))
        numbers.append(number)
    return columns


_COLUMNS = ("lines", "households", "villages", "village_names", "payable_households", "numbers")


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

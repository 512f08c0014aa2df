"""What a run stores: the answer of each line, where many lines share one result and one explanation."""

from datetime import date
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from market.kernel import Query
from market.subsidies.engine.answer import AnswerLine
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.models import CaseLine, Funder
from market.subsidies.engine.read import read_case
from market.subsidies.engine.reasons import ReasonCode
from market.subsidies.engine.steps import OutsideSnapshotStep, Step
from market.subsidies.line_codes import find_stored_codes
from market.subsidies.month.run import get_run_case
from market.subsidies.month.store_run import SharedParts
from market.subsidies.names import ServiceKind
from payments.money import Fen
from tests.story.play import COUNTY, Player
from tests.support.make import SEAL


class _StoredLine(Struct, frozen=True, kw_only=True):
    line: str
    operator: str
    programme: str
    in_snapshot: bool
    payable_households: tuple[str, ...]
    payable_days: int
    claimed_fen: int | None
    settled_fen: int | None
    entitled_fen: int
    approved_fen: int
    over_fen: int
    under_fen: int
    conceded_fen: int
    public_fen: int
    shares: dict[str, int]
    reasons: tuple[str, ...]
    causes: tuple[str, ...]
    removed_on: date | None
    steps: tuple[Step, ...]


LIST_RUNS = Query(UUID, "SELECT id FROM runs WHERE county_code = :county ORDER BY ran_at, id")
LIST_STORED_LINES = Query(
    _StoredLine,
    """
    SELECT line_code AS line, operator, programme_code AS programme, in_snapshot, payable_households, payable_days,
           claimed_fen, settled_fen, entitled_fen, approved_fen, over_fen, under_fen, conceded_fen, public_fen, shares,
           reasons, causes, removed_on, steps
      FROM run_lines r JOIN run_explanations e ON e.run_id = r.run_id AND e.number = r.explanation
     WHERE r.run_id = :run_id
     ORDER BY line_code COLLATE "C"
    """,
)
COUNT_EXPLANATIONS = Query(int, "SELECT count(*) FROM run_explanations WHERE run_id = :run_id")


async def test_every_run_of_the_quarter_stores_what_was_calculated(quarter: Player) -> None:
    explanations: list[int] = []
    async with quarter.database.transaction(scope=COUNTY) as conn:
        for run_id in await LIST_RUNS.all(conn, county=COUNTY):
            case = read_case(await get_run_case(conn, SEAL, COUNTY, run_id))
            codes = await find_stored_codes(conn, SEAL, COUNTY, [line.id for line in case.lines])
            expected = [
                _StoredLine(
                    line=code,
                    operator=line.operator,
                    programme=line.programme,
                    in_snapshot=line.in_snapshot,
                    payable_households=own.payable_households,
                    payable_days=own.payable_days,
                    claimed_fen=line.claimed_fen,
                    settled_fen=line.settled_fen,
                    entitled_fen=own.entitled_fen,
                    approved_fen=own.approved_fen,
                    over_fen=own.over_fen,
                    under_fen=own.under_fen,
                    conceded_fen=own.conceded_fen,
                    public_fen=own.public_fen,
                    shares={str(funder): int(fen) for funder, fen in own.shares.items()},
                    reasons=own.reasons,
                    causes=own.causes,
                    removed_on=own.removed_on,
                    steps=own.steps,
                )
                for code, line, own in zip(codes, case.lines, calculate(case).lines, strict=True)
            ]
            stored = await LIST_STORED_LINES.all(conn, run_id=run_id)
            assert stored == sorted(expected, key=lambda line: line.line)
            explanations.append(await COUNT_EXPLANATIONS.one(conn, run_id=run_id))
            assert explanations[-1] == len({line.steps for line in stored})
    assert explanations == [14, 18, 16, 15, 19]


LINE = CaseLine(
    id="YD-01",
    programme="P1",
    operator="mobile",
    in_snapshot=True,
    households=(),
    active=(),
    charges=(),
    used_on=(),
    claimed_fen=None,
    settled_fen=None,
)
ANSWER = AnswerLine(
    id="YD-01",
    entitled_fen=Fen(0),
    funded_fen=Fen(0),
    approved_fen=Fen(0),
    over_fen=Fen(0),
    under_fen=Fen(0),
    conceded_fen=Fen(0),
    public_fen=Fen(0),
    shares={Funder.COUNTY: Fen(0)},
    adjustment_fen=None,
    reasons=(),
    removed_on=None,
    trace=(),
)
OTHERS: list[dict[str, object]] = [
    {"operator": "unicom"},
    {"kind": ServiceKind.BROADBAND},
    {"programme": "P2"},
    {"in_snapshot": False},
    {"settled_fen": 0},
    {"shares": {Funder.PROVINCE: 0}},
    {"reasons": (ReasonCode.NOT_BOUND,)},
    {"causes": (ReasonCode.NOT_BOUND,)},
    {"payable_days": 1},
    {"removed_on": date(2019, 1, 9)},
    {"steps": (OutsideSnapshotStep(),)},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_lines_that_differ_in_a_stored_column_share_no_result(other: dict[str, object]) -> None:
    shared = SharedParts()
    first = shared.find_result(LINE, ServiceKind.MOBILE, ANSWER)
    of_line = {name: value for name, value in other.items() if name in CaseLine.__struct_fields__}
    of_answer = {name: value for name, value in other.items() if name in AnswerLine.__struct_fields__}
    line, answer = msgspec.structs.replace(LINE, **of_line), msgspec.structs.replace(ANSWER, **of_answer)
    kind = ServiceKind.BROADBAND if "kind" in other else ServiceKind.MOBILE
    assert (first, shared.find_result(line, kind, answer)) == (1, 2)
    assert shared.find_result(msgspec.structs.replace(LINE, id="YD-02"), ServiceKind.MOBILE, ANSWER) == 1
    assert len(shared.explanations) == 1 + ("steps" in other)

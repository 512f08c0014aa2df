"""What pages say about the life of a case."""

from datetime import UTC, datetime
from uuid import UUID

from market.cases.casework.history import CaseEvent
from market.cases.casework.models import OBJECTION, CaseMove, CaseState, LockedCase
from market.kernel import Connection
from market.service.web.case_words import ACTOR_NAMES, describe_case, describe_event, get_asker_name

DUE = datetime(2026, 11, 20, 1, tzinfo=UTC)


async def test_everybody_who_answers_a_case_has_a_name(conn: Connection) -> None:
    roles = await conn.fetch("SELECT DISTINCT unnest(path) AS role FROM case_categories")
    assert {row["role"] for row in roles} <= ACTOR_NAMES.keys()


def test_nobody_bought_what_an_objection_is_about() -> None:
    case = LockedCase(
        id=UUID(int=1), number=1, category=OBJECTION, name="公示异议", county_code="130624",
        division_code="130624107221", asker_id=None, against_producer_id=None, against_account_id=None,
        for_producer_id=None, path=["township", "county"], units=["day", "day"], dues=[7, 7], extension=7, level=1,
        received_at=DUE, due_at=DUE, stopped_at=None, questions=0, proposed=False, extended_at=None, reopened_at=None,
        state=CaseState.ASSIGNED, outcome=None, answered_by=None, closed_at=None,
    )  # fmt: skip
    assert describe_case(case).startswith("等乡镇，")
    told = [
        describe_event(CaseEvent(move=move, actor=actor, reason="", due_at=DUE, at=DUE), get_asker_name(case))
        for move, actor in ((CaseMove.RECEIVE, "asker"), (CaseMove.ESCALATE, "township"), (CaseMove.ASK, "county"))
    ]
    assert ["买家" in words for words in told] == [False, False, False]
    assert "提异议的人" in told[0]
    assert "乡镇转上一级" in told[1]


def test_what_an_answer_closes_is_not_said_to_have_run_out() -> None:
    told = describe_event(CaseEvent(move=CaseMove.CLOSE, actor="clock", reason="", due_at=DUE, at=DUE), "买家")
    assert told.endswith("，办完")

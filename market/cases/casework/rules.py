"""How a move changes a case; pure."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from market.cases.casework.models import (
    CASE_MOVES,
    CaseAtTopLevel,
    CaseExtendedBefore,
    CaseMove,
    CaseNotMovable,
    CaseOutcome,
    CaseReasonMissing,
    CaseReopenedBefore,
    CaseState,
    LockedCase,
)

MAX_STOPPED = timedelta(days=3)
"""How long a question stops the clock: who asks may not put off an answer by asking."""
MAX_QUESTIONS = 2
"""How often the one who answers may ask at one level."""
_RAISING = frozenset({CaseMove.ESCALATE, CaseMove.REFUSE})
_ON_PROPOSAL = frozenset({CaseMove.AGREE, CaseMove.REFUSE})
_BEFORE_PROPOSAL = frozenset({CaseMove.ASK, CaseMove.EXTEND, CaseMove.ANSWER, CaseMove.PROPOSE})


def get_next_level(case: LockedCase, move: CaseMove) -> int:
    """Return the level after a move: escalation and a refused proposal go one up, reopening too if there is one."""
    if move in _RAISING:
        return case.level + 1
    return min(case.level + 1, len(case.path)) if move is CaseMove.REOPEN else case.level


def may_ask(case: LockedCase) -> bool:
    """Return whether the one who answers an assigned case may ask a question now."""
    return case.stopped_at is None and case.questions < MAX_QUESTIONS


def check_move(case: LockedCase, move: CaseMove, *, reason: str) -> None:
    """Require that a move is possible.

    Raises:
        CaseNotMovable: the state of the case does not allow it, its clock runs or stops already, the one who answers
            asked `MAX_QUESTIONS` times at this level, or both sides are asked about a proposal, or are not.
        CaseAtTopLevel, CaseExtendedBefore, CaseReopenedBefore, CaseReasonMissing: see there.
    """
    if case.state not in CASE_MOVES[move].before:
        raise CaseNotMovable(state=case.state)
    if (move is CaseMove.ASK and not may_ask(case)) or (move is CaseMove.SUPPLY and not case.stopped_at):
        raise CaseNotMovable(state=case.state)
    if case.proposed is not (move in _ON_PROPOSAL) and move in _ON_PROPOSAL | _BEFORE_PROPOSAL:
        raise CaseNotMovable(state=case.state)
    if move in _RAISING and case.level == len(case.path):
        raise CaseAtTopLevel
    if move is CaseMove.EXTEND and case.extended_at is not None:
        raise CaseExtendedBefore
    # An answer that is not the end, as the acceptance of a return, may be contested after another look, too.
    if move is CaseMove.REOPEN and case.state is CaseState.CLOSED and case.reopened_at is not None:
        raise CaseReopenedBefore
    if move in {CaseMove.EXTEND, CaseMove.ASK, CaseMove.PROPOSE} and not reason:
        raise CaseReasonMissing


def apply_move(
    case: LockedCase, move: CaseMove, *, due_at: datetime, outcome: CaseOutcome | None, now: datetime
) -> LockedCase:
    """Return the case after a possible move; `due_at` is the deadline of a new level, an extension or a proposal.

    While the clock is stopped no time passes, for at most `MAX_STOPPED`: a question moves the deadline by as much, and
    facts that come sooner move it back.
    """
    changes: dict[str, object] = {}
    match move:
        case CaseMove.ASK:
            changes = {"stopped_at": now, "due_at": case.due_at + MAX_STOPPED, "questions": case.questions + 1}
        case CaseMove.SUPPLY:
            assert case.stopped_at is not None, "checked by check_move"
            unused = max(case.stopped_at + MAX_STOPPED - now, timedelta())
            changes = {"stopped_at": None, "due_at": case.due_at - unused}
        case CaseMove.RESCHEDULE:
            changes = {"due_at": due_at}
        case CaseMove.EXTEND:
            changes = {"extended_at": now, "due_at": due_at}
        case CaseMove.ESCALATE | CaseMove.REFUSE:
            changes = {"level": get_next_level(case, move), "due_at": due_at, "stopped_at": None, "questions": 0}
            changes["proposed"] = False
        case CaseMove.PROPOSE:
            changes = {"due_at": due_at, "stopped_at": None, "proposed": True}
        case CaseMove.REOPEN:
            level = get_next_level(case, move)
            changes = {"level": level, "due_at": due_at, "reopened_at": now, "questions": 0, "proposed": False}
            changes |= dict.fromkeys(("outcome", "closed_at", "answered_by"))
        case CaseMove.ANSWER:
            changes = {"stopped_at": None}
        case CaseMove.WITHDRAW:
            changes = {"outcome": CaseOutcome.WITHDRAWN, "closed_at": now, "stopped_at": None}
        case CaseMove.CLOSE | CaseMove.SETTLE:
            changes = {"outcome": outcome, "closed_at": now, "stopped_at": None}
        case CaseMove.RECEIVE | CaseMove.ASSIGN | CaseMove.AGREE:
            pass
    return replace(case, state=CASE_MOVES[move].after, **changes)

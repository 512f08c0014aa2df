"""States, moves and refusals of cases."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal
from market.people.identity.models import Role

SELLER = "seller"
"""The first level of cases about a sale: a member of the producer. The other levels are roles of officials."""
OPERATOR = "operator"
"""The first level of reports about a network: the accounts of its operator."""
AGRONOMIST = "agronomist"
"""The first level of questions: the agronomists of the county."""
GRIEVANCE, OBJECTION = "grievance", "objection"
WITHOUT_SALE = frozenset(
    {
        GRIEVANCE,
        OBJECTION,
        "outage",
        "outage_town",
        "question",
        "fund",
        "inquiry",
        "disclosure",
        "data_county",
        "data_platform",
        "content_report",
        "review_report",
    }
)
"""The categories that are about no sale; who decides them answers, and does nothing else with them."""


class CaseState(StrEnum):
    """The state of a case."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a case ended; closed does not mean solved."""

    SOLVED = "solved"
    UNSOLVED = "unsolved"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


class CaseMove(StrEnum):
    """What happens to a case; each is an event. A case is settled when what was asked for happened.

    An official proposes what both sides have to agree to; if one refuses, the next level decides. The clock reschedules
    a case when the days off change.
    """

    RECEIVE = "receive"
    ASSIGN = "assign"
    EXTEND = "extend"
    ASK = "ask"
    SUPPLY = "supply"
    ESCALATE = "escalate"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    SETTLE = "settle"
    PROPOSE = "propose"
    AGREE = "agree"
    REFUSE = "refuse"
    RESCHEDULE = "reschedule"


class WaitingCases(Struct, frozen=True):
    """How many cases wait for somebody, and when the first of them is due; None if none has a deadline."""

    count: int
    due_at: datetime | None


class CaseMoveRule(Struct, frozen=True):
    """The states in which a move is possible, and the state after it."""

    before: frozenset[CaseState]
    after: CaseState


_ASSIGNED = frozenset({CaseState.ASSIGNED})
CASE_MOVES: dict[CaseMove, CaseMoveRule] = {
    CaseMove.RECEIVE: CaseMoveRule(frozenset(), CaseState.RECEIVED),
    CaseMove.ASSIGN: CaseMoveRule(frozenset({CaseState.RECEIVED}), CaseState.ASSIGNED),
    CaseMove.EXTEND: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.ASK: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.SUPPLY: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.ESCALATE: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.ANSWER: CaseMoveRule(_ASSIGNED, CaseState.ANSWERED),
    CaseMove.CLOSE: CaseMoveRule(frozenset({CaseState.ANSWERED}), CaseState.CLOSED),
    CaseMove.REOPEN: CaseMoveRule(frozenset({CaseState.ANSWERED, CaseState.CLOSED}), CaseState.ASSIGNED),
    CaseMove.WITHDRAW: CaseMoveRule(frozenset({CaseState.RECEIVED, CaseState.ASSIGNED}), CaseState.CLOSED),
    CaseMove.SETTLE: CaseMoveRule(_ASSIGNED, CaseState.CLOSED),
    CaseMove.PROPOSE: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.AGREE: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.REFUSE: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
    CaseMove.RESCHEDULE: CaseMoveRule(_ASSIGNED, CaseState.ASSIGNED),
}


class LockedCase(Struct, frozen=True, kw_only=True):
    """A case; its text is sealed. `path` is who answers, level by level, as it was when the case was received.

    `division_code` is the village, or wider, whose officials answer. `asker_id` is null of objections, which have no
    name.

    `units` and `dues` are the time that each level has, and `extension` what an extension adds, in the same unit.
    `stopped_at` is since when the clock stops, while the asker owes facts; `due_at` counts the longest stop.
    `questions` is how often the one who answers asked at this level; `proposed`: a proposal of this level is open.
    """

    id: UUID
    number: int
    category: str
    name: str
    county_code: str
    division_code: str
    asker_id: UUID | None
    against_producer_id: UUID | None
    against_account_id: UUID | None
    for_producer_id: UUID | None
    path: list[str]
    units: list[str]
    dues: list[int]
    extension: int
    level: int
    received_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    questions: int
    proposed: bool
    extended_at: datetime | None
    reopened_at: datetime | None
    state: CaseState
    outcome: CaseOutcome | None
    answered_by: UUID | None
    closed_at: datetime | None

    @property
    def assignee(self) -> str:
        """Who answers now: `seller`, or a role."""
        return self.path[self.level - 1]

    @property
    def asker(self) -> UUID:
        """The account that asked, of every category but objections."""
        assert self.asker_id is not None, "only objections have no name"
        return self.asker_id

    @property
    def assigned_role(self) -> Role | None:
        """The role that answers now, or None if it is the seller, an operator or an agronomist."""
        return None if self.assignee in {SELLER, OPERATOR, AGRONOMIST} else Role(self.assignee)


class CaseNotMovable(Refusal):
    """The state of the case does not allow this; somebody else was faster, or it has ended."""

    code = "case_not_movable"
    zh = "这件事已经有了变化，请看最新的情况。"
    en = "The case has changed meanwhile; its state is {state}."


class CaseAtTopLevel(Refusal):
    """No level is above the one that answers."""

    code = "case_at_top_level"
    zh = "已经是最后一级，不能再往上转。"
    en = "The case is at its last level."


class CaseExtendedBefore(Refusal):
    """A case is extended once."""

    code = "case_extended_before"
    zh = "只能延期一次。"
    en = "The case was already extended."


class CaseReopenedBefore(Refusal):
    """A closed case is reopened once."""

    code = "case_reopened_before"
    zh = "只能重新办一次。"
    en = "The case was already reopened."


class CaseReasonMissing(Refusal):
    """The move needs a reason."""

    code = "case_reason_missing"
    status = 422
    zh = "请写原因。"
    en = "Give a reason."


class CaseAnswererInvolved(Refusal):
    """Who answers asked, or is complained of, by this or another account."""

    code = "case_answerer_involved"
    status = 403
    zh = "这件事跟您有关，要另一个人来定。"
    en = "You are involved in this case; another person has to answer it."

"""Leads: kinds, states, the one table of moves, and refusals."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from market.kernel import Refusal
from market.people.identity.models import Role

MAX_OPINION_LENGTH = 500
MAX_MEMBERS = 20
MAX_CONSENTS = 10
"""Photos of consents to one lead; the last ones are shown."""
MAX_NOTICE_AHEAD = 30
"""In days: how long after the village's review a notice may begin."""


class LeadKind(StrEnum):
    """What a lead is about.

    `identify` gives a household a type of monitoring, be it new to the register or in it; `exit` ends its risk. `split`
    and `merge` change who belongs together; `enrol` lets a line of a member be reduced.
    """

    IDENTIFY = "identify"
    EXIT = "exit"
    SPLIT = "split"
    MERGE = "merge"
    ENROL = "enrol"


class LeadSource(StrEnum):
    """Who saw it: the household itself, an official on a round, or a warning of other authorities' data."""

    SELF = "self"
    CADRE = "cadre"
    WARNING = "warning"


class LeadReason(StrEnum):
    """Why, in words that a board may carry: never an illness."""

    INCOME = "income"
    EXPENSE = "expense"
    DISASTER = "disaster"
    PEOPLE = "people"
    OTHER = "other"


class LeadState(StrEnum):
    """How far a lead is; `new` only within the transaction that reports it."""

    NEW = "new"
    REPORTED = "reported"
    VISITED = "visited"
    MATCHED = "matched"
    NOTICED = "noticed"
    REVIEWED = "reviewed"
    DECIDED = "decided"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class LeadStep(StrEnum):
    """A move of a lead; `uphold`: an objection to the notice is right, and the household is visited again."""

    REPORT = "report"
    VISIT = "visit"
    MATCH = "match"
    CONFIRM = "confirm"
    REVIEW = "review"
    DECIDE = "decide"
    RETURN = "return"
    UPHOLD = "uphold"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class LeadMove(Struct, frozen=True):
    """An allowed move. A person holds one `duty` of a lead; the table `lead_moves` of the schema has the same rows."""

    step: LeadStep
    before: LeadState
    after: LeadState
    duty: str | None = None


class DueStep(Struct, frozen=True):
    """The step that is due in a state, and whose roles take it; they may also return or reject the lead."""

    step: LeadStep
    roles: frozenset[Role]


_REPORTED, _VISITED, _MATCHED = LeadState.REPORTED, LeadState.VISITED, LeadState.MATCHED
_NOTICED, _REVIEWED = LeadState.NOTICED, LeadState.REVIEWED
OPEN_STATES = (_REPORTED, _VISITED, _MATCHED, _NOTICED, _REVIEWED)
LEAD_MOVES = (
    LeadMove(LeadStep.REPORT, LeadState.NEW, _REPORTED, "report"),
    LeadMove(LeadStep.VISIT, _REPORTED, _VISITED, "village"),
    LeadMove(LeadStep.MATCH, _VISITED, _MATCHED, "match"),
    LeadMove(LeadStep.CONFIRM, _MATCHED, _NOTICED, "village"),
    LeadMove(LeadStep.REVIEW, _NOTICED, _REVIEWED, "township"),
    LeadMove(LeadStep.DECIDE, _REVIEWED, LeadState.DECIDED, "county"),
    LeadMove(LeadStep.RETURN, _VISITED, _REPORTED),
    LeadMove(LeadStep.RETURN, _MATCHED, _VISITED),
    LeadMove(LeadStep.RETURN, _NOTICED, _MATCHED),
    LeadMove(LeadStep.RETURN, _REVIEWED, _NOTICED),
    LeadMove(LeadStep.UPHOLD, _NOTICED, _REPORTED),
    LeadMove(LeadStep.UPHOLD, _REVIEWED, _REPORTED),
    *(LeadMove(LeadStep.REJECT, state, LeadState.REJECTED) for state in OPEN_STATES),
    *(LeadMove(LeadStep.WITHDRAW, state, LeadState.WITHDRAWN) for state in OPEN_STATES),
)
"""Every allowed move."""
DUE_STEPS: dict[LeadState, DueStep] = {
    _REPORTED: DueStep(LeadStep.VISIT, frozenset({Role.VILLAGE, Role.TOWNSHIP})),
    _VISITED: DueStep(LeadStep.MATCH, frozenset({Role.IMPORTER})),
    _MATCHED: DueStep(LeadStep.CONFIRM, frozenset({Role.VILLAGE})),
    _NOTICED: DueStep(LeadStep.REVIEW, frozenset({Role.TOWNSHIP})),
    _REVIEWED: DueStep(LeadStep.DECIDE, frozenset({Role.COUNTY})),
}
REPORTERS = frozenset({Role.VILLAGE, Role.TOWNSHIP, Role.IMPORTER})
"""Who reports what they saw on a round, or a warning."""

KIND_NAMES: dict[str, str] = {
    LeadKind.IDENTIFY: "纳入监测",
    LeadKind.EXIT: "风险消除",
    LeadKind.SPLIT: "分户",
    LeadKind.MERGE: "并户",
    LeadKind.ENROL: "话费减免",
}
"""What a lead is about, as officials say it."""
PUBLIC_KIND_NAMES: dict[str, str] = {
    LeadKind.IDENTIFY: "申请帮扶",
    LeadKind.EXIT: "不再帮扶",
    LeadKind.SPLIT: "分户",
    LeadKind.MERGE: "并户",
    LeadKind.ENROL: "申请话费减免",
}
"""What it is about in public: words that name no category of households (R16)."""
SOURCE_NAMES: dict[str, str] = {
    LeadSource.SELF: "自己申请",
    LeadSource.CADRE: "干部走访",
    LeadSource.WARNING: "数据预警",
}
REASON_NAMES: dict[str, str] = {
    LeadReason.INCOME: "收入少了",
    LeadReason.EXPENSE: "开支大了",
    LeadReason.DISASTER: "受了灾",
    LeadReason.PEOPLE: "家里人有变化",
    LeadReason.OTHER: "别的原因",
}
STATE_NAMES: dict[str, str] = {
    LeadState.REPORTED: "等入户核实",
    LeadState.VISITED: "等数据比对",
    LeadState.MATCHED: "等村级评议",
    LeadState.NOTICED: "公示，等乡镇审核",
    LeadState.REVIEWED: "等县级审定",
    LeadState.DECIDED: "已审定",
    LeadState.REJECTED: "没有通过",
    LeadState.WITHDRAWN: "已撤回",
}
STEP_NAMES: dict[str, str] = {
    LeadStep.REPORT: "登记线索",
    LeadStep.VISIT: "入户核实",
    LeadStep.MATCH: "数据比对",
    LeadStep.CONFIRM: "村级评议，公示",
    LeadStep.REVIEW: "乡镇审核",
    LeadStep.DECIDE: "县级审定",
    LeadStep.RETURN: "退回",
    LeadStep.UPHOLD: "异议成立，重新核实",
    LeadStep.REJECT: "不通过",
    LeadStep.WITHDRAW: "撤回",
}


class LeadMember(Struct, frozen=True):
    """A person whom a lead is about: name, identity number, and relation to the head of the household to be."""

    name: str
    identity: str
    relation: str


class Vote(Struct, frozen=True, kw_only=True):
    """The village's assessment: how many came, how many agreed, and the first day of the public notice."""

    attended: int
    agreed: int
    notice_from: date | None = None


class MonitoringStatus(Struct, frozen=True, kw_only=True):
    """The standing that a household is to have; `monitoring` is the word of its day."""

    registered: bool
    monitoring: str
    tier: int


class LeadInvalid(Refusal):
    """Fields of a lead or of its step are missing or wrong; `errors` names each."""

    code = "lead_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the lead are missing or wrong; see errors."


class LeadMoved(Refusal):
    """The lead is in another state: somebody else was faster, or the step is not due."""

    code = "lead_moved"
    zh = "这条线索现在是“{state}”，请看最新的情况。"
    en = "The lead is in the state {state}; look at it again."


class TooManyConsents(Refusal):
    """The lead has `MAX_CONSENTS` photos of consents."""

    code = "too_many_consents"
    status = 429
    zh = f"这条线索已经有 {MAX_CONSENTS} 张同意书的照片了。"
    en = f"The lead has {MAX_CONSENTS} photos of consents already."


class LeadOpenBefore(Refusal):
    """A lead of this kind about the household is open."""

    code = "lead_open_before"
    zh = "这一户有一条同样的线索还在办。"
    en = "A lead of this kind about the household is open."


class SecondLeadDuty(Refusal):
    """The person took a step of another level, applied, or belongs to the household, by whatever account."""

    code = "second_lead_duty"
    status = 403
    zh = "这条线索您已经办过另一步，或者跟您家有关，要另一个人来办。"
    en = "You took another step of this lead, or it concerns you; another person has to take this step."


class NoticeNotEnded(Refusal):
    """The days of the public notice are not over."""

    code = "notice_not_ended"
    zh = "公示还没有满：{until} 起才能办。"
    en = "The public notice has not ended; the step is possible from {until} on."


class ObjectionWaiting(Refusal):
    """An objection to the notice waits for an answer."""

    code = "lead_objection_waiting"
    zh = "有人提了异议，还没有答复；先答复异议，再办这一步。"
    en = "An objection to the notice waits for an answer; answer it first."


class ConsentMissing(Refusal):
    """Nobody is enrolled without the household's consent, on the page or on paper."""

    code = "lead_consent_missing"
    zh = "还没有农户的同意：打印同意书，签了字拍照传上来，再审定。"
    en = "The household has not consented; record its consent before the decision."


class RegisterChanged(Refusal):
    """The register has changed since, so that the decision cannot be carried out; `errors` says what is in the way."""

    code = "lead_register_changed"
    zh = "名册有了变化，现在办不了：请看下面。"
    en = "The register has changed, so that the decision cannot be carried out; see errors."

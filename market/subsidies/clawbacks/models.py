"""Clawbacks: states, grounds, what is proposed and read, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Refusal
from market.people.identity.models import Role
from market.subsidies.models import FindingId
from market.subsidies.names import Operator

CLAWBACK_APPEAL = "clawback_appeal"
"""The category of the cases in which a household appeals."""
PROPOSERS = (Role.FINANCE, Role.POLICY)
DECIDER = Role.COUNTY
RECORDER, CONFIRMER = Role.FINANCE, Role.RECONCILER
"""Who proposes and who decides a clawback, who records a repayment and who confirms it; all for the whole county."""
SERVERS = (Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY, Role.IMPORTER, Role.POLICY, Role.FINANCE)
"""Who records that a decision was delivered, or writes down an appeal, for the village of the household."""
APPEAL_DAYS = 60
"""Days after the delivery in which a household may appeal. Source: 行政复议法 (2023), article 20."""
PAYMENT_PERIOD = timedelta(days=30)
"""How long after it was posted a clawback is due; what is set off by a settlement waits for none."""
MAX_TEXT_LENGTH = 500
MAX_ITEMS = 500
MAX_PROPOSED = 50
"""Proposals of a county that nobody has decided."""


class Debtor(StrEnum):
    """Who owes the money back."""

    OPERATOR = "operator"
    HOUSEHOLD = "household"


class ClawbackState(StrEnum):
    """The state of a clawback; only `owed` and `cleared` are in the ledger.

    An operator's goes from `proposed` to `owed`. A household's is `decided`, `served` when the decision was delivered,
    perhaps `appealed`, and then `annulled` or `owed`.
    """

    PROPOSED = "proposed"
    REFUSED = "refused"
    DECIDED = "decided"
    SERVED = "served"
    APPEALED = "appealed"
    ANNULLED = "annulled"
    OWED = "owed"
    CLEARED = "cleared"


STATE_NAMES: dict[ClawbackState, str] = {
    ClawbackState.PROPOSED: "等另一个人定",
    ClawbackState.REFUSED: "没有同意",
    ClawbackState.DECIDED: "定了，等送达",
    ClawbackState.SERVED: "送到了，还能申诉",
    ClawbackState.APPEALED: "上一级在看",
    ClawbackState.ANNULLED: "申诉成立，撤销了",
    ClawbackState.OWED: "没有还清",
    ClawbackState.CLEARED: "结清了",
}


class FraudGround(StrEnum):
    """What a household did; nothing else makes it owe anything."""

    FALSE_FACTS = "false_facts"
    FORGED_PAPERS = "forged_papers"
    LENT_IDENTITY = "lent_identity"
    OTHER_FRAUD = "other_fraud"


GROUND_NAMES: dict[FraudGround, str] = {
    FraudGround.FALSE_FACTS: "故意报假情况",
    FraudGround.FORGED_PAPERS: "伪造、涂改材料",
    FraudGround.LENT_IDENTITY: "把身份证、号码给别人冒领",
    FraudGround.OTHER_FRAUD: "其他骗取的",
}


class Service(StrEnum):
    """How a decision was delivered."""

    IN_PERSON = "in_person"
    FAMILY = "family"
    POST = "post"


SERVICE_NAMES: dict[Service, str] = {
    Service.IN_PERSON: "当面交给本人",
    Service.FAMILY: "交给同住的家人",
    Service.POST: "挂号信寄到了",
}


class EntryKind(StrEnum):
    """What a clawback is recovered by; `relieved` is what a later adjustment took back of the same lines."""

    SET_OFF = "set_off"
    RELIEVED = "relieved"
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


ENTRY_NAMES: dict[EntryKind, str] = {
    EntryKind.SET_OFF: "结算时抵扣",
    EntryKind.RELIEVED: "以前月份调整已经扣了",
    EntryKind.REPAID: "转账还回",
    EntryKind.WRITTEN_OFF: "核销",
}


class ClawbackItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes back of a line and a month, its first day; at most the public part that was settled of it."""

    line: str
    month: date
    fen: Fen


class NewClawback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clawback as it is proposed from a decided finding.

    `reason` says what shows that the money has to come back. Against a household `ground` and `statement` are needed:
    what it did, and what it said when it was heard, or why it could not be heard.
    """

    debtor: Debtor
    finding_id: FindingId
    items: list[ClawbackItem]
    reason: str
    ground: FraudGround | None = None
    statement: str = ""


class Recoverable(Struct, frozen=True, kw_only=True):
    """What was settled of a line that a decided finding stops, and of one month, and is in no clawback yet."""

    finding_id: FindingId
    check: str
    line: str
    operator: Operator
    household: str | None
    month: date
    fen: Fen


class ClawbackEntry(Struct, frozen=True, kw_only=True):
    """What a clawback was recovered by; `outcome` is null while it waits for a second person."""

    id: UUID
    kind: EntryKind
    fen: int
    month: date | None
    paid_on: date | None
    note: str
    recorded_by: str
    recorded_at: datetime
    outcome: str | None
    decided_by: str


class ClawbackSummary(Struct, frozen=True, kw_only=True):
    """A clawback in a list; `debtor_name` is the operator, or the code of the household, `left_fen` what is owed."""

    id: UUID
    number: int
    debtor: Debtor
    debtor_name: str
    village_code: str | None
    amount_fen: Fen
    left_fen: Fen
    state: ClawbackState
    posted_on: date | None
    due_on: date | None
    appeal_until: date | None
    waiting: int


class Clawback(ClawbackSummary, frozen=True, kw_only=True):
    """A clawback with what it rests on, who proposed and decided it, and what it was recovered by."""

    month: date | None
    finding_id: FindingId | None
    ground: FraudGround | None
    person: str
    reason: str
    statement: str
    opinion: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    served_on: date | None
    service: Service | None
    items: list[ClawbackItem]
    entries: list[ClawbackEntry]


class ClawbackAge(Struct, frozen=True, kw_only=True):
    """What is owed by age: `days` is the longest age in days since it was posted, null of older ones."""

    debtor: Debtor
    days: int | None
    clawbacks: int
    left_fen: Fen


class ClawbackInvalid(Refusal):
    """Fields of a clawback, an entry, a delivery or an appeal are missing or wrong; `errors` names each."""

    code = "clawback_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are missing or wrong; see errors."


class ClawbackNotFound(Refusal):
    """The county has no such clawback, or it is not for the official's divisions."""

    code = "clawback_not_found"
    status = 404
    zh = "没有这一笔。"
    en = "There is no such clawback."


class ClawbackMoved(Refusal):
    """The state of the clawback does not allow this; somebody else was faster, or its term is over."""

    code = "clawback_moved"
    zh = "这一笔已经有了变化，请看最新的情况。"
    en = "The clawback has changed meanwhile, or its term is over."


class NothingToRecover(Refusal):
    """A line and month was not settled so much, is in another clawback, or no decided finding stops the line."""

    code = "nothing_to_recover"
    zh = "选的业务和月份里，有的没有结算这么多、已经在追，或者疑点没有定不付。"
    en = "A line was not settled so much, is in another clawback, or is not stopped by the decided finding."


class SecondClawbackPart(Refusal):
    """Who proposed a clawback, or recorded a repayment, does not decide it, by whatever account."""

    code = "second_clawback_part"
    status = 403
    zh = "这是您提的，或者是您记的，要另一个人来定。"
    en = "You proposed or recorded it; another person has to decide it."


class ClawbackOfOwnHousehold(Refusal):
    """The official belongs to the household."""

    code = "clawback_own_household"
    status = 403
    zh = "这是您家的事，要另一个人来定。"
    en = "It is about your own household; another person has to decide it."


class TooManyClawbacks(Refusal):
    """`MAX_PROPOSED` proposals of the county are not decided."""

    code = "too_many_clawbacks"
    status = 429
    zh = f"还有 {MAX_PROPOSED} 笔等着定，定了再提。"
    en = f"{MAX_PROPOSED} proposals of the county wait to be decided."

"""Households, farms, co-operatives and companies that sell: their states, the steps of admission, and the refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta, Struct

from market.identity import Role
from market.kernel import Refusal

ProducerId = NewType("ProducerId", UUID)


class ProducerKind(StrEnum):
    """Who sells."""

    HOUSEHOLD = "household"
    FAMILY_FARM = "family_farm"
    COOPERATIVE = "cooperative"
    COMPANY = "company"
    VILLAGE_STATION = "village_station"
    HOMESTAY = "homestay"


KIND_NAMES = {
    ProducerKind.HOUSEHOLD: "农户",
    ProducerKind.FAMILY_FARM: "家庭农场",
    ProducerKind.COOPERATIVE: "合作社",
    ProducerKind.COMPANY: "企业",
    ProducerKind.VILLAGE_STATION: "村服务站",
    ProducerKind.HOMESTAY: "农家院",
}


class State(StrEnum):
    """Where a producer stands; only an open one sells."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    RECOMMENDED = "recommended"
    OPEN = "open"
    REFUSED = "refused"
    SUSPENDED = "suspended"


STATE_NAMES: dict[str, str] = {
    State.APPLIED: "已申请，等村里核实",
    State.CONFIRMED: "村里已核实，等县里推荐",
    State.RECOMMENDED: "县里已推荐，等审核",
    State.OPEN: "可以卖",
    State.REFUSED: "没有通过",
    State.SUSPENDED: "暂停",
}


class Step(StrEnum):
    """What is done about a producer, by whom and when is kept for each."""

    APPLY = "apply"
    CONFIRM = "confirm"
    RECOMMEND = "recommend"
    APPROVE = "approve"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REOPEN = "reopen"


STEP_NAMES: dict[str, str] = {
    Step.APPLY: "申请",
    Step.CONFIRM: "村里核实",
    Step.RECOMMEND: "县里推荐",
    Step.APPROVE: "审核通过",
    Step.REFUSE: "不通过",
    Step.SUSPEND: "暂停",
    Step.REOPEN: "恢复",
}

MOVES: dict[Step, tuple[frozenset[State], State]] = {
    Step.CONFIRM: (frozenset({State.APPLIED}), State.CONFIRMED),
    Step.RECOMMEND: (frozenset({State.CONFIRMED}), State.RECOMMENDED),
    Step.APPROVE: (frozenset({State.RECOMMENDED}), State.OPEN),
    Step.REFUSE: (frozenset({State.APPLIED, State.CONFIRMED, State.RECOMMENDED}), State.REFUSED),
    Step.SUSPEND: (frozenset({State.OPEN}), State.SUSPENDED),
    Step.REOPEN: (frozenset({State.SUSPENDED}), State.OPEN),
}

DECIDERS: dict[State, frozenset[Role]] = {
    State.APPLIED: frozenset({Role.VILLAGE}),
    State.CONFIRMED: frozenset({Role.COUNTY}),
    State.RECOMMENDED: frozenset({Role.COUNTY, Role.PLATFORM}),
    State.OPEN: frozenset({Role.COUNTY, Role.PLATFORM}),
    State.SUSPENDED: frozenset({Role.COUNTY, Role.PLATFORM}),
}
"""Whose turn it is: who may take the next step, or refuse, where a producer stands."""

NEEDS_REASON = frozenset({Step.REFUSE, Step.SUSPEND})


class CertificateKind(StrEnum):
    """A paper that a producer shows."""

    IDENTITY = "identity"
    LICENCE = "licence"
    COOPERATIVE = "cooperative"
    FOOD_LICENCE = "food_licence"
    SMALL_WORKSHOP = "small_workshop"
    HOMESTAY_PERMIT = "homestay_permit"
    ORIGIN = "origin"
    ORGANIC = "organic"
    GEOGRAPHICAL_INDICATION = "geographical_indication"
    OTHER = "other"


CERTIFICATE_NAMES: dict[str, str] = {
    CertificateKind.IDENTITY: "身份证",
    CertificateKind.LICENCE: "营业执照",
    CertificateKind.COOPERATIVE: "合作社登记证",
    CertificateKind.FOOD_LICENCE: "食品生产许可证（SC）",
    CertificateKind.SMALL_WORKSHOP: "小作坊登记证",
    CertificateKind.HOMESTAY_PERMIT: "民宿经营许可",
    CertificateKind.ORIGIN: "产地证明",
    CertificateKind.ORGANIC: "有机认证",
    CertificateKind.GEOGRAPHICAL_INDICATION: "地理标志授权",
    CertificateKind.OTHER: "其他",
}


MOST_CERTIFICATES = 50
"""How many certificates a producer may have handed in."""


class CertificateClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate as it is shown: a photo or a number, or both."""

    kind: CertificateKind
    photo_id: UUID | None = None
    number: Annotated[str, Meta(max_length=60)] = ""
    issuer: Annotated[str, Meta(max_length=60)] = ""
    expires_on: date | None = None


class Application(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to sell, where (a village by its 12 digits), and what.

    `applicant` is the person's own name, by which officials call; it becomes the account's. None leaves that as it is.
    """

    kind: ProducerKind
    name: str
    village_code: str
    produce: str
    story: str = ""
    applicant: str | None = None
    certificates: Annotated[list[CertificateClaim], Meta(max_length=10)] = []


class StepTaken(Struct, frozen=True):
    """A step of the admission: who did it, when, and why."""

    step: Step
    account_id: UUID
    name: str
    reason: str
    at: datetime


class Certificate(Struct, frozen=True):
    """A certificate of a producer; `photo` is a stored name that only its officials and its people may open."""

    id: UUID
    kind: CertificateKind
    number: str
    issuer: str
    expires_on: date | None
    verified_at: datetime | None
    photo: str | None


class ProducerRow(Struct, frozen=True):
    """A producer as its officials and its own people see it."""

    id: ProducerId
    number: int
    kind: ProducerKind
    name: str
    village_code: str
    village: str
    township: str
    county_code: str
    county: str
    produce: str
    story: str
    state: State
    applied_by: UUID
    applied_at: datetime
    opened_at: datetime | None


class Producer(Struct, frozen=True):
    """A producer with the steps it went and the certificates it showed."""

    id: ProducerId
    state: State
    producer: ProducerRow
    steps: list[StepTaken]
    certificates: list[Certificate]


class PublicProducer(Struct, frozen=True):
    """A producer as everyone sees it. `self_grown` says that no business licence is needed (电子商务法 10)."""

    id: ProducerId
    number: int
    kind: ProducerKind
    name: str
    village_code: str
    village: str
    township: str
    county_code: str
    county: str
    produce: str
    story: str
    self_grown: bool
    opened_at: datetime
    taking_orders: bool
    certificates: list[CertificateKind]


class BadApplication(Refusal):
    """Fields of the application are not right; each is named."""

    code = "bad_application"
    status = 422
    zh = "有几处要改。"
    en = "Some fields need another look."


class AlreadyApplied(Refusal):
    """An application of the same person still waits."""

    code = "already_applied"
    status = 409
    zh = "您已有一份申请在办，请等结果，或问村里。"
    en = "An application of yours is still being looked at."


class SecondStep(Refusal):
    """One person takes one step of an admission, and who applied or sells takes none."""

    code = "second_step"
    status = 403
    zh = "同一个人只能办一步：申请人不能核实，推荐人不能再审核。请换一位同事。"
    en = "One person takes one step: ask a colleague, who neither applied nor decided before."


class NotNow(Refusal):
    """The producer does not stand where this step is taken."""

    code = "producer_not_now"
    status = 409
    zh = "现在不能办这一步：{state}。"
    en = "This step is not due: the producer is {state}."


class ReasonNeeded(Refusal):
    """To refuse or to suspend needs a reason that the farmer can read."""

    code = "reason_needed"
    status = 422
    zh = "请写明原因，农户会看到。"
    en = "Give a reason; the farmer will read it."

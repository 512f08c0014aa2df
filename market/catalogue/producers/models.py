"""Producers: kinds, states, admission steps, certificates and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.producers.closures import ClosureReason
from market.kernel import Refusal
from market.people.identity.models import Role

ProducerId = NewType("ProducerId", UUID)


class ProducerKind(StrEnum):
    """The legal form of a producer."""

    HOUSEHOLD = "household"
    FAMILY_FARM = "family_farm"
    COOPERATIVE = "cooperative"
    COMPANY = "company"
    VILLAGE_STATION = "village_station"
    HOMESTAY = "homestay"


PRODUCER_KIND_NAMES = {
    ProducerKind.HOUSEHOLD: "农户",
    ProducerKind.FAMILY_FARM: "家庭农场",
    ProducerKind.COOPERATIVE: "合作社",
    ProducerKind.COMPANY: "企业",
    ProducerKind.VILLAGE_STATION: "村服务站",
    ProducerKind.HOMESTAY: "农家院",
}


class ProducerState(StrEnum):
    """The state of a producer; only an open one sells."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    RECOMMENDED = "recommended"
    OPEN = "open"
    REFUSED = "refused"
    SUSPENDED = "suspended"


PRODUCER_STATE_NAMES: dict[str, str] = {
    ProducerState.APPLIED: "已申请，等村里核实",
    ProducerState.CONFIRMED: "村里已核实，等县里推荐",
    ProducerState.RECOMMENDED: "县里已推荐，等审核",
    ProducerState.OPEN: "可以卖",
    ProducerState.REFUSED: "没有通过",
    ProducerState.SUSPENDED: "暂停",
}


class AdmissionStep(StrEnum):
    """A step of admission or supervision; each is recorded with its author and time."""

    APPLY = "apply"
    CONFIRM = "confirm"
    RECOMMEND = "recommend"
    APPROVE = "approve"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REOPEN = "reopen"


ADMISSION_STEP_NAMES: dict[str, str] = {
    AdmissionStep.APPLY: "申请",
    AdmissionStep.CONFIRM: "村里核实",
    AdmissionStep.RECOMMEND: "县里推荐",
    AdmissionStep.APPROVE: "审核通过",
    AdmissionStep.REFUSE: "不通过",
    AdmissionStep.SUSPEND: "暂停",
    AdmissionStep.REOPEN: "恢复",
}

ADMISSION_MOVES: dict[AdmissionStep, tuple[frozenset[ProducerState], ProducerState]] = {
    AdmissionStep.CONFIRM: (frozenset({ProducerState.APPLIED}), ProducerState.CONFIRMED),
    AdmissionStep.RECOMMEND: (frozenset({ProducerState.CONFIRMED}), ProducerState.RECOMMENDED),
    AdmissionStep.APPROVE: (frozenset({ProducerState.RECOMMENDED}), ProducerState.OPEN),
    AdmissionStep.REFUSE: (
        frozenset({ProducerState.APPLIED, ProducerState.CONFIRMED, ProducerState.RECOMMENDED}),
        ProducerState.REFUSED,
    ),
    AdmissionStep.SUSPEND: (frozenset({ProducerState.OPEN}), ProducerState.SUSPENDED),
    AdmissionStep.REOPEN: (frozenset({ProducerState.SUSPENDED}), ProducerState.OPEN),
}

DECIDERS: dict[ProducerState, frozenset[Role]] = {
    ProducerState.APPLIED: frozenset({Role.VILLAGE}),
    ProducerState.CONFIRMED: frozenset({Role.COUNTY}),
    ProducerState.RECOMMENDED: frozenset({Role.COUNTY, Role.PLATFORM}),
    ProducerState.OPEN: frozenset({Role.COUNTY, Role.PLATFORM}),
    ProducerState.SUSPENDED: frozenset({Role.COUNTY, Role.PLATFORM}),
}
"""The roles that may take the next step, or refuse, by the producer's state."""

STEPS_WITH_REASON = frozenset({AdmissionStep.REFUSE, AdmissionStep.SUSPEND})


class CertificateKind(StrEnum):
    """The kind of a certificate."""

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


CERTIFICATE_NOTICE_DAYS = (90, 30, 7)
"""A seller is told so many days before a certificate ends."""
CERTIFICATE_NUMBER_CONTEXT = "certificates.number"
MAX_CERTIFICATES = 50
"""The maximum number of certificates of one producer."""


MAX_AREA_DIVISIONS = 200


class CertificateClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate as submitted: with a photo, a number, or both.

    `expires_on` is the last day on which it is valid. `area` has the divisions (12 digits) of the protected area of a
    geographical indication; the county may correct it.
    """

    kind: CertificateKind
    photo_id: UUID | None = None
    number: Annotated[str, Meta(max_length=60)] = ""
    issuer: Annotated[str, Meta(max_length=60)] = ""
    expires_on: date | None = None
    area: Annotated[list[Annotated[str, Meta(pattern=r"^[0-9]{12}$")]], Meta(max_length=MAX_AREA_DIVISIONS)] = []


class ProducerApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application to sell; `village_code` has 12 digits.

    `applicant` is the applicant's name, which becomes the account's name; None leaves the account unchanged.
    """

    kind: ProducerKind
    name: str
    village_code: str
    produce: str
    story: str = ""
    applicant: str | None = None
    certificates: Annotated[list[CertificateClaim], Meta(max_length=10)] = []


class AdmissionRecord(Struct, frozen=True):
    """A recorded admission step: its author, time and reason."""

    step: AdmissionStep
    account_id: UUID
    name: str
    reason: str
    at: datetime


class Certificate(Struct, frozen=True):
    """A certificate of a producer; `photo` is a stored name, readable by its members and officials only.

    `area` has the scopes of a geographical indication's protected area: division codes truncated to their level.
    """

    id: UUID
    kind: CertificateKind
    number: str
    issuer: str
    expires_on: date | None
    area: list[str]
    verified_at: datetime | None
    rejected_at: datetime | None
    reject_reason: str
    photo: str | None


class ProducerRow(Struct, frozen=True):
    """A producer as its members and officials see it."""

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
    state: ProducerState
    applied_by: UUID
    applied_at: datetime
    opened_at: datetime | None


class Producer(Struct, frozen=True):
    """A producer with its admission records and certificates."""

    id: ProducerId
    state: ProducerState
    producer: ProducerRow
    steps: list[AdmissionRecord]
    certificates: list[Certificate]


class PublicProducer(Struct, frozen=True):
    """A producer as everyone sees it; with `self_grown` it needs no business licence (电子商务法 10)."""

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
    closed_for: ClosureReason | None
    reopens_on: date | None
    certificates: list[CertificateKind]


class BadApplication(Refusal):
    """Fields of the application are invalid; `errors` lists each."""

    code = "bad_application"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class AreaNeeded(Refusal):
    """A geographical indication cannot be verified without the divisions of its protected area."""

    code = "area_needed"
    status = 422
    zh = "地理标志要选保护范围：证上写的是哪些乡镇。"
    en = "A geographical indication needs the divisions of its protected area."


class AlreadyApplied(Refusal):
    """Another application of the same person is pending."""

    code = "already_applied"
    status = 409
    zh = "您已有一份申请在办，请等结果，或问村里。"
    en = "Another application of yours is still pending."


class ReviewerNotIndependent(Refusal):
    """The actor applied, works for the producer or took an earlier step; each step needs a different person."""

    code = "second_step"
    status = 403
    zh = "同一个人只能办一步：申请人不能核实，推荐人不能再审核。请换一位同事。"
    en = "Each step needs a different person: it is for a colleague who neither applied nor decided before."


class ApplicantRenamed(Refusal):
    """The applicant has another name than the one that the official read."""

    code = "applicant_renamed"
    zh = "申请人刚刚改了姓名，现在叫{name}。核对过这个姓名，再办。"
    en = "The applicant changed their name after you read it. It is {name} now: check that one first."


class WrongProducerState(Refusal):
    """The step does not start from the producer's state."""

    code = "producer_not_now"
    status = 409
    zh = "现在不能办这一步：{state}。"
    en = "This step is not possible while the producer is {state}."


class ReasonNeeded(Refusal):
    """Refusing or suspending needs a reason, which the farmer reads."""

    code = "reason_needed"
    status = 422
    zh = "请写明原因，农户会看到。"
    en = "Give a reason; the farmer will read it."

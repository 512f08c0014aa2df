"""Agreements of operators: what is proposed and read, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal
from market.people.identity.models import Role
from market.subsidies.models import MonthRefusal
from market.subsidies.names import Operator

MAX_DOCUMENT_BYTES = 5 * 1024 * 1024
MAX_NAME_LENGTH = 80
MAX_WAITING_AGREEMENTS = 20
"""Proposals of a county that nobody has decided: each keeps a document, and a page lists them."""
PROPOSER, APPROVER = Role.POLICY, Role.COUNTY
"""Who proposes an agreement, and who approves agreements and terms; both for the whole county."""


class AgreementRate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operator's own part of each reduction of a programme (让利), in basis points."""

    programme: str
    concession_bp: int


class NewAgreement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agreement as it is proposed.

    `rates` are those of one programme or more, each once; of a programme without one the operator concedes nothing.
    `until` is the first day after it, null if it is open. `document` are the bytes of the signed contract, at most
    5 MiB.
    """

    operator: Operator
    name: str
    rates: list[AgreementRate]
    start: date
    until: date | None = None
    document_name: str
    document: bytes


class AgreementOutcome(StrEnum):
    """How a proposal ended."""

    APPROVED = "approved"
    REFUSED = "refused"


class Agreement(Struct, frozen=True, kw_only=True):
    """An operator's agreement; it counts once `outcome` is approved. `until` is set by the one that replaces it."""

    id: UUID
    operator: Operator
    name: str
    rates: list[AgreementRate]
    start: date
    until: date | None
    document_name: str
    document_sha256: str
    proposed_by: str
    proposed_at: datetime
    outcome: AgreementOutcome | None
    decided_by: str
    decided_at: datetime | None


class TermsFile(Struct, frozen=True, kw_only=True):
    """A file of programmes or plans whose terms are in force, and who approved it; null while nobody did."""

    id: UUID
    name: str
    kind: str
    imported_by: str
    imported_at: datetime
    approved_by: str
    approved_at: datetime | None


class AgreementInvalid(Refusal):
    """Fields of an agreement are missing or wrong; `errors` names each."""

    code = "agreement_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the agreement are missing or wrong; see errors."


class TooManyAgreements(Refusal):
    """`MAX_WAITING_AGREEMENTS` proposals of the county are not decided."""

    code = "too_many_agreements"
    status = 429
    zh = f"还有 {MAX_WAITING_AGREEMENTS} 份协议等着审定，定了再交。"
    en = f"{MAX_WAITING_AGREEMENTS} agreements of the county wait to be decided."


class AgreementNotFound(Refusal):
    """The county has no such agreement that waits, or no such file of terms."""

    code = "agreement_not_found"
    status = 404
    zh = "没有这份协议或者文件。"
    en = "The county has no such agreement or file."


class AgreementDecided(Refusal):
    """The agreement, or the file of terms, was approved or refused before, or its days are another agreement's."""

    code = "agreement_decided"
    zh = "已经有人定过了，或者这些日子已经有一份协议。"
    en = "It was decided before, or another agreement of the operator has these days."


class SecondTermsPart(Refusal):
    """Who proposed an agreement or imported terms does not approve them, by whatever account."""

    code = "second_terms_part"
    status = 403
    zh = "这是您提的，或者是您导入的，要另一个人来定。"
    en = "You proposed or imported it; another person has to approve it."


class TermsNotApproved(MonthRefusal):
    """The county requires that another person approves the terms before a month is decided by them."""

    code = "terms_not_approved"
    zh = "{month}用的标准还没有审定：{files}。"
    en = "The terms of {month} are not approved yet: {files}."


class AgreementMissing(MonthRefusal):
    """The county requires an agreement of each operator that it settles a month with, at the rates of its terms."""

    code = "agreement_missing"
    zh = "{month}还不能结算：{problems}。"
    en = "{month} cannot be settled, an operator has no approved agreement at the rate of the terms: {problems}."

"""Kinds, roles and refusals of organisations."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Refusal

OrganisationId = NewType("OrganisationId", UUID)
MAX_NAME_LENGTH = 60


class OrganisationKind(StrEnum):
    """What an organisation is here for."""

    EMPLOYER = "employer"
    OPERATOR = "operator"
    PUBLIC_UNIT = "public_unit"
    COMPANY = "company"
    CLINIC = "clinic"
    CHARITY = "charity"
    ORGANISER = "organiser"


KIND_NAMES: dict[OrganisationKind, str] = {
    OrganisationKind.EMPLOYER: "用人单位",
    OrganisationKind.OPERATOR: "运营商",
    OrganisationKind.PUBLIC_UNIT: "公家单位",
    OrganisationKind.COMPANY: "企业",
    OrganisationKind.CLINIC: "医疗机构",
    OrganisationKind.CHARITY: "公益组织",
    OrganisationKind.ORGANISER: "主办单位",
}
"""The kinds as people read and write them."""


class MemberRole(StrEnum):
    """What a member may do: an owner adds members."""

    OWNER = "owner"
    CLERK = "clerk"


class UnitDuty(StrEnum):
    """What an account does for its public unit; no two duties of one purchase are one person's."""

    REQUESTER = "requester"
    APPROVER = "approver"
    ACCEPTOR = "acceptor"
    FINANCE = "finance"


class NewOrganisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation as a member registers it; `licensed_until` is the licence's last day, None without an end."""

    kind: OrganisationKind
    name: Annotated[str, Meta(max_length=200)]
    credit_code: Annotated[str, Meta(max_length=40)]
    county_code: Annotated[str, Meta(max_length=6)]
    licensed_until: date | None = None


class Organisation(Struct, frozen=True, kw_only=True):
    """An organisation; `licensed_until` is the last day of its licence, None without an end or without a licence.

    `licensed`: a licence is valid today.
    """

    id: UUID
    kind: OrganisationKind
    name: str
    credit_code: str
    county_code: str
    applied_at: datetime
    verified_at: datetime | None
    licensed: bool
    licensed_until: date | None


class OrganisationInvalid(Refusal):
    """Fields of an organisation are invalid; `errors` lists each."""

    code = "organisation_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class OrganisationOwnVerifier(Refusal):
    """Who brought an organisation does not verify it, by whatever account."""

    code = "organisation_own_verifier"
    status = 403
    zh = "您登记的单位，要另一个人来核。"
    en = "You registered this organisation; another person has to verify it."


class OrganisationInUse(Refusal):
    """Courses, clinic days, postings, pairings or purchases refer to it."""

    code = "organisation_in_use"
    zh = "这个单位办过课、招过工、结过对或者买过东西，不能退回，只能核。"
    en = "Courses, clinic days, postings, pairings or purchases refer to the organisation; it cannot be refused."


class OrganisationDecided(Refusal):
    """It was verified before."""

    code = "organisation_decided"
    zh = "已经核过了，请看最新的情况。"
    en = "The organisation was verified before."

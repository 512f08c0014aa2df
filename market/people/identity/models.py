"""Accounts, roles, sessions and the refusals of identity."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal

AccountId = NewType("AccountId", UUID)


class Role(StrEnum):
    """A role of an official or of the platform's staff; each is granted for a scope."""

    IMPORTER = "importer"
    POLICY = "policy"
    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    FINANCE = "finance"
    RECONCILER = "reconciler"
    PLATFORM = "platform"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


COUNTY_KEEPERS = frozenset({Role.COUNTY, Role.IMPORTER})
"""Who keeps for a whole county what its pages and villages stand on: contacts, pickup points, organisations, coverage,
courses, calls."""


ROLE_NAMES: dict[Role, str] = {
    Role.IMPORTER: "县级经办",
    Role.POLICY: "政策经办",
    Role.VILLAGE: "村级",
    Role.TOWNSHIP: "乡镇",
    Role.COUNTY: "县级审定",
    Role.FINANCE: "财政",
    Role.RECONCILER: "对账",
    Role.PLATFORM: "平台",
    Role.SUPERVISOR: "上级",
    Role.AUDITOR: "审计",
}
"""The roles as pages name them."""


class Grant(Struct, frozen=True):
    """A role granted for a division: `scope` is its code truncated to its level (2, 4, 6, 9 or 12 digits)."""

    role: Role
    scope: str


class OperatorSeat(Struct, frozen=True):
    """What the account of an operator is for: the files of one operator, of the divisions `scopes`.

    A scope is the code of a county, or a wider one, truncated to its level (2, 4 or 6 digits).
    """

    operator: str
    scopes: tuple[str, ...]


class LocalContact(Struct, frozen=True):
    """Whom a farmer calls: the station of the village, else the desk of the township or the county.

    `division` and `level` name the office; `back_on` is set while the contact is away.
    """

    division: str
    level: int
    name: str
    phone: str
    hours: str
    back_on: date | None


class Actor(Struct, frozen=True):
    """The account that makes a request, with its current roles and producers.

    `operator` is set for the account of an operator, which has no role and sees no desk.
    `helped` has the names of those producers for which the account only helps; `contact` is that of the first
    producer's village, and `warning` what its county warns of today.
    """

    account_id: AccountId
    name: str
    handle: str | None = None
    grants: tuple[Grant, ...] = ()
    producers: tuple[UUID, ...] = ()
    second_factor: bool = False
    elder: bool = False
    helped: tuple[str, ...] = ()
    contact: LocalContact | None = None
    operator: OperatorSeat | None = None
    warning: str = ""

    @property
    def is_official(self) -> bool:
        """Whether the account has any role."""
        return bool(self.grants)


class NotSignedIn(Refusal):
    """The request has no valid session."""

    code = "not_signed_in"
    status = 401
    zh = "请先登录。"
    en = "Sign in first."


class NotAllowed(Refusal):
    """The actor has no role that allows this in this scope."""

    code = "not_allowed"
    status = 403
    zh = "您没有这里的这项职责。"
    en = "You have no role that allows this here."


class AuditorReads(NotAllowed):
    """The request would change something, and the actor is an auditor, who reads."""

    code = "auditor_reads"
    zh = "审计账号只看，不改。"
    en = "An auditor's account reads and changes nothing."


class SecondFactorRequired(Refusal):
    """The official's session has not been verified by the second factor."""

    code = "second_factor_needed"
    status = 403
    zh = "请先输入动态口令。"
    en = "Enter your second factor first."


class NotFound(Refusal):
    """The object does not exist or the actor may not see it: the response is the same."""

    code = "not_found"
    status = 404
    zh = "没有找到。"
    en = "Not found."


class InvalidPhone(Refusal):
    """The phone number is not a mainland mobile number."""

    code = "bad_phone"
    status = 422
    zh = "请填 11 位手机号，13 到 19 开头。"
    en = "Enter a mainland mobile number of 11 digits."


class TooManyCodes(Refusal):
    """The limit of one-time codes of the phone, the network or the whole service is reached.

    `retry_after` is in seconds: after that there are codes again.
    """

    code = "too_many_codes"
    status = 429
    zh = "验证码发得太多了，请过一会儿再试。"
    en = "Too many codes were requested; try again later."


class CodeJustSent(Refusal):
    """A code was sent to the phone a moment ago; `retry_after` is in seconds."""

    code = "code_just_sent"
    status = 429
    zh = "刚发过，{retry_after} 秒后可以再发。"
    en = "A code was just sent; request another one in {retry_after} s."


class WrongCode(Refusal):
    """The one-time code is wrong."""

    code = "wrong_code"
    status = 401
    zh = "验证码不对，请照最新那条短信再写一遍。"
    en = "The code is wrong; check the latest message."


class ExpiredCode(WrongCode):
    """No code was sent to the phone, or the last one has expired or was used."""

    zh = "验证码过期了，请再发一次。"
    en = "The code is no longer valid; request a new one."


class CodeAttemptsUsedUp(WrongCode):
    """The code was attempted too often, so that it is refused even if it is correct."""

    zh = "试了太多次，这个验证码作废了，请再发一次。"
    en = "The code was attempted too often; request a new one."


class WrongSecondFactor(Refusal):
    """The time-based code is wrong or was already used."""

    code = "wrong_second_factor"
    status = 401
    zh = "动态口令不对或已用过，请等下一个再试。"
    en = "The second factor is wrong or was already used; wait for the next code."


class OfficialNameFixed(Refusal):
    """Officials are known by their names where an identity number is missing, so that they do not change their own."""

    code = "official_name_fixed"
    status = 403
    zh = "公务账号的姓名由管理员登记，自己不能改。"
    en = "The name of an official is registered by an administrator and cannot be changed here."


class NameReserved(Refusal):
    """The name shows nothing, or would pass its bearer off as the platform or an authority; `errors` has the reason."""

    code = "name_reserved"
    status = 422
    zh = "这个名字不能用：它什么也不显示，或会让人以为是平台或官方的人。请换一个。"
    en = "This name shows nothing, or suggests the platform or an authority; choose another one."


class NameVerified(Refusal):
    """The name was compared with the person when the shop was opened, and does not change by itself."""

    code = "name_verified"
    zh = "开店的人，姓名是核过的，不能自己改。写错了，请带身份证找县里更正。"
    en = "The name was verified when the shop was opened, and cannot be changed by its bearer."


class PersonRenamed(Refusal):
    """The person has another name than the one that the official read."""

    code = "person_renamed"
    status = 409
    zh = "姓名刚刚改过，现在叫{name}。看过这个姓名，再改。"
    en = "The name was changed after you read it. It is {name} now: check that one first."


class HandleTaken(Refusal):
    """Another account has the handle."""

    code = "handle_taken"
    status = 409
    zh = "账号 {handle} 已有人用。"
    en = "The handle {handle} is taken."


class SentCode(Struct, frozen=True):
    """A queued one-time code; the response is the same for unknown phones."""

    expires_at: datetime


class NewSession(Struct, frozen=True):
    """A new session. The token is returned once and never stored."""

    token: str
    expires_at: datetime
    account_id: AccountId
    name: str
    second_factor: bool
    second_factor_needed: bool


class Session(Struct, frozen=True):
    """A session of an account, as its owner sees it."""

    id: UUID
    device: str
    created_at: datetime
    seen_at: datetime
    current: bool


class Device(Struct, frozen=True):
    """A device that signs in: what it calls itself, and the random key that its browser stores, if it does."""

    name: str = ""
    key: str = ""


NO_DEVICE = Device()
"""A device that tells nothing about itself."""

"""Accounts, one-time codes, sessions, roles, and every permission check of the project."""

from market.identity.access import require_official, require_producer, require_role, sight
from market.identity.actors import actor_by_handle, actor_by_id, actor_by_token
from market.identity.codes import CodeLimits, forget_codes, network_of, request_code
from market.identity.models import (
    AccountId,
    Actor,
    BadPhone,
    CodeSent,
    Grant,
    HandleTaken,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Role,
    SecondFactorNeeded,
    Session,
    SignedIn,
    TooManyCodes,
    WrongCode,
    WrongSecondFactor,
)
from market.identity.officials import BadOfficial, Official, end_official, list_officials, make_official
from market.identity.second_factor import code_at, enrolment_uri
from market.identity.sessions import (
    list_sessions,
    revoke_others,
    revoke_session,
    show_second_factor,
    sign_out,
)
from market.identity.sign_in import change_account, phone_of, sign_in, sign_in_without_code

__all__ = [
    "AccountId",
    "Actor",
    "BadOfficial",
    "BadPhone",
    "CodeLimits",
    "CodeSent",
    "Grant",
    "HandleTaken",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Official",
    "Role",
    "SecondFactorNeeded",
    "Session",
    "SignedIn",
    "TooManyCodes",
    "WrongCode",
    "WrongSecondFactor",
    "actor_by_handle",
    "actor_by_id",
    "actor_by_token",
    "change_account",
    "code_at",
    "end_official",
    "enrolment_uri",
    "forget_codes",
    "list_officials",
    "list_sessions",
    "make_official",
    "network_of",
    "phone_of",
    "request_code",
    "require_official",
    "require_producer",
    "require_role",
    "revoke_others",
    "revoke_session",
    "show_second_factor",
    "sight",
    "sign_in",
    "sign_in_without_code",
    "sign_out",
]

"""Who acts for a division, and what may be written: no telephone and no identity number of anybody."""

import re
from datetime import date

from market.kernel import FieldFault
from market.kernel.text import clean_text, normalize_text
from market.people.identity.access import list_scopes, require_scopes, require_second_factor_of_official
from market.people.identity.models import Actor, NotFound, Role
from market.people.moderation.off_platform import find_link_or_phone
from market.villages.supervision.models import PARTIES, SupervisionTask

_PREFECTURE_DIGITS = 4
_LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[\s-]?\d){13,}[\s-]?[\dXx]")
"""Fifteen characters or more: an identity number, an account, a card; also one that was mistyped."""
NO_NUMBERS = "不写网址、电话号码、身份证号和账号"


def choose_scope(actor: Actor, wanted: str = "") -> str:
    """Return the division whose tasks the actor sees: the wanted one if it is the actor's own, else the widest.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `PARTIES`.
    """
    require_second_factor_of_official(actor)
    scopes = require_scopes(actor, PARTIES)
    return wanted if wanted in scopes else min(scopes, key=lambda scope: (len(scope), scope))


def list_issuer_scopes(actor: Actor) -> list[str]:
    """Return the provinces and prefectures for which the actor issues and checks."""
    return list_scopes(actor, {Role.SUPERVISOR})


def list_assignee_scopes(actor: Actor) -> list[str]:
    """Return the prefectures and counties for which the actor sends evidence."""
    return [
        scope
        for role, wide in ((Role.SUPERVISOR, True), (Role.COUNTY, False))
        for scope in list_scopes(actor, {role})
        if (len(scope) <= _PREFECTURE_DIGITS) == wide
    ]


def get_assignee_role(scope: str) -> Role:
    """Return the role of the officials who send the evidence for a prefecture or a county."""
    return Role.SUPERVISOR if len(scope) <= _PREFECTURE_DIGITS else Role.COUNTY


def require_issuer(actor: Actor, scope: str) -> None:
    """Require the role of a supervisor for exactly this division.

    Raises:
        NotAllowed, SecondFactorRequired: the actor supervises nothing.
        NotFound: the actor supervises another division; the response does not reveal its tasks.
    """
    require_second_factor_of_official(actor)
    if scope not in require_scopes(actor, {Role.SUPERVISOR}):
        raise NotFound


def require_assignee(actor: Actor, task: SupervisionTask) -> None:
    """Require an official of the division that has to do a task.

    Raises:
        NotFound: the actor is none.
    """
    if task.assignee_scope not in list_assignee_scopes(actor):
        raise NotFound


def check_text(field: str, text: str, missing: str, most: int, faults: list[FieldFault]) -> str:
    """Return a text as it is stored; a fault if it is shorter than two characters, too long, or has a number."""
    written = clean_text(text)
    if not 2 <= len(written) <= most:
        faults.append(FieldFault(field, f"{missing}，2 到 {most} 个字"))
    elif find_link_or_phone(written) or _LONG_NUMBER.search(normalize_text(written)):
        faults.append(FieldFault(field, NO_NUMBERS))
    return written


def find_due_fault(due_on: date, *, today: date, latest: date | None) -> str | None:
    """Return what is wrong with a day until which something is asked for, or None."""
    if due_on < today:
        return f"不能早于今天 {today}"
    if latest is not None and due_on > latest:
        return f"不能晚于上级给的期限 {latest}"
    return None

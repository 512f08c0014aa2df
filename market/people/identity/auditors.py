"""The bounds of an auditor's role: for a county or wider, for a time, and beside no other role."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.people.identity.models import AccountId, Role

MAX_AUDIT_DAYS = 180
"""An auditor's role ends after this many days, or earlier."""
_COUNTY_DIGITS = 6
_NOT_ALONE = FieldFault("roles", "an auditor has no other role")
_NOT_PARTIAL = FieldFault("place", "an auditor's is a county or wider")
_FAULTS = {"grants_auditor_alone": _NOT_ALONE, "grants_auditor_scope": _NOT_PARTIAL}

SET_AUDITOR_END = Query(None, "SELECT set_auditor_end(:account_id::uuid, :last::date, :by::text, :now::timestamptz)")


def list_auditor_faults(roles: Sequence[Role], scope: str, last: date | None, *, today: date) -> list[FieldFault]:
    """Return what is wrong with an auditor's role beside others, for a scope, until a last day."""
    audits = Role.AUDITOR in roles
    faults: list[FieldFault] = []
    if audits and len(set(roles)) > 1:
        faults.append(_NOT_ALONE)
    if audits and len(scope) > _COUNTY_DIGITS:
        faults.append(_NOT_PARTIAL)
    if last is not None and not (audits and today <= last < today + timedelta(days=MAX_AUDIT_DAYS)):
        faults.append(FieldFault("last", f"for an auditor: a day from today on, {MAX_AUDIT_DAYS} days at most"))
    return faults


def find_auditor_fault(error: asyncpg.PostgresError) -> FieldFault | None:
    """Return the fault for which the schema refused an auditor's role, or None if it refused something else."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return _FAULTS.get(error.constraint_name or "")
    return None


async def set_auditor_end(conn: Connection, account_id: AccountId, last: date, *, by: str, now: datetime) -> None:
    """Let an auditor's role that began today end after `last`, which the caller has checked."""
    await SET_AUDITOR_END.run(conn, account_id=account_id, last=last, by=by, now=now)

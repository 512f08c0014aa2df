"""Record what auditors read."""

import re
from datetime import datetime
from uuid import UUID

from market.kernel import Connection
from market.people.audit.record import add_audit_entry

READ = "read"
"""The action of an entry that says what an auditor read."""
_COUNTY = re.compile(r"[0-9]{6}")
_PERSONAL_NUMBER = re.compile(r"(?<!\w)(1[0-9]{10}|[0-9]{15}|[0-9]{17}[0-9Xx])(?!\w)")
"""A phone or an identity number, which the audit record must not have."""
_MAX_LENGTH = 500


async def record_reading(conn: Connection, *, account_id: UUID, county: str, read: str, now: datetime) -> None:
    """Record what an auditor is about to read, in the caller's transaction.

    `read` is method and address, or the words of a command; phone and identity numbers in it are left out. It belongs
    to `county`, six digits, if it is one.
    """
    shown = _PERSONAL_NUMBER.sub("…", read)[:_MAX_LENGTH]
    object_ = f"county:{county}" if _COUNTY.fullmatch(county) else f"account:{account_id}"
    await add_audit_entry(conn, actor=str(account_id), action=READ, object=object_, detail={"read": shown}, now=now)

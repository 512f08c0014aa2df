"""Add audit entries."""

from collections.abc import Mapping
from datetime import datetime

from market.kernel import Connection, Query

ADD_ENTRY = Query(
    None,
    "SELECT add_audit_entry(:at::timestamptz, :actor::text, :action::text, :object::text, :detail::jsonb)",
)


async def add_audit_entry(
    conn: Connection,
    *,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the audit record's own term
    detail: dict[str, object],
    now: datetime,
) -> None:
    """Add an audit entry in the caller's transaction.

    `actor` is an account id or the name of a job. `object` identifies the changed object (`producer:…`); entries of one
    object are ordered. `detail` must not contain a phone or identity number.
    """
    await ADD_ENTRY.run(conn, at=now, actor=actor, action=action, object=object, detail=detail)


async def record_export(
    conn: Connection, *, actor: str, name: str, county: str, detail: Mapping[str, object], now: datetime
) -> None:
    """Record who took a file or a list with single lines or households of a county. See `add_audit_entry`."""
    await add_audit_entry(
        conn, actor=actor, action=f"export {name}", object=f"county:{county}", detail=dict(detail), now=now
    )

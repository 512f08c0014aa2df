"""Add audit entries."""

from collections.abc import Collection, Mapping
from datetime import datetime

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_day_start

ADD_ENTRY = Query(
    None,
    "SELECT add_audit_entry(:at::timestamptz, :actor::text, :action::text, :object::text, :detail::jsonb)",
)

# One look a day of the same person: a page that is opened again adds nothing to the record. In the order of the chains,
# whose locks are held until the transaction ends.
ADD_LOOKS = Query(
    int,
    """
    SELECT count(added)::integer
      FROM (SELECT add_audit_entry(:now::timestamptz, :actor::text, :action::text, looked, '{}'::jsonb) AS added
              FROM (SELECT looked FROM unnest(:objects::text[]) AS looked
                     WHERE NOT EXISTS (SELECT FROM audit_entries
                                        WHERE object = looked AND at >= :since::timestamptz AND actor = :actor
                                          AND action = :action)
                     ORDER BY hashtextextended(looked, 0) & 15, looked) AS unseen) AS looks
    """,
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


async def record_looks(conn: Connection, *, actor: str, action: str, objects: Collection[str], now: datetime) -> None:
    """Record that somebody read personal data of objects, once a day each; the person reads it in 谁看过我的信息."""
    since = get_day_start(get_business_day(now))
    await ADD_LOOKS.one(conn, actor=actor, action=action, objects=list(objects), since=since, now=now)

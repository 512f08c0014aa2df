"""Writing an entry, and verifying that none was changed."""

from datetime import datetime

from msgspec import Struct

from market.kernel import Connection, Query

ADD_ENTRY = Query(
    None,
    "SELECT audit_add(:at::timestamptz, :actor::text, :action::text, :object::text, :detail::jsonb)",
)


class AuditFault(Struct, frozen=True):
    """An entry whose hash does not follow from the one before it."""

    chain: int
    n: int


BROKEN_ENTRIES = Query(
    AuditFault,
    """
    SELECT chain, n
      FROM (SELECT *,
                   lag(hash, 1, '\\x00'::bytea) OVER chains AS before,
                   lag(n, 1, 0::bigint) OVER chains AS n_before
              FROM audit_entries
            WINDOW chains AS (PARTITION BY chain ORDER BY n)) AS entries
     WHERE previous <> before
        OR n <> n_before + 1
        OR hash <> audit_hash(previous, chain, n, at, actor, action, object, detail)
     ORDER BY chain, n
     LIMIT 100
    """,
)

COUNT_ENTRIES = Query(int, "SELECT count(*) FROM audit_entries")


async def record(
    conn: Connection,
    *,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the record's own word
    detail: dict[str, object],
    now: datetime,
) -> None:
    """Add an entry to the record, in the caller's transaction.

    `actor` is an account id or the name of a job; `object` is what was acted on (`producer:…`), and entries of one
    object stay in their order. `detail` never holds a phone or identity number.
    """
    await ADD_ENTRY.run(conn, at=now, actor=actor, action=action, object=object, detail=detail)


async def verify(conn: Connection) -> tuple[int, list[AuditFault]]:
    """Recompute every hash; return how many entries there are and the first hundred that do not fit."""
    return await COUNT_ENTRIES.one(conn), await BROKEN_ENTRIES.all(conn)

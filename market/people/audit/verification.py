"""Verify that no audit entry was changed or removed, also against heads that were noted outside of the database."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct, field

from market.kernel import Connection, Query

MAX_FAULTS = 100
_START = b"\x00"
_CHUNK = 5_000


class AuditFaultKind(StrEnum):
    """What is wrong: an entry that was changed or removed, or a noted head that is gone or is another entry now."""

    BROKEN = "broken"
    HEAD_MISSING = "head_missing"
    HEAD_REWRITTEN = "head_rewritten"


class AuditFault(Struct, frozen=True):
    """An entry whose hash or sequence number does not match its chain, or a noted head that does not match it."""

    chain: int
    sequence: int = field(name="n")
    kind: AuditFaultKind = AuditFaultKind.BROKEN


class AuditHead(Struct, frozen=True):
    """The newest entry of a chain at some time; the hash is in hex."""

    chain: int
    sequence: int = field(name="n")
    hash: str


class CheckedChunk(Struct, frozen=True):
    """A checked piece of a chain: its size, its last entry, and the sequence numbers of broken entries."""

    entries: int
    last_sequence: int | None
    last_hash: bytes | None
    broken: list[int]


LIST_HEADS = Query(
    AuditHead,
    """
    SELECT chain, sequence AS n, encode(hash, 'hex') AS hash
      FROM generate_series(0, 15) AS chains (number)
     CROSS JOIN LATERAL (SELECT chain, sequence, hash FROM audit_entries
                          WHERE chain = chains.number ORDER BY sequence DESC LIMIT 1) AS heads
     ORDER BY chain
    """,
)
CHECK_CHUNK = Query(
    CheckedChunk,
    """
    WITH checked AS (
        SELECT sequence, hash,
               previous <> lag(hash, 1, :previous::bytea) OVER ordered
               OR sequence % 10000000000 <> lag(sequence, 1, :after::bigint) OVER ordered % 10000000000 + 1
               OR hash <> hash_audit_entry(previous, chain, sequence, at, actor, action, object, detail) AS broken
          FROM read_audit_chain(:chain::smallint, :after::bigint, :size::integer) AS entries
        WINDOW ordered AS (ORDER BY sequence))
    SELECT count(*) AS entries, max(sequence) AS last_sequence,
           (SELECT hash FROM checked ORDER BY sequence DESC LIMIT 1) AS last_hash,
           coalesce((array_agg(sequence ORDER BY sequence) FILTER (WHERE broken))[1:100], '{}') AS broken
      FROM checked
    """,
)
LIST_TAKEN_HEADS = Query(AuditHead, "SELECT chain, n, hash FROM list_taken_audit_heads()")
COMPARE_HEADS = Query(
    AuditFault,
    """
    SELECT h.chain, h.n,
           CASE WHEN coalesce(e.hash, a.hash) IS NULL THEN 'head_missing' ELSE 'head_rewritten' END AS kind
      FROM jsonb_to_recordset(:heads::jsonb) AS h (chain smallint, n bigint, hash text)
      LEFT JOIN audit_entries e ON e.chain = h.chain AND e.sequence = h.n
      LEFT JOIN LATERAL (SELECT archived.sequence, archived.hash
                           FROM (SELECT WHERE e.chain IS NULL) AS missing
                          CROSS JOIN read_audit_chain(h.chain, h.n - 1, 1) AS archived) AS a ON a.sequence = h.n
     WHERE encode(coalesce(e.hash, a.hash), 'hex') IS DISTINCT FROM h.hash
     ORDER BY h.chain, h.n
     LIMIT 100
    """,
)


async def list_heads(conn: Connection) -> list[AuditHead]:
    """Return the newest entry of each chain that has one."""
    return await LIST_HEADS.all(conn)


async def verify_audit(
    conn: Connection, *, noted: Sequence[AuditHead] = (), after: Sequence[AuditHead] = ()
) -> tuple[int, list[AuditFault]]:
    """Recompute every hash; return the number of entries and the first 100 faults.

    A removed end, a removed chain and a rewritten chain match themselves: they are found by comparing the `noted` heads
    of earlier times. Entries up to the heads in `after` are skipped. Archived months are read as the others; one whose
    table was taken elsewhere is not, and nor are the heads noted in it. Reads 5,000 entries a statement.
    """
    taken = {head.chain: head for head in await LIST_TAKEN_HEADS.all(conn)}
    present = [head for head in noted if head.chain not in taken or head.sequence > taken[head.chain].sequence]
    faults = await COMPARE_HEADS.all(conn, heads=present)
    starts = taken | {head.chain: head for head in after}
    entries = 0
    for chain in range(16):
        start = starts.get(chain)
        sequence, previous = (start.sequence, bytes.fromhex(start.hash)) if start else (0, _START)
        while True:
            chunk = await CHECK_CHUNK.one(conn, chain=chain, after=sequence, previous=previous, size=_CHUNK)
            entries += chunk.entries
            faults += [AuditFault(chain, number) for number in chunk.broken]
            if chunk.entries < _CHUNK or chunk.last_sequence is None or chunk.last_hash is None:
                break
            sequence, previous = chunk.last_sequence, chunk.last_hash
    return entries, faults[:MAX_FAULTS]

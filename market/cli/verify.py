"""Proving again what must hold: the ledger from its postings, the audit record from its hashes."""

from msgspec import Struct, to_builtins

from market.audit import verify as verify_record
from market.cli.runtime import DONE, REFUSED, run, runtime, tell
from market.kernel import Query
from payments.verification import verify as verify_postings


class Size(Struct, frozen=True):
    """How much was looked at."""

    transactions: int
    postings: int


SIZE = Query(
    Size,
    """
    SELECT (SELECT count(*) FROM payments.transactions) AS transactions,
           (SELECT count(*) FROM payments.postings) AS postings
    """,
)


def ledger(*, as_json: bool) -> int:
    """Recompute the ledger; tell what was found; return 1 where something does not hold."""
    found: list[object] = []

    async def work() -> None:
        async with runtime() as ctx, ctx.db.transaction(scope="all") as conn:
            found.extend(await verify_postings(conn))
            size = await SIZE.one(conn)
        tell({"outcome": "broken" if found else "ok", **to_builtins(size), "findings": found}, as_json=as_json)

    return run(work, as_json=as_json) or (REFUSED if found else DONE)


def audit(*, as_json: bool) -> int:
    """Recompute the audit record's hashes; tell what does not fit; return 1 where something does not."""
    found: list[object] = []

    async def work() -> None:
        async with runtime() as ctx, ctx.db.connection() as conn:
            count, faults = await verify_record(conn)
        found.extend(faults)
        tell({"outcome": "ok" if not faults else "broken", "entries": count, "faults": faults}, as_json=as_json)

    return run(work, as_json=as_json) or (REFUSED if found else DONE)

"""Verify the ledger from its postings, and the audit record from its hashes."""

from msgspec import Struct, to_builtins

from market.audit.record import verify_audit as verify_record
from market.cli.runtime import DONE, REFUSED, open_runtime, print_result, run
from market.kernel import Query
from payments.verification import verify_ledger as verify_postings


class LedgerSize(Struct, frozen=True):
    """How many rows were verified."""

    transactions: int
    postings: int


COUNT_LEDGER_ROWS = Query(
    LedgerSize,
    """
    SELECT (SELECT count(*) FROM payments.transactions) AS transactions,
           (SELECT count(*) FROM payments.postings) AS postings
    """,
)


def verify_ledger(*, as_json: bool) -> int:
    """Verify the ledger and print the findings; return 1 if there are any."""
    findings: list[object] = []

    async def work() -> None:
        async with open_runtime() as ctx, ctx.db.transaction(scope="all") as conn:
            findings.extend(await verify_postings(conn))
            size = await COUNT_LEDGER_ROWS.one(conn)
        print_result(
            {"outcome": "broken" if findings else "ok", **to_builtins(size), "findings": findings}, as_json=as_json
        )

    return run(work, as_json=as_json) or (REFUSED if findings else DONE)


def verify_audit_record(*, as_json: bool) -> int:
    """Verify the hashes of the audit record and print the faults; return 1 if there are any."""
    findings: list[object] = []

    async def work() -> None:
        async with open_runtime() as ctx, ctx.db.connection() as conn:
            count, faults = await verify_record(conn)
        findings.extend(faults)
        print_result({"outcome": "ok" if not faults else "broken", "entries": count, "faults": faults}, as_json=as_json)

    return run(work, as_json=as_json) or (REFUSED if findings else DONE)

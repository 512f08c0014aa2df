"""Verify the ledger from its postings, and the audit record from its hashes."""

from contextlib import suppress
from pathlib import Path

import asyncpg
from msgspec import Struct, to_builtins

from market.kernel import Query, open_database
from market.kernel.postgres.months import archive_partitions
from market.kernel.postgres.schema_guards import list_schema_changes
from market.people.audit.heads_file import NotedHeads, read_heads
from market.people.audit.verification import list_heads
from market.people.audit.verification import verify_audit as verify_record
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.service.commands.runtime import DONE, REFUSED, open_runtime, print_result, run
from market.subsidies.clawbacks.ledger import CLAWBACK_PREFIX, verify_receivables
from market.subsidies.month.budget_lines import BUDGET_PREFIX, verify_budget_lines
from payments.ledger.months import archive_months
from payments.ledger.verification import add_checkpoints, find_checkpoint
from payments.ledger.verification import verify_ledger as verify_postings


class LedgerSize(Struct, frozen=True):
    """How many rows were verified."""

    transactions: int
    postings: int


LEDGER_PREFIXES = (*ORDER_PREFIXES, BUDGET_PREFIX, CLAWBACK_PREFIX)
"""How the keys of transactions begin that belong to no payment."""

SUBSIDY_TABLES = ("usage_days", "claims", "run_lines", "run_explanations")
"""What a month's subsidy rests on, by month; moved to the archive after the ledger was verified."""

COUNT_LEDGER_ROWS = Query(
    LedgerSize,
    """
    SELECT (SELECT count(*) FROM payments.transactions WHERE id > :after) AS transactions,
           (SELECT count(*) FROM payments.postings WHERE transaction_id > :after) AS postings
    """,
)


def verify_ledger(*, everything: bool, as_json: bool) -> int:
    """Verify the ledger, and the schema that guards it, and print the findings; return 1 if there are any.

    Without `everything`, what is open or newer than the last checkpoint. Without findings, checkpoints are added and
    what is older than 60 months moves to the archive, of subsidies after ten years; only the owner may: the service
    cannot close what it posted.
    """
    findings: list[object] = []

    async def work() -> None:
        async with open_runtime() as ctx:
            async with ctx.db.connection() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
                since = None if everything else await find_checkpoint(conn)
                findings.extend(await verify_postings(conn, since=since, prefixes=LEDGER_PREFIXES))
                findings.extend(await verify_orders(conn, since=since))
                findings.extend(await verify_budget_lines(conn))
                findings.extend(await verify_receivables(conn))
                findings.extend(await list_schema_changes(conn))
                size = await COUNT_LEDGER_ROWS.one(conn, after=since.through_id if since else 0)
            result = {"outcome": "broken" if findings else "ok", **to_builtins(size), "findings": findings}
            if not findings:
                await _close_months(ctx.owner_dsn)
        print_result(result, as_json=as_json)

    return run(work, as_json=as_json) or (REFUSED if findings else DONE)


async def _close_months(dsn: str) -> None:
    owner = await open_database(dsn, max_size=1, max_statement_seconds=0)
    try:
        with suppress(asyncpg.InsufficientPrivilegeError):
            await add_checkpoints(owner)
            await archive_months(owner)
            await archive_partitions(owner, tables=SUBSIDY_TABLES)
    finally:
        await owner.close()


async def _archive_audit_months(dsn: str) -> None:
    owner = await open_database(dsn, max_size=1, max_statement_seconds=0)
    try:
        with suppress(asyncpg.InsufficientPrivilegeError):
            await archive_partitions(owner, tables=("audit_entries",))
    finally:
        await owner.close()


def verify_audit_record(heads: Path | None, *, new_only: bool, as_json: bool) -> int:
    """Verify the hashes of the audit record and print the faults; return 1 if there are any.

    `heads` is a file of noted heads, which must still be in the record. With `new_only` the entries up to the newest
    of them are not read again. Without it, and without faults, months of more than five years ago move to the archive,
    if the owner runs it.
    """
    findings: list[object] = []

    async def work() -> None:
        lines = read_heads(heads) if heads else []
        newest = lines[-1].heads if lines and new_only else []
        noted = {(head.chain, head.sequence, head.hash): head for line in lines for head in line.heads}
        async with open_runtime() as ctx, ctx.db.connection() as conn:
            count, faults = await verify_record(conn, noted=list(noted.values()), after=newest)
            if not faults and not new_only:
                await _archive_audit_months(ctx.owner_dsn)
        findings.extend(faults)
        outcome = "broken" if faults else "ok"
        result = {"outcome": outcome, "entries": count, "heads": len(noted), "faults": faults}
        print_result(result, as_json=as_json)

    return run(work, as_json=as_json) or (REFUSED if findings else DONE)


async def list_audit_heads() -> NotedHeads:
    """Return the newest entry of each chain, in the form of a line of the file."""
    async with open_runtime() as ctx, ctx.db.connection() as conn:
        return NotedHeads(ctx.clock.now(), await list_heads(conn))

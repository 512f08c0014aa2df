"""The ledger's archive in tests of the market; `tests/payments/test_months.py` moves real months."""

from market.kernel import Connection


async def archive_ledger(owner: Connection) -> None:
    """Leave of all that was posted what the archive leaves: the sum of each account."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(
            "INSERT INTO payments.archived_sums SELECT account_id, sum(amount_minor) FROM payments.postings GROUP BY 1"
        )
        await owner.execute("DELETE FROM payments.postings")
        await owner.execute("DELETE FROM payments.transactions")

"""The sample's payments at the sandbox provider."""

from datetime import UTC, datetime
from pathlib import Path

from market.demo.load_sample import LIST_CAPTURED_PAYMENTS
from market.kernel import Connection, open_database
from payments import reconcile
from payments.sandbox import running, seed_payments
from payments.stripe import Stripe
from tests.demo.sample.conftest import NOW


async def test_the_statement_of_the_provider_agrees_with_the_ledger(
    sample: Connection, loaded: str, tmp_path: Path
) -> None:
    paid = await LIST_CAPTURED_PAYMENTS.all(sample)
    assert any(each.refunds for each in paid)
    seed_payments(tmp_path, paid)
    db = await open_database(loaded, max_size=1)
    async with (
        running(folder=tmp_path) as sandbox,
        Stripe("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway,
    ):
        since = datetime(2020, 1, 1, tzinfo=UTC)
        assert await reconcile(db, gateway, day=NOW.date(), since=since, until=NOW) == []
    async with db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payments.statement_lines") > len(paid)
    await db.close()

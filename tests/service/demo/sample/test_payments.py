"""The sample's payments at the sandbox provider."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from market.kernel import Connection, open_database
from market.service.demo.load_sample import LIST_CAPTURED_PAYMENTS, LIST_SEEDED_PAYOUTS
from payments import reconcile
from payments.sandbox import running, seed_payments, seed_payouts
from payments.stripe import Stripe
from tests.service.demo.sample.conftest import NOW


async def test_the_statement_of_the_provider_agrees_with_the_ledger(
    sample: Connection, loaded: str, tmp_path: Path
) -> None:
    paid = await LIST_CAPTURED_PAYMENTS.all(sample)
    assert any(each.refunds for each in paid)
    seed_payments(tmp_path, paid)
    payouts = await LIST_SEEDED_PAYOUTS.all(sample)
    assert sorted(each.state for each in payouts) == ["failed", "in_transit", "paid"]
    seed_payouts(tmp_path, payouts)
    db = await open_database(loaded, max_size=1)
    async with (
        running(folder=tmp_path) as sandbox,
        Stripe("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway,
    ):
        since = datetime(2020, 1, 1, tzinfo=UTC)
        until = datetime.now(UTC) + timedelta(minutes=1)  # the sandbox takes a failed payout back when it is seeded
        assert await reconcile(db, gateway, day=NOW.date(), since=since, until=until) == []
        assert {each.payout_id for each in payouts} == {
            report.payout_id
            for each in payouts
            if (report := await gateway.get_payout(each.destination, each.ref)) and report.state == each.state
        }
    async with db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payments.statement_lines") > len(paid)
    await db.close()

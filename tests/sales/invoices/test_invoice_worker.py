"""What the worker does after refunds: one invoice that fails is tried again later and delays no other."""

from market.kernel import Connection
from tests.sales.invoices.invoiced import PAID_FEN, make_invoiced
from tests.support.shop import Shopping


async def test_an_invoice_that_fails_is_tried_again_later_and_delays_no_other(
    shopping: Shopping, owner: Connection
) -> None:
    stuck, other = await make_invoiced(shopping), await make_invoiced(shopping)
    for each in (stuck, other):
        await each.ask()
        await each.record(PAID_FEN)
        await each.refund(10_00)
    lock = owner.transaction()
    await lock.start()
    await owner.fetch("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", stuck.order_id)
    assert await stuck.work() == 1
    await lock.rollback()
    assert [(await each.see()).task.least_fen for each in (stuck, other)] == [10_00, 10_00]
    open_tasks = "SELECT array_agg(suborder_id) FROM invoice_tasks WHERE NOT closed"
    assert await owner.fetchval(open_tasks) == [other.suborder_id]
    assert await stuck.work() == 0
    [failure] = await owner.fetch("SELECT job, item, attempts, next_at > clock_timestamp() FROM jobs.failures")
    assert tuple(failure) == ("update_invoice", stuck.suborder_id, 1, True)
    await owner.execute("UPDATE jobs.failures SET next_at = clock_timestamp()")
    assert await stuck.work() == 1
    assert len(await owner.fetchval(open_tasks)) == 2
    assert await owner.fetchval("SELECT count(*) FROM jobs.failures") == 0

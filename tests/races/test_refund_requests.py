"""Refunds that need a second person, decided and requested at once by several people."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from uuid import UUID

from market.kernel import Refusal
from market.sales.aftersales.decide_refund import decide_refund_request
from market.sales.orders.cancel import cancel_order
from tests.conftest import NOW
from tests.sales.aftersales.test_refund_requests import Farm, farm, make_finance
from tests.sales.orders.invariants import find_violations
from tests.support.make import add_member

__all__ = ["farm"]


async def check(farm: Farm) -> int:
    """Check the invariants of refunds; return what was refunded with consent."""
    async with farm.shopping.db.connection() as conn:
        violations = await find_violations(conn)
        assert {name: count for name, count in violations.items() if not name.startswith("14")} == {}
        return await conn.fetchval(
            "SELECT coalesce(sum(amount_fen), 0)::bigint FROM refund_requests WHERE state = 'consented'"
        )


async def test_of_two_decisions_at_once_one_counts(farm: Farm) -> None:
    w = farm.shopping
    async with w.db.transaction() as conn:
        deciders = [farm.member, await add_member(conn, farm.product.producer_id, "样例姐姐"), await make_finance(conn)]
    requests = [await farm.request(600_00, key="1"), (await farm.refund(700_00, key="2", line=1)).request_id]

    async def decide(request_id: UUID, number: int) -> str:
        try:
            decided = await decide_refund_request(
                w.db, w.gateway, deciders[number % 3], request_id, consent=number % 2 == 0, now=NOW
            )
        except Refusal as refusal:
            return refusal.code
        return decided.state

    for request_id in requests:
        assert request_id is not None
        answers = await asyncio.gather(*(decide(request_id, number) for number in range(6)))
        assert sorted(set(answers)) in (["consented", "refund_request_ended"], ["refund_request_ended", "refused"])
        assert answers.count("refund_request_ended") == 3
    assert await farm.get_refunded_fen() == await check(farm)


async def test_a_request_or_a_consent_and_a_cancellation_at_once_refund_the_order_once(farm: Farm) -> None:
    w = farm.shopping
    request_id = await farm.request(600_00)

    async def attempt(work: Awaitable[object]) -> None:
        with suppress(Refusal):
            await work

    await asyncio.gather(
        attempt(farm.refund(700_00, key="2", line=1)),
        attempt(cancel_order(w.db, w.gateway, w.seal, w.buyer, farm.order.id, now=NOW)),
        attempt(farm.decide(request_id, farm.member)),
    )
    await check(farm)
    seen = await w.see_id(farm.order.id)
    assert (seen.state, seen.refunded_fen, seen.refund_requested_fen) == ("cancelled", 2_000_00, 0)


async def test_slices_at_once_do_not_exceed_the_limit_without_a_second_person(farm: Farm) -> None:
    w = farm.shopping
    async with w.db.transaction() as conn:
        twin = await add_member(conn, farm.product.producer_id, "样例农户")
        variants = await conn.fetch("SELECT id FROM variants ORDER BY id")
    placed = await w.place([(row["id"], 1) for row in variants])
    await w.pay(placed)
    orders = [farm.order, await w.see(placed)]
    people = [farm.owner, twin]
    refunds = await asyncio.gather(
        *(
            farm.refund(100_00, key=str(number), by=people[number % 2], line=number % 2, order=orders[number // 2 % 2])
            for number in range(12)
        )
    )
    assert sum(each.request_id is None for each in refunds) == 5
    assert await check(farm) == 0

"""Refunds: never above the payment, from the right accounts, exactly once, regardless of the provider's behaviour."""

import asyncio

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import (
    Database,
    Part,
    RefundState,
    balances,
    consume_events,
    get_balance,
    list_order_entries,
    list_refunds,
    post,
    request_refund,
    send_refund,
    split,
    verify_ledger,
)
from payments.errors import InsufficientBalance, KeyAlreadyUsed, RefundExceedsPayment
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.payments.refunding import AT, paid, wanted
from tests.support.sandbox_payments import (
    get_provider_ref,
    load_payment,
    make_order_ref,
)


@pytest.mark.parametrize(
    "change",
    [
        "captured_minor = captured_minor - 1",
        "refunded_minor = refunded_minor + 1",
        "refunded_minor = refunded_minor - 1",
        "disputed_minor = 1",
    ],
)
async def test_the_sums_of_a_payment_are_those_that_were_booked(
    database: Database, gateway: Stripe, sandbox: Sandbox, change: str
) -> None:
    """Not even the role of the service can pretend that a payment took, gave back or lost something else."""
    order = make_order_ref()
    payment = await paid(database, gateway, sandbox, [Part(f"{order}-1", 90_00)])
    async with database.transaction() as conn:
        await request_refund(
            conn, payment.id, amount_minor=5_00, key="1", kind="refund", legs=[(f"escrow:{order}-1", -5_00)], at=AT
        )
    with pytest.raises(asyncpg.PostgresError) as error:
        async with database.transaction() as conn:
            await conn.execute(f"UPDATE payments.payments SET {change}")
    assert error.value.sqlstate == "PL007"
    assert await load_payment(database, payment.id) == msgspec.structs.replace(payment, refunded_minor=5_00)


async def test_a_refund_stays_in_its_account_until_the_provider_pays_it(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await paid(
        database,
        gateway,
        sandbox,
        [Part(f"{order}-1", 90_50, discount_minor=5_49), Part(f"{order}-2", 78_00, discount_minor=4_51)],
    )
    async with database.transaction() as conn:
        refund = await request_refund(
            conn,
            payment.id,
            amount_minor=7_25,
            key="claim:1",
            kind="bad fruit refund before release",
            legs=[(f"escrow:{order}-1", -7_80), ("promotion", 55)],
            at=AT,
        )
        assert refund.state is RefundState.REQUESTED
        assert await get_balance(conn, f"refund:{order}") == 7_25
        assert await get_balance(conn, f"escrow:{order}-1") == 82_70
    sent = await send_refund(database, gateway, refund.id, at=AT)
    assert (sent.state, sent.succeeded_at) == (RefundState.SUCCEEDED, AT)
    async with database.transaction() as conn:
        assert [(each.kind, each.legs) for each in (await list_order_entries(conn, order=order))[:2]] == [
            (
                "bad fruit refund before release",
                [(f"escrow:{order}-1", -7_80), ("promotion", 55), (f"refund:{order}", 7_25)],
            ),
            ("refund settled", [(f"refund:{order}", -7_25), ("clearing:alipay", 7_25)]),
        ]
        (event,) = await consume_events(conn, ["refund.succeeded"])
        assert (event.facts["key"], event.facts["minor"]) == ("claim:1", 7_25)
        assert await verify_ledger(conn) == []
        assert await list_refunds(conn, payment.id) == [sent]
    assert (await load_payment(database, payment.id)).refunded_minor == 7_25


async def test_after_release_a_refund_comes_from_payable_and_commission(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await paid(database, gateway, sandbox, [Part(f"{order}-1", 113_00)])
    async with database.transaction() as conn:
        legs = [(f"escrow:{order}-1", -113_00), ("payable:P3", 94_08), ("commission", 1_92), ("freight:P3", 17_00)]
        await post(conn, key=f"released:{order}-1", kind="released", order=order, legs=legs, at=AT)
        back = split(19_20, [94_08, 1_92])
        legs = [("payable:P3", -back[0]), ("commission", -back[1])]
        await request_refund(conn, payment.id, amount_minor=19_20, key="claim:5", legs=legs, at=AT)
        assert await get_balance(conn, "payable:P3") == 75_26
        assert await get_balance(conn, "commission") == 1_54
        assert await get_balance(conn, f"refund:{order}") == 19_20


async def test_a_repeated_refund_request_is_one_refund(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payment = await paid(database, gateway, sandbox)
    first, again = await wanted(database, payment, 10_00), await wanted(database, payment, 10_00)
    assert again == first
    with pytest.raises(KeyAlreadyUsed):
        await wanted(database, payment, 10_01)
    assert (await load_payment(database, payment.id)).refunded_minor == 10_00


async def test_a_key_used_for_another_payment_is_refused(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    one, other = await paid(database, gateway, sandbox), await paid(database, gateway, sandbox)
    async with database.transaction() as conn:
        await request_refund(conn, one.id, amount_minor=1, key="same")
    async with database.transaction() as conn:
        with pytest.raises(KeyAlreadyUsed):
            await request_refund(conn, other.id, amount_minor=1, key="same")


@pytest.mark.parametrize("minor", [0, -1, 146_01])
async def test_a_refund_above_the_payment_or_of_nothing_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, minor: int
) -> None:
    payment = await paid(database, gateway, sandbox)
    with pytest.raises(RefundExceedsPayment) as refused:
        await wanted(database, payment, minor)
    assert refused.value.facts == {"refundable": "146.00", "refundable_minor": 146_00}
    assert (await load_payment(database, payment.id)).refunded_minor == 0


async def test_thirty_concurrent_refunds_never_exceed_the_payment(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)

    async def once(n: int) -> bool:
        try:
            refund = await wanted(database, payment, 20_00, key=f"r{n}")
        except RefundExceedsPayment:
            return False
        await send_refund(database, gateway, refund.id)
        return True

    assert sum(await asyncio.gather(*(once(n) for n in range(30)))) == 7
    (charge,) = [
        each for each in (await sandbox.state())["charges"] if each["payment_intent"] == get_provider_ref(payment)
    ]
    assert charge["amount_refunded"] == 140_00
    async with database.connection() as conn:
        assert await verify_ledger(conn) == []


async def test_a_full_refund_empties_the_accounts(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    order = make_order_ref()
    payment = await paid(
        database,
        gateway,
        sandbox,
        [Part(f"{order}-1", 90_50, discount_minor=5_49), Part(f"{order}-2", 78_00, discount_minor=4_51)],
    )
    for number, minor in enumerate((33_33, 100_00, 25_17)):
        refund = await wanted(database, payment, minor, key=f"r{number}")
        await send_refund(database, gateway, refund.id)
    async with database.connection() as conn:
        assert await balances(conn, order=order) == {
            f"escrow:{order}-1": 0,
            f"escrow:{order}-2": 0,
            f"refund:{order}": 0,
        }
        assert await get_balance(conn, "promotion") == 0
        assert await get_balance(conn, "clearing:alipay") == 0


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.integers(1, 10**6))
def test_each_part_pays_its_share_and_no_more_than_its_balance(held: list[int], minor: int) -> None:
    amount = min(minor, sum(held))
    for part, holds in zip(split(amount, held), held, strict=True):
        assert 0 <= part <= holds


async def test_without_legs_a_refund_is_limited_to_the_escrow_balances(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await paid(database, gateway, sandbox, [Part(f"{order}-1", 50_00), Part(f"{order}-2", 50_00)])
    async with database.transaction() as conn:
        legs = [(f"escrow:{order}-1", -50_00), ("payable:P9", 50_00)]
        await post(conn, key=f"released:{order}-1", kind="released", order=order, legs=legs)
    with pytest.raises(RefundExceedsPayment) as refused:
        await wanted(database, payment, 50_01)
    assert refused.value.facts == {"refundable": "50.00", "refundable_minor": 50_00}
    async with database.transaction() as conn:
        with pytest.raises(InsufficientBalance):
            await request_refund(conn, payment.id, amount_minor=51_00, key="over", legs=[(f"escrow:{order}-2", -51_00)])
    refund = await wanted(database, payment, 50_00, key="rest")
    assert refund.amount_minor == 50_00

"""The contract of a gateway, for tests of your own implementation against the provider or a sandbox of it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from msgspec import Struct

from payments.errors import InvalidSignature
from payments.models import (
    STRIPE_METHODS,
    AccountKind,
    Method,
    PaymentId,
    PaymentState,
    PayoutId,
    PayoutState,
    RefundId,
    RefundState,
)
from payments.money import Amount
from payments.port import (
    AccountRequest,
    Charge,
    ChargeRequest,
    Declined,
    Gateway,
    Ok,
    Outcome,
    PayoutRequest,
    RefundRequest,
)

__all__ = ["ContractViolationError", "GatewayHarness", "gateway_contract"]

_NUMBERS = {AccountKind.BANK: "000123456789", AccountKind.WECHAT: "13900000001"}


class GatewayHarness(Struct, frozen=True):
    """A gateway and its counterparty: `pay` pays a charge as the payer, `message` returns a signed webhook about it."""

    gateway: Gateway
    pay: Callable[[str], Awaitable[object]]
    message: Callable[[str], Awaitable[tuple[Mapping[str, str], bytes]]]


class ContractViolationError(AssertionError):
    """The gateway violates the contract of `Gateway`."""


def _require(*, that: bool, promise: str) -> None:
    if not that:
        raise ContractViolationError(promise)


def _require_ok[T](outcome: Outcome[T], promise: str) -> T:
    if not isinstance(outcome, Ok):
        raise ContractViolationError(f"{promise}: {outcome}")
    return outcome.value


async def gateway_contract(make: Callable[[], AbstractAsyncContextManager[GatewayHarness]]) -> int:
    """Run the contract of `payments.port.Gateway` and return the number of checks.

    Raises:
        ContractViolationError: a check failed; the message names the promise.
    """
    checks = (
        _check_create,
        _check_lookup,
        _check_cancel,
        _check_capture,
        _check_refund,
        _check_payout,
        _check_statement,
        _check_webhook,
    )
    async with make() as harness:
        for check in checks:
            await check(harness)
    return len(checks)


def _build_request(minor: int = 12_34, method: Method = Method.ALIPAY) -> ChargeRequest:
    payment_id = PaymentId(uuid4())
    return ChargeRequest(payment_id, f"C-{payment_id}", Amount(minor, "CNY"), method, "https://shop.example/back")


async def _create(harness: GatewayHarness, request: ChargeRequest) -> Charge:
    return _require_ok(await harness.gateway.create(request, f"create:{request.payment_id}"), "a charge is created")


async def _create_paid(harness: GatewayHarness) -> Charge:
    charge = await _create(harness, _build_request())
    await harness.pay(charge.ref)
    return charge


async def _check_create(harness: GatewayHarness) -> None:
    request = _build_request()
    for method in STRIPE_METHODS.values():
        request = _build_request(method=method)
        first, again = await _create(harness, request), await _create(harness, request)
        _require(that=first.ref == again.ref, promise="the same key creates one charge")
        _require(
            that=first.state is PaymentState.REQUIRES_ACTION, promise="a new charge requires an action of the payer"
        )
        _require(that=first.action is not None, promise="a new charge describes the payer's action")
        _require(that=first.payment_id == request.payment_id, promise="a charge has our payment id")
    other = ChargeRequest(request.payment_id, request.order, Amount(99_99, "CNY"), request.method, None)
    outcome = await harness.gateway.create(other, f"create:{request.payment_id}")
    _require(that=not isinstance(outcome, Ok), promise="a key with other parameters creates nothing")


async def _check_lookup(harness: GatewayHarness) -> None:
    request = _build_request()
    charge = await _create(harness, request)
    retrieved = await harness.gateway.get_charge(charge.ref)
    found_by_id = await harness.gateway.find_charge(request.payment_id)
    for each in (retrieved, found_by_id):
        _require(
            that=each is not None and each.ref == charge.ref,
            promise="a charge can be retrieved by its reference and by our payment id",
        )
    unknown = await harness.gateway.find_charge(PaymentId(uuid4()))
    _require(that=unknown is None, promise="an unknown payment has no charge")


async def _check_cancel(harness: GatewayHarness) -> None:
    charge = await _create(harness, _build_request())
    canceled = _require_ok(
        await harness.gateway.cancel(charge.ref, f"cancel:{charge.payment_id}"), "a charge can be canceled"
    )
    _require(that=canceled.state is PaymentState.CANCELED, promise="the state of a canceled charge is canceled")
    paid = await _create_paid(harness)
    captured = _require_ok(
        await harness.gateway.cancel(paid.ref, f"cancel:{paid.payment_id}"), "a captured charge answers"
    )
    _require(that=captured.state is PaymentState.CAPTURED, promise="a captured charge is not canceled")


async def _check_capture(harness: GatewayHarness) -> None:
    charge = await _create_paid(harness)
    retrieved = await harness.gateway.get_charge(charge.ref)
    _require(
        that=retrieved is not None and retrieved.state is PaymentState.CAPTURED, promise="a paid charge is captured"
    )
    _require(that=retrieved is not None and retrieved.captured_minor == 12_34, promise="the full amount is captured")


async def _check_refund(harness: GatewayHarness) -> None:
    charge = await _create_paid(harness)
    request = RefundRequest(RefundId(uuid4()), 1, charge.ref, Amount(5_00, "CNY"))
    first = _require_ok(await harness.gateway.refund(request, f"refund:{request.refund_id}"), "a refund is created")
    again = _require_ok(await harness.gateway.refund(request, f"refund:{request.refund_id}"), "a refund is created")
    _require(that=first.ref == again.ref, promise="the same key creates one refund")
    _require(
        that=first.state in {RefundState.PENDING, RefundState.SUCCEEDED}, promise="a refund is pending or succeeded"
    )
    listed = await harness.gateway.list_refunds(charge.ref)
    ours = [(each.refund_id, each.attempt, each.amount.minor) for each in listed]
    _require(that=ours == [(request.refund_id, 1, 5_00)], promise="the refunds of a charge are listed")
    more = RefundRequest(RefundId(uuid4()), 1, charge.ref, Amount(7_35, "CNY"))
    outcome = await harness.gateway.refund(more, f"refund:{more.refund_id}")
    _require(that=isinstance(outcome, Declined), promise="a refund above the remaining amount is declined")


async def _check_payout(harness: GatewayHarness) -> None:
    gateway, payee = harness.gateway, str(uuid4())
    await _create_paid(harness)
    for kind in set(AccountKind) - gateway.account_kinds:
        request = AccountRequest(payee=payee, kind=kind, holder="样例", number=_NUMBERS[kind])
        refused = await gateway.open_account(request, f"account:{kind}:{payee}")
        _require(that=isinstance(refused, Declined), promise="an account of a kind that it does not pay to is declined")
    for kind in sorted(gateway.account_kinds):
        request = AccountRequest(payee=payee, kind=kind, holder="样例", number=_NUMBERS[kind])
        outcome = await gateway.open_account(request, f"account:{kind}:{payee}")
        account = _require_ok(outcome, "an account of each kind that it pays to is registered")
        _require(that=account.verified, promise="the account of its holder is verified")
        await _check_payout_to(gateway, account.ref)


async def _check_payout_to(gateway: Gateway, destination: str) -> None:
    request = PayoutRequest(PayoutId(uuid4()), destination, Amount(5_00, "CNY"))
    first = _require_ok(await gateway.pay_out(request, f"payout:{request.payout_id}"), "a payout is made")
    again = _require_ok(await gateway.pay_out(request, f"payout:{request.payout_id}"), "a payout is made")
    _require(that=first.ref == again.ref, promise="the same key pays out once")
    _require(that=first.state in {PayoutState.IN_TRANSIT, PayoutState.PAID}, promise="a payout is on its way or paid")
    retrieved = await gateway.get_payout(destination, first.ref)
    found = await gateway.find_payout(destination, request.payout_id)
    for each in (retrieved, found):
        ours = each is not None and (each.ref, each.payout_id, each.amount.minor)
        _require(that=ours == (first.ref, request.payout_id, 5_00), promise="a payout is found by reference and id")
    _require(that=await gateway.find_payout(destination, PayoutId(uuid4())) is None, promise="no other payout is found")


async def _check_statement(harness: GatewayHarness) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    charge = await _create_paid(harness)
    refund_id = RefundId(uuid4())
    await harness.gateway.refund(RefundRequest(refund_id, 1, charge.ref, Amount(34, "CNY")), f"refund:{refund_id}")
    lines = await harness.gateway.list_statement_lines(since, datetime.now(UTC) + timedelta(minutes=1))
    charged = [line.amount.minor for line in lines if line.payment_id == charge.payment_id and line.kind == "charge"]
    refunded = [line.amount.minor for line in lines if line.refund_id == refund_id and line.kind == "refund"]
    _require(that=(charged, refunded) == ([12_34], [-34]), promise="the statement has the charge and its refund")


async def _check_webhook(harness: GatewayHarness) -> None:
    charge = await _create_paid(harness)
    headers, body = await harness.message(charge.ref)
    now = datetime.now(UTC)
    notice = harness.gateway.verify(headers, body, now)
    _require(that=notice.object_ref == charge.ref, promise="a webhook names its charge")
    changed = bytes([body[0], body[1] ^ 1, *body[2:]])
    unsigned: Mapping[str, str] = {}
    late, early = now + timedelta(minutes=10), now - timedelta(minutes=10)
    wrong = ((headers, changed, now), (unsigned, body, now), (headers, body, late), (headers, body, early))
    for each_headers, each_body, moment in wrong:
        try:
            harness.gateway.verify(each_headers, each_body, moment)
        except InvalidSignature:
            continue
        raise ContractViolationError("a webhook that is changed, unsigned, old or from the future is rejected")

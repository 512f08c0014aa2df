"""For those who write a gateway of their own: its contract, run against the real thing or a stand-in for it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from msgspec import Struct

from payments.models import BadSignature, Method, PaymentId, PaymentState, RefundId, RefundState
from payments.money import Amount
from payments.port import Charge, ChargeRequest, Declined, Gateway, Ok, Outcome, RefundRequest


class Rig(Struct, frozen=True):
    """A gateway and the other side of it: `pay` does as the payer does, `message` returns a signed message."""

    gateway: Gateway
    pay: Callable[[str], Awaitable[object]]
    message: Callable[[str], Awaitable[tuple[Mapping[str, str], bytes]]]


class BrokenContractError(AssertionError):
    """The gateway does not do what `Gateway` promises."""


def _expect(*, that: bool, promise: str) -> None:
    if not that:
        raise BrokenContractError(promise)


def _done[T](outcome: Outcome[T], promise: str) -> T:
    if not isinstance(outcome, Ok):
        raise BrokenContractError(f"{promise}: {outcome}")
    return outcome.value


async def gateway_contract(make: Callable[[], AbstractAsyncContextManager[Rig]]) -> int:
    """Run the contract of `payments.port.Gateway` and return how many promises were checked.

    Raises:
        BrokenContractError: a promise is not kept; its text says which.
    """
    checks = (_creates_once, _finds, _ends, _is_paid, _gives_back, _accounts, _verifies)
    async with make() as rig:
        for check in checks:
            await check(rig)
    return len(checks)


def _request(minor: int = 12_34, method: Method = Method.ALIPAY) -> ChargeRequest:
    payment_id = PaymentId(uuid4())
    return ChargeRequest(payment_id, f"C-{payment_id}", Amount(minor, "CNY"), method, "https://shop.example/back")


async def _created(rig: Rig, request: ChargeRequest) -> Charge:
    return _done(await rig.gateway.create(request, f"create:{request.payment_id}"), "a charge is created")


async def _paid(rig: Rig) -> Charge:
    charge = await _created(rig, _request())
    await rig.pay(charge.ref)
    return charge


async def _creates_once(rig: Rig) -> None:
    for method in (Method.ALIPAY, Method.WECHAT):
        request = _request(method=method)
        first, again = await _created(rig, request), await _created(rig, request)
        _expect(that=first.ref == again.ref, promise="the same key makes one charge")
        _expect(that=first.state is PaymentState.REQUIRES_ACTION, promise="a new charge waits for its payer")
        _expect(that=first.action is not None, promise="a new charge says what its payer has to do")
        _expect(that=first.payment_id == request.payment_id, promise="a charge carries our number")
    other = ChargeRequest(request.payment_id, request.order, Amount(99_99, "CNY"), request.method, None)
    outcome = await rig.gateway.create(other, f"create:{request.payment_id}")
    _expect(that=not isinstance(outcome, Ok), promise="a key with other parameters makes nothing")


async def _finds(rig: Rig) -> None:
    request = _request()
    charge = await _created(rig, request)
    asked = await rig.gateway.charge(charge.ref)
    found = await rig.gateway.find_charge(request.payment_id)
    for each in (asked, found):
        _expect(that=each is not None and each.ref == charge.ref, promise="a charge can be asked for and found")
    nobody = await rig.gateway.find_charge(PaymentId(uuid4()))
    _expect(that=nobody is None, promise="a charge that was never made is not found")


async def _ends(rig: Rig) -> None:
    charge = await _created(rig, _request())
    ended = _done(await rig.gateway.cancel(charge.ref, f"cancel:{charge.payment_id}"), "a charge can be ended")
    _expect(that=ended.state is PaymentState.CANCELED, promise="an ended charge is canceled")
    paid = await _paid(rig)
    kept = _done(await rig.gateway.cancel(paid.ref, f"cancel:{paid.payment_id}"), "a captured charge answers")
    _expect(that=kept.state is PaymentState.CAPTURED, promise="a captured charge is not ended")


async def _is_paid(rig: Rig) -> None:
    charge = await _paid(rig)
    asked = await rig.gateway.charge(charge.ref)
    _expect(that=asked is not None and asked.state is PaymentState.CAPTURED, promise="a paid charge is captured")
    _expect(that=asked is not None and asked.captured_minor == 12_34, promise="all of it is captured")  # noqa: PLR2004


async def _gives_back(rig: Rig) -> None:
    charge = await _paid(rig)
    request = RefundRequest(RefundId(uuid4()), 1, charge.ref, Amount(5_00, "CNY"))
    first = _done(await rig.gateway.refund(request, f"refund:{request.refund_id}"), "a refund is made")
    again = _done(await rig.gateway.refund(request, f"refund:{request.refund_id}"), "a refund is made")
    _expect(that=first.ref == again.ref, promise="the same key makes one refund")
    _expect(that=first.state in {RefundState.PENDING, RefundState.SUCCEEDED}, promise="a refund is on its way")
    listed = await rig.gateway.refunds(charge.ref)
    ours = [(each.refund_id, each.attempt, each.amount.minor) for each in listed]
    _expect(that=ours == [(request.refund_id, 1, 5_00)], promise="the refunds of a charge are listed")
    more = RefundRequest(RefundId(uuid4()), 1, charge.ref, Amount(7_35, "CNY"))
    outcome = await rig.gateway.refund(more, f"refund:{more.refund_id}")
    _expect(that=isinstance(outcome, Declined), promise="more than is left is declined")


async def _accounts(rig: Rig) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    charge = await _paid(rig)
    refund_id = RefundId(uuid4())
    await rig.gateway.refund(RefundRequest(refund_id, 1, charge.ref, Amount(34, "CNY")), f"refund:{refund_id}")
    lines = await rig.gateway.statement(since, datetime.now(UTC) + timedelta(minutes=1))
    brought = [line.amount.minor for line in lines if line.payment_id == charge.payment_id and line.kind == "charge"]
    taken = [line.amount.minor for line in lines if line.refund_id == refund_id and line.kind == "refund"]
    _expect(that=(brought, taken) == ([12_34], [-34]), promise="the statement has the charge and its refund")


async def _verifies(rig: Rig) -> None:
    charge = await _paid(rig)
    headers, body = await rig.message(charge.ref)
    now = datetime.now(UTC)
    notice = rig.gateway.verify(headers, body, now)
    _expect(that=notice.charge_ref == charge.ref, promise="a message names its charge")
    changed = bytes([body[0], body[1] ^ 1, *body[2:]])
    unsigned: Mapping[str, str] = {}
    late, early = now + timedelta(minutes=10), now - timedelta(minutes=10)
    wrong = ((headers, changed, now), (unsigned, body, now), (headers, body, late), (headers, body, early))
    for each_headers, each_body, moment in wrong:
        try:
            rig.gateway.verify(each_headers, each_body, moment)
        except BadSignature:
            continue
        raise BrokenContractError("a message that was changed, unsigned, old or from the future is refused")

"""Payouts through Stripe Connect: a transfer to the payee's connected account, and a payout from there to its bank.

A payout that fails leaves its money in the connected account. It is reported as failed only after the transfer was
reversed, so that the money is in the platform's balance again. Stripe cannot settle to domestic bank accounts in
mainland China.

Source: docs.stripe.com/connect/separate-charges-and-transfers, docs.stripe.com/connect/manual-payouts.
"""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from payments.models import AccountKind, PayoutId, PayoutState
from payments.port import AccountReport, AccountRequest, Declined, Ok, Outcome, PayoutReport, PayoutRequest, Unknown
from payments.stripe.calls import call, list_all, unwrap
from payments.stripe.objects import read_account, read_payout, read_payout_id, read_transfer_ref

if TYPE_CHECKING:
    import stripe
    from stripe.params import AccountCreateParams

_EXTERNAL_OBJECTS = {AccountKind.BANK: "bank_account", AccountKind.WECHAT: "wechat_account"}


async def open_account(client: "stripe.StripeClient", request: AccountRequest, key: str) -> Outcome[AccountReport]:
    """Create a connected account with a bank account; payouts from it are made by `pay_out` alone.

    A WeChat account is an object that only the sandbox knows.
    """
    params = {
        "type": "custom",
        "country": "CN",
        "business_type": "individual",
        "capabilities": {"transfers": {"requested": True}},
        "external_account": {
            "object": _EXTERNAL_OBJECTS[request.kind],
            "country": "CN",
            "currency": "cny",
            "account_holder_name": request.holder,
            "account_holder_type": "individual",
            "account_number": request.number,
        },
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": {"payee": request.payee},
    }
    return await call(
        lambda: client.v1.accounts.create_async(cast("AccountCreateParams", params), {"idempotency_key": key}),
        read_account,
    )


async def pay_out(client: "stripe.StripeClient", request: PayoutRequest, key: str) -> Outcome[PayoutReport]:
    """Transfer, then pay out, each under a key of its own, so that repeating after a timeout makes neither twice."""
    amount, currency = request.amount.minor, request.amount.currency.lower()
    metadata = {"payout": str(request.payout_id)}
    transferred = await call(
        lambda: client.v1.transfers.create_async(
            {"amount": amount, "currency": currency, "destination": request.destination, "metadata": metadata},
            {"idempotency_key": f"{key}:transfer"},
        ),
        lambda transfer: transfer.id,
    )
    if not isinstance(transferred, Ok):
        return transferred
    outcome = await call(
        lambda: client.v1.payouts.create_async(
            {"amount": amount, "currency": currency, "metadata": {**metadata, "transfer": transferred.value}},
            {"idempotency_key": key, "stripe_account": request.destination},
        ),
        read_payout,
    )
    failed = isinstance(outcome, Declined) or (isinstance(outcome, Ok) and outcome.value.state is PayoutState.FAILED)
    if failed:
        returned = await _take_back(client, transferred.value, request.payout_id)
        if not isinstance(returned, Ok):
            return Unknown(f"the transfer {transferred.value} could not be reversed: {returned}"[:300])
    return outcome


async def _take_back(client: "stripe.StripeClient", transfer: str, payout_id: PayoutId | None) -> Outcome[str]:
    """Reverse a transfer in full; repeating reverses it once."""
    outcome = await call(
        lambda: client.v1.transfers.reversals.create_async(
            transfer, {"metadata": {"payout": str(payout_id)}}, {"idempotency_key": f"return:{transfer}"}
        ),
        lambda reversal: reversal.id,
    )
    if not isinstance(outcome, Declined):
        return outcome
    # Stripe forgets keys after a day: a transfer that was reversed before is fine.
    current = await call(lambda: client.v1.transfers.retrieve_async(transfer), lambda found: found.reversed)
    return Ok(transfer) if isinstance(current, Ok) and current.value else outcome


async def get_payout(client: "stripe.StripeClient", destination: str, ref: str) -> PayoutReport | None:
    """Return a payout of a connected account, or None; see `Stripe.get_payout`."""
    outcome = await call(
        lambda: client.v1.payouts.retrieve_async(ref, None, {"stripe_account": destination}),
        lambda payout: (read_payout(payout), read_transfer_ref(payout)),
    )
    if isinstance(outcome, Declined) and outcome.code == "resource_missing":
        return None
    report, transfer = unwrap(outcome)
    if report.state is PayoutState.FAILED and transfer:
        unwrap(await _take_back(client, transfer, report.payout_id))
    return report


async def find_payout(client: "stripe.StripeClient", destination: str, payout_id: PayoutId) -> PayoutReport | None:
    """Return the payout with our id, or None; see `Stripe.find_payout`."""

    def list_own(params: Any) -> Awaitable[Any]:
        return client.v1.payouts.list_async(params, {"stripe_account": destination})

    for report in await list_all(list_own, {}, read_payout):
        if report.payout_id == payout_id:
            return await get_payout(client, destination, report.ref)
    transfers = await list_all(
        client.v1.transfers.list_async, {"destination": destination}, lambda each: (each.id, read_payout_id(each))
    )
    for transfer, paid in transfers:
        if paid == payout_id:
            unwrap(await _take_back(client, transfer, payout_id))
    return None

"""The gateway to Stripe, through its official library: Alipay by redirect, WeChat Pay by QR code.

Stripe cannot settle to domestic bank accounts in mainland China: neither can its account there be paid out to one, nor
can a payee's account be one, so that `open_account` and `pay_out` work with payees in the countries that Stripe Connect
serves, and with the sandbox. Every call carries our persisted idempotency key; the
library itself never retries.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self, cast

from payments.errors import GatewayUnavailable, InvalidSignature
from payments.models import METHODS, STRIPE_METHODS, AccountKind, PaymentId, PayoutId
from payments.port import (
    AccountReport,
    AccountRequest,
    Charge,
    ChargeRequest,
    Declined,
    DisputeReport,
    Ok,
    Outcome,
    PayoutReport,
    PayoutRequest,
    RefundReport,
    RefundRequest,
    StatementLine,
    Unknown,
    WebhookNotice,
)
from payments.stripe import payouts
from payments.stripe.calls import call, list_all, unwrap
from payments.stripe.objects import read_charge, read_dispute, read_refund, read_statement_line

if TYPE_CHECKING:
    import stripe
    from stripe.params import PaymentIntentCreateParams

__all__ = ["Stripe"]

MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)
"""The maximum difference of a webhook's timestamp, past or future. Stripe's library checks only its age."""
_OWN_TOPICS = frozenset({"payment_intent.created", "payment_intent.requires_action"})
"""What the answer to a call of ours has said already."""
MAX_ID_LENGTH = 255
"""Stripe's ids are never longer. Source: docs.stripe.com/upgrades, backwards-compatible changes."""

STRIPE_ACCOUNT_KINDS = frozenset({AccountKind.BANK})
"""The kinds of accounts that Stripe pays out to."""


class Stripe:
    """The gateway to Stripe, or to a server with the same API.

    `base` is the address of another server, such as the sandbox, and `account_kinds` are those that it pays out to:
    Stripe itself to bank accounts alone. `live` is the mode whose webhooks are accepted. `timeout` limits each call, in
    seconds. Close it with `aclose`, or use it as an async context manager.
    """

    name = "stripe"
    methods = frozenset(STRIPE_METHODS.values())

    def __init__(
        self,
        key: str,
        webhook_secret: str,
        *,
        base: str | None = None,
        live: bool = False,
        timeout: float = 10.0,
        account_kinds: frozenset[AccountKind] = STRIPE_ACCOUNT_KINDS,
    ) -> None:
        self.account_kinds = account_kinds
        self._home = base.rstrip("/") + "/" if base else "https://stripe.com/"
        self._secret = webhook_secret
        self._live = live
        self._key = key
        self._base = base
        self._timeout = timeout
        self._http: stripe.HTTPXClient | None = None

    @cached_property
    def _client(self) -> "stripe.StripeClient":
        """The library's client, which the first call makes."""
        import stripe

        self._http = stripe.HTTPXClient(timeout=self._timeout)
        return stripe.StripeClient(
            self._key,
            base_addresses={"api": self._base.rstrip("/")} if self._base else {},
            max_network_retries=0,
            http_client=self._http,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close_async()

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Create and confirm a PaymentIntent in one call."""
        kind: Any = METHODS[request.method].stripe_type
        params: PaymentIntentCreateParams = {
            "amount": request.amount.minor,
            "currency": request.amount.currency.lower(),
            "confirm": True,
            "allowed_payment_method_types": [kind],
            "payment_method_data": {"type": kind},
            "metadata": {"payment": str(request.payment_id), "order": request.order},
            # A redirect requires a return address: without one from the caller the payer ends on the provider's site.
            "return_url": request.return_url or self._home,
        }
        if kind == "wechat_pay":
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return await call(
            lambda: self._client.v1.payment_intents.create_async(params, {"idempotency_key": key}), read_charge
        )

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        """Cancel a charge; if Stripe declines, query and return its state."""
        outcome = await call(
            lambda: self._client.v1.payment_intents.cancel_async(ref, {}, {"idempotency_key": key}), read_charge
        )
        if not isinstance(outcome, Declined):
            return outcome
        try:
            charge = await self.get_charge(ref)
        except GatewayUnavailable as error:
            return Unknown(str(error))
        return outcome if charge is None else Ok(charge)

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Refund a charge, in full or in part."""
        return await call(
            lambda: self._client.v1.refunds.create_async(
                {
                    "payment_intent": request.charge_ref,
                    "amount": request.amount.minor,
                    "metadata": {"refund": str(request.refund_id), "attempt": str(request.attempt)},
                },
                {"idempotency_key": key},
            ),
            read_refund,
        )

    async def get_charge(self, ref: str) -> Charge | None:
        """Return a charge, or None if Stripe does not know it.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        outcome = await call(lambda: self._client.v1.payment_intents.retrieve_async(ref), read_charge)
        if isinstance(outcome, Declined) and outcome.code == "resource_missing":
            return None
        return unwrap(outcome)

    async def find_charge(self, payment_id: PaymentId) -> Charge | None:
        """Return the charge of one of our payments, found by its metadata; Stripe's search lags by a minute.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        charges = unwrap(
            await call(
                lambda: self._client.v1.payment_intents.search_async(
                    {"query": f"metadata['payment']:'{payment_id}'", "limit": 1}
                ),
                lambda page: [read_charge(intent) for intent in page.data],
            )
        )
        return charges[0] if charges else None

    async def list_refunds(self, charge_ref: str) -> list[RefundReport]:
        """Return all refunds of a charge.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return await list_all(self._client.v1.refunds.list_async, {"payment_intent": charge_ref}, read_refund)

    async def list_disputes(self, charge_ref: str) -> list[DisputeReport]:
        """Return all disputes over a charge.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return await list_all(
            self._client.v1.disputes.list_async, {"payment_intent": charge_ref}, partial(read_dispute, charge_ref)
        )

    async def open_account(self, request: AccountRequest, key: str) -> Outcome[AccountReport]:
        """Register an account as that of a connected account, which Stripe checks."""
        if request.kind not in self.account_kinds:
            return Declined("account_kind")
        return await payouts.open_account(self._client, request, key)

    async def pay_out(self, request: PayoutRequest, key: str) -> Outcome[PayoutReport]:
        """Transfer money to a connected account, and pay it out from there to its bank account."""
        return await payouts.pay_out(self._client, request, key)

    async def get_payout(self, destination: str, ref: str) -> PayoutReport | None:
        """Return a payout, or None if Stripe does not know it; the money of a failed one is taken back first.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return await payouts.get_payout(self._client, destination, ref)

    async def find_payout(self, destination: str, payout_id: PayoutId) -> PayoutReport | None:
        """Return one of our payouts, found by its metadata; a transfer without one is taken back.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return await payouts.find_payout(self._client, destination, payout_id)

    async def list_statement_lines(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Return the balance transactions of a half-open interval, with their sources.

        Raises:
            GatewayUnavailable: Stripe did not answer, or the statement is too long for one interval.
        """
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params = {"created": created, "expand": ["data.source"]}
        return await list_all(self._client.v1.balance_transactions.list_async, params, read_statement_line)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookNotice:
        """Verify the signature of the raw body, the timestamp (past and future) and the mode.

        Raises:
            InvalidSignature: one of them is wrong, or no secret is set.
        """
        if not self._secret:
            # Anyone can sign with an empty secret.
            raise InvalidSignature(why="no secret")
        import stripe

        # The library leaves the tolerance untyped, which is not used.
        verify = cast("Callable[[str, str, str], bool]", cast("Any", stripe.WebhookSignature).verify_header)
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        if not header.isascii():
            raise InvalidSignature(why="signature")
        try:
            verify(body.decode(), header, self._secret)
            stamped = datetime.fromtimestamp(_read_timestamp(header), UTC)
            message = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, OverflowError, OSError, RecursionError) as error:
            raise InvalidSignature(why="signature") from error
        if abs(now - stamped) > MAX_CLOCK_DIFFERENCE:
            raise InvalidSignature(why="timestamp")
        try:
            obj, live = message["data"]["object"], message["livemode"]
            ref = None if message["type"] in _OWN_TOPICS else _read_object_ref(obj)
            notice = WebhookNotice(
                _require_text(message["id"]), _require_text(message["type"]), "" if ref is None else _require_text(ref)
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise InvalidSignature(why="shape") from error
        if live is not self._live:
            raise InvalidSignature(why="mode")
        return notice


def _read_object_ref(obj: dict[str, Any]) -> object:
    """Return what a webhook is about: a payment intent, or a payout that this library made; None for anything else."""
    match obj["object"]:
        case "payment_intent":
            return obj["id"]
        case "payout":
            return obj["id"] if "payout" in (obj.get("metadata") or {}) else None
        case _:
            return obj.get("payment_intent")


def _require_text(value: object) -> str:
    """Return a text that can be stored.

    Raises:
        ValueError: it is not a text, is longer than 255 characters, or has a character that no database stores (a lone
            surrogate, NUL).
    """
    if not isinstance(value, str) or len(value) > MAX_ID_LENGTH or "\0" in value:
        raise ValueError("not a text")
    value.encode()
    return value


def _read_timestamp(header: str) -> int:
    return next(int(item[2:]) for item in header.split(",") if item.startswith("t="))

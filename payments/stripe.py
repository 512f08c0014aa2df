"""Stripe behind the port, through its own library: Alipay by redirect, WeChat Pay by QR code.

Stripe cannot settle to domestic bank accounts in mainland China; it is the reference rail, WeChat Pay v3 the domestic
one. Every call carries our own persisted key; the library itself never retries.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self, cast
from uuid import UUID

import stripe
from stripe.params import PaymentIntentCreateParams

from payments.errors import GatewayUnavailable
from payments.models import (
    Action,
    BadSignature,
    DisputeState,
    Method,
    PaymentId,
    PaymentState,
    RefundId,
    RefundState,
)
from payments.money import Amount
from payments.port import (
    Charge,
    ChargeRequest,
    Declined,
    DisputeReport,
    Notice,
    Ok,
    Outcome,
    RefundReport,
    RefundRequest,
    StatementLine,
    Unknown,
)

FRESH = timedelta(minutes=5)
"""How old, or how far ahead, a message's timestamp may be. Stripe's own library looks at the age alone."""
MOST_LINES = 100_000

_STATES = {
    "requires_payment_method": PaymentState.FAILED,
    "requires_confirmation": PaymentState.CREATED,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORIZED,
    "canceled": PaymentState.CANCELED,
    "succeeded": PaymentState.CAPTURED,
}
_REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_LINE_KINDS = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "refund_failure",
    "adjustment": "dispute",
}
_RAILS = {"alipay": "alipay", "wechat_pay": "wechat"}
# Stripe's word that the call was not carried out under this key because of what was asked, and will never be.
_SAYS_NO = (stripe.CardError, stripe.InvalidRequestError)


class Stripe:
    """The gateway to Stripe, or to a server that speaks as it does.

    `base` is another server's address (the sandbox); `live` says which mode's messages are ours; `timeout` bounds each
    call, in seconds. Close it with `aclose`, or use it as an async context manager.
    """

    name = "stripe"

    def __init__(
        self,
        key: str,
        webhook_secret: str,
        *,
        base: str | None = None,
        live: bool = False,
        timeout: float = 10.0,
    ) -> None:
        self._home = base.rstrip("/") + "/" if base else "https://stripe.com/"
        self._secret = webhook_secret
        self._live = live
        self._http = stripe.HTTPXClient(timeout=timeout)
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": base.rstrip("/")} if base else {},
            max_network_retries=0,
            http_client=self._http,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Begin to collect: a PaymentIntent, created and confirmed in one call."""
        kind: Literal["wechat_pay", "alipay"] = "wechat_pay" if request.method is Method.WECHAT else "alipay"
        params: PaymentIntentCreateParams = {
            "amount": request.amount.minor,
            "currency": request.amount.currency.lower(),
            "confirm": True,
            "allowed_payment_method_types": [kind],
            "payment_method_data": {"type": kind},
            "metadata": {"payment": str(request.payment_id), "order": request.order},
            # A redirect needs a way back: without one of the caller's own the payer ends on the provider's site.
            "return_url": request.return_url or self._home,
        }
        if kind == "wechat_pay":
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return await _outcome(
            lambda: self._client.v1.payment_intents.create_async(params, {"idempotency_key": key}), _charge
        )

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        """End a charge that was not captured; where Stripe refuses, how it stands is asked."""
        outcome = await _outcome(
            lambda: self._client.v1.payment_intents.cancel_async(ref, {}, {"idempotency_key": key}), _charge
        )
        if not isinstance(outcome, Declined):
            return outcome
        try:
            charge = await self.charge(ref)
        except GatewayUnavailable as error:
            return Unknown(str(error))
        return outcome if charge is None else Ok(charge)

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Give money back."""
        return await _outcome(
            lambda: self._client.v1.refunds.create_async(
                {
                    "payment_intent": request.charge_ref,
                    "amount": request.amount.minor,
                    "metadata": {"refund": str(request.refund_id), "attempt": str(request.attempt)},
                },
                {"idempotency_key": key},
            ),
            _refund,
        )

    async def charge(self, ref: str) -> Charge | None:
        """Ask how a charge stands.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        outcome = await _outcome(lambda: self._client.v1.payment_intents.retrieve_async(ref), _charge)
        if isinstance(outcome, Declined) and outcome.code == "resource_missing":
            return None
        return _value(outcome)

    async def find_charge(self, payment_id: PaymentId) -> Charge | None:
        """Ask for the charge made for one of our payments, by its metadata; Stripe's search is a minute behind.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        found = _value(
            await _outcome(
                lambda: self._client.v1.payment_intents.search_async(
                    {"query": f"metadata['payment']:'{payment_id}'", "limit": 1}
                ),
                lambda page: [_charge(intent) for intent in page.data],
            )
        )
        return found[0] if found else None

    async def refunds(self, charge_ref: str) -> list[RefundReport]:
        """Ask for the refunds of a charge.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return _value(
            await _outcome(
                lambda: self._client.v1.refunds.list_async({"payment_intent": charge_ref, "limit": 100}),
                lambda page: [_refund(each) for each in page.data],
            )
        )

    async def disputes(self, charge_ref: str) -> list[DisputeReport]:
        """Ask for the disputes over a charge.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        return _value(
            await _outcome(
                lambda: self._client.v1.disputes.list_async({"payment_intent": charge_ref, "limit": 100}),
                lambda page: [_dispute(charge_ref, each) for each in page.data],
            )
        )

    async def statement(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Ask for the balance transactions of the half-open interval, with what each of them came from.

        Raises:
            GatewayUnavailable: Stripe did not answer.
        """
        lines: list[StatementLine] = []
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        after: str | None = None
        while len(lines) < MOST_LINES:
            params: dict[str, Any] = {"created": created, "limit": 100, "expand": ["data.source"]}
            if after is not None:
                params["starting_after"] = after
            page = _value(
                await _outcome(
                    lambda params=params: self._client.v1.balance_transactions.list_async(cast("Any", params)),
                    lambda page: page,
                )
            )
            lines += [_line(each) for each in page.data]
            if not page.has_more:
                break
            after = page.data[-1].id
        return lines

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Check the signature over the raw body, the timestamp both ways and the mode.

        Raises:
            BadSignature: one of them is wrong, or no secret is set to check it with.
        """
        if not self._secret:
            # Anyone can sign with an empty secret.
            raise BadSignature(why="no secret")
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            _verify_signature(body.decode(), header, self._secret)
            stamped = datetime.fromtimestamp(_stamp(header), UTC)
            message = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, OverflowError, OSError) as error:
            raise BadSignature(why="signature") from error
        if abs(now - stamped) > FRESH:
            raise BadSignature(why="timestamp")
        try:
            found, topic, live = message["data"]["object"], str(message["type"]), message["livemode"]
            ref = found["id"] if found["object"] == "payment_intent" else found.get("payment_intent")
            notice = Notice(str(message["id"]), topic, ref or "")
        except (KeyError, TypeError, AttributeError) as error:
            raise BadSignature(why="shape") from error
        if live is not self._live:
            raise BadSignature(why="mode")
        return notice


# The library leaves the tolerance untyped; freshness is judged here, both ways.
_verify_signature = cast(
    "Callable[[str, str, str], bool]",
    stripe.WebhookSignature.verify_header,  # pyright: ignore[reportUnknownMemberType]
)


def _stamp(header: str) -> int:
    return next(int(word[2:]) for word in header.split(",") if word.startswith("t="))


async def _outcome[A, T](call: Callable[[], Awaitable[A]], read: Callable[[A], T]) -> Outcome[T]:
    """Carry out a call and sort its answer: done, refused, or not known."""
    try:
        return Ok(read(await call()))
    except _SAYS_NO as error:
        return Declined(error.code or "declined", error.user_message or "")
    except stripe.StripeError as error:
        return Unknown(f"{type(error).__name__}: {error.code or error.user_message or ''}"[:300])
    except (ValueError, KeyError, AttributeError) as error:
        return Unknown(f"answer not understood: {error}"[:300])


def _value[T](outcome: Outcome[T]) -> T:
    match outcome:
        case Ok(value=value):
            return value
        case Declined(code=code, message=message):
            raise GatewayUnavailable(f"{code}: {message}")
        case Unknown(why=why):
            raise GatewayUnavailable(why)


def _metadata(found: stripe.StripeObject, name: str) -> str | None:
    metadata = cast("dict[str, str] | None", found.to_dict().get("metadata"))
    return None if metadata is None else metadata.get(name)


def _uuid(word: str | None) -> UUID | None:
    """Return our id out of metadata that anyone with the account may have written."""
    try:
        return None if word is None else UUID(word)
    except ValueError:
        return None


def _charge(intent: stripe.PaymentIntent) -> Charge:
    payment_id = _uuid(_metadata(intent, "payment"))
    failed = intent.last_payment_error
    return Charge(
        ref=intent.id,
        payment_id=None if payment_id is None else PaymentId(payment_id),
        state=_STATES[intent.status],
        amount=Amount(intent.amount, intent.currency.upper()),
        captured_minor=intent.amount_received or 0,
        action=_action(intent),
        reason=None if failed is None else failed.code or failed.type,
    )


def _action(intent: stripe.PaymentIntent) -> Action | None:
    wanted = intent.next_action
    if wanted is None:
        return None
    if wanted.type == "wechat_pay_display_qr_code" and wanted.wechat_pay_display_qr_code is not None:
        code = wanted.wechat_pay_display_qr_code
        return Action(redirect_url=code.hosted_instructions_url, qr_code=code.data, qr_image=code.image_data_url)
    if wanted.type == "alipay_handle_redirect" and wanted.alipay_handle_redirect is not None:
        return Action(redirect_url=wanted.alipay_handle_redirect.url)
    return None


def _refund(refund: stripe.Refund) -> RefundReport:
    refund_id = _uuid(_metadata(refund, "refund"))
    return RefundReport(
        ref=refund.id,
        refund_id=None if refund_id is None else RefundId(refund_id),
        attempt=_attempt(refund),
        state=_REFUND_STATES[refund.status or "pending"],
        amount=Amount(refund.amount, refund.currency.upper()),
        reason=refund.to_dict().get("failure_reason"),
    )


def _attempt(refund: stripe.StripeObject) -> int:
    word = _metadata(refund, "attempt") or "1"
    return int(word) if word.isdecimal() else 0


def _dispute(charge_ref: str, dispute: stripe.Dispute) -> DisputeReport:
    state = {"won": DisputeState.WON, "lost": DisputeState.LOST}.get(dispute.status, DisputeState.OPEN)
    due = dispute.evidence_details.due_by
    return DisputeReport(
        ref=dispute.id,
        charge_ref=charge_ref,
        state=state,
        amount=Amount(dispute.amount, dispute.currency.upper()),
        reason=dispute.reason,
        due_at=None if due is None else datetime.fromtimestamp(due, UTC),
    )


def _line(moved: stripe.BalanceTransaction) -> StatementLine:
    source = moved.source
    found = source if isinstance(source, stripe.StripeObject) else None
    payment_id = None if found is None else _uuid(_metadata(found, "payment"))
    refund_id = None if found is None else _uuid(_metadata(found, "refund"))
    details: dict[str, Any] = {} if found is None else found.to_dict()
    how = cast("dict[str, Any] | None", details.get("payment_method_details") or details.get("destination_details"))
    return StatementLine(
        ref=moved.id,
        kind=_LINE_KINDS.get(moved.type, "other"),
        amount=Amount(moved.amount, moved.currency.upper()),
        fee_minor=moved.fee,
        rail=_RAILS.get(str((how or {}).get("type")), "other"),
        payment_id=None if payment_id is None else PaymentId(payment_id),
        refund_id=None if refund_id is None else RefundId(refund_id),
        attempt=1 if found is None else _attempt(found),
    )

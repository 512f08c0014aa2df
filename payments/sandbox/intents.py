"""Payment intents: create, confirm, capture, cancel, pay, abandon."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from payments.models import METHODS, STRIPE_METHODS, Method
from payments.sandbox.refunds import add_refund
from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import ApiError, JsonObject, paginate, read_currency, read_integer, reject_unknown

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}
"""Payment methods that are always declined, with code and decline code. Source: docs.stripe.com/testing."""

FEE_BP = 60
"""The fee on a charge, in basis points, rounded down: 0.6 %, the usual rate of Alipay and WeChat Pay."""


class SeededRefund(Struct, frozen=True, kw_only=True):
    """A refund that succeeded: the provider's reference, ours, and the sum in fen."""

    ref: str
    refund_id: UUID
    attempt: int
    minor: int
    at: datetime


class SeededPayment(Struct, frozen=True, kw_only=True):
    """A captured payment in yuan: the provider's reference, ours, the sum in fen, and its refunds."""

    ref: str
    payment_id: UUID
    order: str
    method: Method
    minor: int
    at: datetime
    refunds: list[SeededRefund]


_QUERY = re.compile(r"metadata\['([a-z_]+)'\]:'([^']*)'")


def create_intent(state: SandboxState, params: JsonObject, base: str) -> JsonObject:
    """Create an intent, and confirm it if `confirm` is true."""
    reject_unknown(
        params,
        *("amount", "currency", "confirm", "metadata", "description", "allowed_payment_method_types"),
        *("payment_method", "payment_method_data", "payment_method_options", "return_url", "capture_method"),
    )
    intent = _build_intent(
        state.next_id("pi"), read_integer(params, "amount"), read_currency(params), params.get("metadata", {})
    )
    intent |= {
        "capture_method": params.get("capture_method", "automatic"),
        "payment_method_types": params.get("allowed_payment_method_types", ["card", *STRIPE_METHODS]),
        "description": params.get("description"),
    }
    if params.get("confirm") == "true":
        _confirm_method(state, intent, params, base)
    state.objects["intents"][intent["id"]] = intent
    if intent["status"] == "requires_action":
        state.add_event("payment_intent.requires_action", intent)
    return intent


def _build_intent(ref: str, amount: int, currency: str, metadata: JsonObject) -> JsonObject:
    return {
        "id": ref,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "amount_capturable": 0,
        "currency": currency,
        "created": current_time(),
        "livemode": False,
        "status": "requires_payment_method",
        "capture_method": "automatic",
        "payment_method_types": [],
        "payment_method": None,
        "metadata": metadata,
        "description": None,
        "client_secret": f"{ref}_secret_sandbox",
        "next_action": None,
        "latest_charge": None,
        "last_payment_error": None,
        "return_url": None,
    }


def seed_payments(folder: Path, paid: Iterable[SeededPayment]) -> None:
    """Add captured payments to the state in a folder, without events; the sandbox must not be running.

    Sample data uses it, so that its payments can be refunded.
    """
    state = SandboxState(folder)
    for each in paid:
        metadata = {"payment": str(each.payment_id), "order": each.order}
        intent = _build_intent(each.ref, each.minor, "cny", metadata)
        intent |= {"created": int(each.at.timestamp()), "method_type": METHODS[each.method].stripe_type}
        state.objects["intents"][each.ref] = intent
        charge = _create_charge(state, intent, each.minor, created=intent["created"])
        for refund in each.refunds:
            metadata = {"refund": str(refund.refund_id), "attempt": str(refund.attempt)}
            add_refund(
                state,
                charge,
                ref=refund.ref,
                amount=refund.minor,
                metadata=metadata,
                created=int(refund.at.timestamp()),
            )
    state.write()


def confirm_intent(state: SandboxState, ref: str, params: JsonObject, base: str) -> JsonObject:
    """Confirm an intent with a payment method."""
    reject_unknown(params, "payment_method", "payment_method_data", "payment_method_options", "return_url")
    intent = state.get("intents", ref)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation"}:
        raise _build_unexpected_state(intent, "confirm")
    _confirm_method(state, intent, params, base)
    return intent


def _confirm_method(state: SandboxState, intent: JsonObject, params: JsonObject, base: str) -> None:
    method = params.get("payment_method") or params.get("payment_method_data", {}).get("type")
    if method is None:
        raise ApiError(400, "parameter_missing", "A payment method is needed to confirm.", param="payment_method")
    kind = "card" if method.startswith("pm_card") else method
    if kind not in intent["payment_method_types"]:
        raise ApiError(400, "payment_intent_invalid_parameter", f"The type {kind} is not allowed.")
    if kind == "card":
        _confirm_card(state, intent, method)
        return
    if kind == "alipay" and not params.get("return_url"):
        message = "You must provide a `return_url` when confirming using the payment method type alipay."
        raise ApiError(400, "parameter_missing", message, param="return_url")
    pay_url = f"{base}/pay/{intent['id']}"
    intent |= {"payment_method": state.next_id("pm"), "status": "requires_action", "method_type": kind}
    intent |= {"return_url": params.get("return_url"), "last_payment_error": None}
    if kind == "alipay":
        redirect = {"url": pay_url, "return_url": intent["return_url"], "native_data": None, "native_url": None}
        intent["next_action"] = {"type": "alipay_handle_redirect", "alipay_handle_redirect": redirect}
    else:
        code = {
            "data": pay_url,
            "hosted_instructions_url": pay_url,
            "image_data_url": f"{base}/qr/{intent['id']}.png",
            "image_url_png": f"{base}/qr/{intent['id']}.png",
            "image_url_svg": f"{base}/qr/{intent['id']}.svg",
        }
        intent["next_action"] = {"type": "wechat_pay_display_qr_code", "wechat_pay_display_qr_code": code}


def shows_code(intent: JsonObject) -> bool:
    """Return whether the payer of an intent scans a code instead of opening a page."""
    method = STRIPE_METHODS.get(intent.get("method_type", ""))
    return method is not None and METHODS[method].scans


def _confirm_card(state: SandboxState, intent: JsonObject, method: str) -> None:
    intent |= {"payment_method": method, "method_type": "card"}
    if method in DECLINES:
        code, decline_code = DECLINES[method]
        raise ApiError(402, code, "Your card was declined.", kind="card_error", decline_code=decline_code)
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        return
    state.objects["intents"][intent["id"]] = intent
    _capture(state, intent, intent["amount"])


def capture_intent(state: SandboxState, ref: str, params: JsonObject) -> JsonObject:
    """Capture an authorized card payment, in full or in part."""
    reject_unknown(params, "amount_to_capture")
    intent = state.get("intents", ref)
    if intent["status"] != "requires_capture":
        raise _build_unexpected_state(intent, "capture")
    amount = read_integer(params, "amount_to_capture", default=intent["amount"])
    if amount > intent["amount_capturable"]:
        raise ApiError(400, "amount_too_large", "More than was authorized.", param="amount_to_capture")
    _capture(state, intent, amount)
    return intent


def cancel_intent(state: SandboxState, ref: str, params: JsonObject) -> JsonObject:
    """Cancel an unpaid intent."""
    reject_unknown(params, "cancellation_reason")
    intent = state.get("intents", ref)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise _build_unexpected_state(intent, "cancel")
    intent |= {"status": "canceled", "canceled_at": current_time(), "next_action": None, "amount_capturable": 0}
    state.add_event("payment_intent.canceled", intent)
    return intent


def pay_intent(state: SandboxState, ref: str) -> JsonObject:
    """Pay an intent as the payer who presses 付款; paying twice changes nothing."""
    intent = state.get("intents", ref)
    if intent["status"] == "requires_action":
        _capture(state, intent, intent["amount"])
    return intent


def abandon_intent(state: SandboxState, ref: str) -> JsonObject:
    """Abandon an intent as the payer who presses 放弃."""
    intent = state.get("intents", ref)
    if intent["status"] == "requires_action":
        error = {"type": "card_error", "code": "payment_intent_authentication_failure", "message": "Abandoned."}
        intent |= {"status": "requires_payment_method", "next_action": None, "last_payment_error": error}
        state.add_event("payment_intent.payment_failed", intent)
    return intent


def set_intent_status(state: SandboxState, ref: str, status: str) -> JsonObject:
    """Set an unpaid intent to `processing` at the payer's bank, or back to `requires_action`."""
    intent = state.get("intents", ref)
    if intent["status"] in {"requires_action", "processing"} and status in {"requires_action", "processing"}:
        intent["status"] = status
        state.add_event(f"payment_intent.{status}", intent)
    return intent


def _capture(state: SandboxState, intent: JsonObject, amount: int) -> None:
    _create_charge(state, intent, amount, created=current_time())
    state.add_event("payment_intent.succeeded", intent)


def _create_charge(state: SandboxState, intent: JsonObject, amount: int, *, created: int) -> JsonObject:
    charge: JsonObject = {
        "id": state.next_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": amount,
        "amount_refunded": 0,
        "currency": intent["currency"],
        "created": created,
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "refunded": False,
        "disputed": False,
        "payment_intent": intent["id"],
        "payment_method_details": {"type": intent["method_type"]},
        "metadata": intent["metadata"],
    }
    state.objects["charges"][charge["id"]] = charge
    intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"]}
    intent |= {"amount_capturable": 0, "next_action": None, "last_payment_error": None}
    state.add_balance_transaction("charge", charge, amount, fee=amount * FEE_BP // 10_000, created=created)
    return charge


def search_intents(state: SandboxState, params: JsonObject) -> JsonObject:
    """Find intents by one `metadata['name']:'value'`."""
    match = _QUERY.fullmatch(str(params.get("query", "")))
    if match is None:
        raise ApiError(400, "parameter_invalid", "Only metadata['name']:'value' is supported.", param="query")
    name, value = match.groups()
    objects = state.list_newest("intents", lambda each: each["metadata"].get(name) == value)
    listed = paginate("/v1/payment_intents/search", objects, params)
    return {**listed, "object": "search_result", "next_page": None}


def _build_unexpected_state(intent: JsonObject, verb: str) -> ApiError:
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return ApiError(400, "payment_intent_unexpected_state", message, payment_intent=intent)

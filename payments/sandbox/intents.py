"""Payment intents: created, confirmed, captured, canceled, paid and given up."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from payments.models import Method
from payments.sandbox.wire import Refused, Thing, currency_of, known_only, page, whole
from payments.sandbox.world import World, now

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}
"""Payment methods that are always declined: code and decline code. Source: docs.stripe.com/testing."""

FEE_BP = 60
"""The fee kept of a charge, in basis points, rounded down: 0.6 %, what the wallets' rails usually take."""


class Paid(Struct, frozen=True):
    """A payment in yuan that went through: the provider's reference, ours, and what was given back of it since."""

    ref: str
    payment_id: UUID
    order: str
    method: Method
    minor: int
    refunded_minor: int
    at: datetime


METHOD_TYPES = {Method.ALIPAY: "alipay", Method.WECHAT: "wechat_pay"}
_QUERY = re.compile(r"metadata\['([a-z_]+)'\]:'([^']*)'")


def create_intent(world: World, params: Thing, base: str) -> Thing:
    """Create an intent, and confirm it where that is asked for."""
    known_only(
        params,
        *("amount", "currency", "confirm", "metadata", "description", "allowed_payment_method_types"),
        *("payment_method", "payment_method_data", "payment_method_options", "return_url", "capture_method"),
    )
    intent = _unconfirmed(world.id("pi"), whole(params, "amount"), currency_of(params), params.get("metadata", {}))
    intent |= {
        "capture_method": params.get("capture_method", "automatic"),
        "payment_method_types": params.get("allowed_payment_method_types", ["card", "alipay", "wechat_pay"]),
        "description": params.get("description"),
    }
    if params.get("confirm") == "true":
        _confirm(world, intent, params, base)
    world.things["intents"][intent["id"]] = intent
    if intent["status"] == "requires_action":
        world.emit("payment_intent.requires_action", intent)
    return intent


def _unconfirmed(ref: str, amount: int, currency: str, metadata: Thing) -> Thing:
    return {
        "id": ref,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "amount_capturable": 0,
        "currency": currency,
        "created": now(),
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


def remember(folder: Path, paid: Iterable[Paid]) -> None:
    """Let the sandbox of a folder know payments that went through earlier; nobody is told of them.

    For sample data: what was paid there can be refunded as anything else. The sandbox must not run.
    """
    world = World(folder)
    for each in paid:
        metadata = {"payment": str(each.payment_id), "order": each.order}
        intent = _unconfirmed(each.ref, each.minor, "cny", metadata)
        intent |= {"created": int(each.at.timestamp()), "method_type": METHOD_TYPES[each.method]}
        world.things["intents"][each.ref] = intent
        charge = _charge(world, intent, each.minor)
        charge |= {"created": intent["created"], "amount_refunded": each.refunded_minor}
        charge["refunded"] = each.refunded_minor == each.minor
    world.flush()


def confirm_intent(world: World, ref: str, params: Thing, base: str) -> Thing:
    """Confirm an intent with a method."""
    known_only(params, "payment_method", "payment_method_data", "payment_method_options", "return_url")
    intent = world.get("intents", ref)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation"}:
        raise _unexpected(intent, "confirm")
    _confirm(world, intent, params, base)
    return intent


def _confirm(world: World, intent: Thing, params: Thing, base: str) -> None:
    method = params.get("payment_method") or params.get("payment_method_data", {}).get("type")
    if method is None:
        raise Refused(400, "parameter_missing", "A payment method is needed to confirm.", param="payment_method")
    kind = "card" if method.startswith("pm_card") else method
    if kind not in intent["payment_method_types"]:
        raise Refused(400, "payment_intent_invalid_parameter", f"The type {kind} is not allowed.")
    if kind == "card":
        _confirm_card(world, intent, method)
        return
    if kind == "alipay" and not params.get("return_url"):
        message = "You must provide a `return_url` when confirming using the payment method type alipay."
        raise Refused(400, "parameter_missing", message, param="return_url")
    pay_url = f"{base}/pay/{intent['id']}"
    intent |= {"payment_method": world.id("pm"), "status": "requires_action", "method_type": kind}
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


def _confirm_card(world: World, intent: Thing, method: str) -> None:
    intent |= {"payment_method": method, "method_type": "card"}
    if method in DECLINES:
        code, decline_code = DECLINES[method]
        raise Refused(402, code, "Your card was declined.", kind="card_error", decline_code=decline_code)
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        return
    world.things["intents"][intent["id"]] = intent
    _succeed(world, intent, intent["amount"])


def capture_intent(world: World, ref: str, params: Thing) -> Thing:
    """Capture what a card has authorized, all of it or less."""
    known_only(params, "amount_to_capture")
    intent = world.get("intents", ref)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "capture")
    amount = whole(params, "amount_to_capture", default=intent["amount"])
    if amount > intent["amount_capturable"]:
        raise Refused(400, "amount_too_large", "More than was authorized.", param="amount_to_capture")
    _succeed(world, intent, amount)
    return intent


def cancel_intent(world: World, ref: str, params: Thing) -> Thing:
    """Cancel an intent that no money has come in for."""
    known_only(params, "cancellation_reason")
    intent = world.get("intents", ref)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise _unexpected(intent, "cancel")
    intent |= {"status": "canceled", "canceled_at": now(), "next_action": None, "amount_capturable": 0}
    world.emit("payment_intent.canceled", intent)
    return intent


def pay(world: World, ref: str) -> Thing:
    """Do as the payer does who presses 付款: once; a second press finds it paid."""
    intent = world.get("intents", ref)
    if intent["status"] == "requires_action":
        _succeed(world, intent, intent["amount"])
    return intent


def abandon(world: World, ref: str) -> Thing:
    """Do as the payer does who presses 放弃."""
    intent = world.get("intents", ref)
    if intent["status"] == "requires_action":
        error = {"type": "card_error", "code": "payment_intent_authentication_failure", "message": "Given up."}
        intent |= {"status": "requires_payment_method", "next_action": None, "last_payment_error": error}
        world.emit("payment_intent.payment_failed", intent)
    return intent


def set_intent(world: World, ref: str, status: str) -> Thing:
    """Let an unpaid intent be worked on at the payer's bank (`processing`), or wait for its payer again."""
    intent = world.get("intents", ref)
    if intent["status"] in {"requires_action", "processing"} and status in {"requires_action", "processing"}:
        intent["status"] = status
        world.emit(f"payment_intent.{status}", intent)
    return intent


def _succeed(world: World, intent: Thing, amount: int) -> None:
    world.move("charge", _charge(world, intent, amount), amount, fee=amount * FEE_BP // 10_000)
    world.emit("payment_intent.succeeded", intent)


def _charge(world: World, intent: Thing, amount: int) -> Thing:
    charge: Thing = {
        "id": world.id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": amount,
        "amount_refunded": 0,
        "currency": intent["currency"],
        "created": now(),
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "refunded": False,
        "disputed": False,
        "payment_intent": intent["id"],
        "payment_method_details": {"type": intent["method_type"]},
        "metadata": intent["metadata"],
    }
    world.things["charges"][charge["id"]] = charge
    intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"]}
    intent |= {"amount_capturable": 0, "next_action": None, "last_payment_error": None}
    return charge


def search_intents(world: World, params: Thing) -> Thing:
    """Find intents by one `metadata['name']:'value'`."""
    found = _QUERY.fullmatch(str(params.get("query", "")))
    if found is None:
        raise Refused(400, "parameter_invalid", "Only metadata['name']:'value' is understood.", param="query")
    name, value = found.groups()
    things = world.newest("intents", lambda each: each["metadata"].get(name) == value)
    listed = page("/v1/payment_intents/search", things, params)
    return {**listed, "object": "search_result", "next_page": None}


def _unexpected(intent: Thing, verb: str) -> Refused:
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return Refused(400, "payment_intent_unexpected_state", message, payment_intent=intent)

"""Connected accounts, transfers to them, reversals, and payouts to their bank or WeChat accounts.

The number of the account decides what becomes of a payout, as Stripe's own test numbers do: one that ends in 1116
fails with `no_account`, one in 1113 with `account_closed`, one in 0009 stays on its way, and any other arrives after
`ARRIVAL_SECONDS`. An account whose number ends in 0000, or that names no holder, is not verified.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import ApiError, JsonObject, paginate, read_currency, read_integer, reject_unknown

ARRIVAL_SECONDS = 5
_FAILURES = {"1116": "no_account", "1113": "account_closed"}
_NEVER_ARRIVES = "0009"
_UNVERIFIED = "0000"
_OPEN = {"pending", "in_transit"}


def create_account(state: SandboxState, params: JsonObject) -> JsonObject:
    """Create a connected account with one bank account or, as Stripe cannot, one WeChat account, and check it."""
    reject_unknown(
        params,
        *("type", "country", "business_type", "capabilities", "external_account", "settings", "metadata"),
    )
    bank: JsonObject = params.get("external_account", {})
    number, holder = str(bank.get("account_number", "")), str(bank.get("account_holder_name", ""))
    if not number.isdecimal():
        raise ApiError(400, "account_number_invalid", "The account number is not valid.", param="external_account")
    verified = bool(holder.strip()) and not number.endswith(_UNVERIFIED)
    account: JsonObject = {
        "id": state.next_id("acct"),
        "object": "account",
        "type": "custom",
        "country": params.get("country"),
        "created": current_time(),
        "metadata": params.get("metadata", {}),
        "payouts_enabled": verified,
        "requirements": {"disabled_reason": None if verified else "bank_account_verification_failed"},
        # Stripe never returns the number; the sandbox needs its end to know what becomes of a payout.
        "external_accounts": {
            "object": "list",
            "data": [{"object": bank.get("object", "bank_account"), "last4": number[-4:]}],
        },
        "balance": {},
    }
    state.objects["accounts"][account["id"]] = account
    return account


class SeededPayout(Struct, frozen=True, kw_only=True):
    """A payout that began before the sandbox did, and the account of its payee."""

    ref: str
    payout_id: UUID
    destination: str
    payee: str
    number_tail: str
    minor: int
    state: str
    at: datetime


def seed_payouts(folder: Path, payouts: Iterable[SeededPayout]) -> None:
    """Add accounts and payouts to the state in a folder, without events; the sandbox must not be running.

    Sample data uses it, so that its sellers can be paid.
    """
    state = SandboxState(folder)
    for each in payouts:
        bank = {"account_number": each.number_tail, "account_holder_name": each.payee}
        account = create_account(state, {"external_account": bank, "metadata": {"payee": each.payee}})
        del state.objects["accounts"][account["id"]]
        state.objects["accounts"][each.destination] = account | {"id": each.destination}
        metadata = {"payout": str(each.payout_id), "transfer": f"tr_{each.payout_id.hex}"}
        created = int(each.at.timestamp())
        payout = _build_payout(each.ref, each.destination, each.minor, "cny", metadata)
        state.objects["payouts"][each.ref] = payout | {"created": created, "status": each.state}
        transfer = _build_transfer(metadata["transfer"], each.minor, "cny", each.destination, metadata)
        state.objects["transfers"][transfer["id"]] = transfer | {"created": created}
        state.add_balance_transaction("transfer", transfer, -each.minor, created=created)
        if each.state == "failed":
            state.objects["accounts"][each.destination]["balance"] = {"cny": each.minor}
            reverse_transfer(state, transfer["id"], {"metadata": metadata})
    state.write()


def create_transfer(state: SandboxState, params: JsonObject) -> JsonObject:
    """Transfer money to a connected account, at most what its source charge brought in."""
    reject_unknown(params, "amount", "currency", "destination", "source_transaction", "transfer_group", "metadata")
    amount, currency, source = read_integer(params, "amount"), read_currency(params), params.get("source_transaction")
    if source is not None:
        transferred = sum(
            each["amount"] for each in state.objects["transfers"].values() if each["source_transaction"] == source
        )
        if amount > state.get("charges", source)["amount_captured"] - transferred:
            raise ApiError(400, "insufficient_funds", "More than the charge has left.", param="amount")
    transfer: JsonObject = _build_transfer(
        state.next_id("tr"), amount, currency, str(params.get("destination")), params.get("metadata", {})
    ) | {"source_transaction": source, "transfer_group": params.get("transfer_group")}
    state.objects["transfers"][transfer["id"]] = transfer
    _add_to_balance(state, transfer, amount)
    state.add_balance_transaction("transfer", transfer, -amount)
    return transfer


def _build_transfer(ref: str, amount: int, currency: str, destination: str, metadata: JsonObject) -> JsonObject:
    return {
        "id": ref,
        "object": "transfer",
        "amount": amount,
        "currency": currency,
        "created": current_time(),
        "destination": destination,
        "source_transaction": None,
        "transfer_group": None,
        "metadata": metadata,
        "reversed": False,
    }


def _add_to_balance(state: SandboxState, transfer: JsonObject, amount: int) -> None:
    account = state.objects["accounts"].get(str(transfer["destination"]))
    if account is not None:
        balance, currency = account["balance"], transfer["currency"]
        balance[currency] = balance.get(currency, 0) + amount


def reverse_transfer(state: SandboxState, ref: str, params: JsonObject) -> JsonObject:
    """Take the whole of a transfer back, once, if the connected account still has it."""
    reject_unknown(params, "metadata")
    transfer = state.get("transfers", ref)
    if transfer["reversed"]:
        raise ApiError(400, "transfer_already_reversed", "The transfer was already reversed.")
    account = state.get("accounts", str(transfer["destination"]))
    if account["balance"].get(transfer["currency"], 0) < transfer["amount"]:
        raise ApiError(400, "balance_insufficient", "The connected account no longer has the money.")
    transfer["reversed"] = True
    _add_to_balance(state, transfer, -transfer["amount"])
    reversal: JsonObject = {
        "id": state.next_id("trr"),
        "object": "transfer_reversal",
        "amount": transfer["amount"],
        "currency": transfer["currency"],
        "created": current_time(),
        "metadata": params.get("metadata", {}),
        "transfer": ref,
    }
    state.objects["reversals"][reversal["id"]] = reversal
    state.add_balance_transaction("transfer_refund", reversal, reversal["amount"])
    return reversal


def create_payout(state: SandboxState, account_ref: str | None, params: JsonObject) -> JsonObject:
    """Pay out from the balance of a connected account to its bank account."""
    reject_unknown(params, "amount", "currency", "metadata")
    account = state.get("accounts", str(account_ref))
    amount, currency = read_integer(params, "amount"), read_currency(params)
    if not account["payouts_enabled"]:
        raise ApiError(400, "payouts_not_allowed", "Payouts to this account are not enabled.")
    if account["balance"].get(currency, 0) < amount:
        raise ApiError(400, "balance_insufficient", "The connected account has less than that.")
    account["balance"][currency] -= amount
    payout = _build_payout(state.next_id("po"), account["id"], amount, currency, params.get("metadata", {}))
    state.objects["payouts"][payout["id"]] = payout
    state.add_event("payout.created", payout)
    return payout


def _build_payout(ref: str, account_ref: str, amount: int, currency: str, metadata: JsonObject) -> JsonObject:
    return {
        "id": ref,
        "object": "payout",
        "account": account_ref,
        "amount": amount,
        "currency": currency,
        "created": current_time(),
        "arrival_date": current_time() + ARRIVAL_SECONDS,
        "metadata": metadata,
        "status": "in_transit",
        "failure_code": None,
    }


def retrieve_payout(state: SandboxState, account_ref: str | None, ref: str) -> JsonObject:
    """Return a payout of a connected account; it ends when its time has come."""
    payout = state.get("payouts", ref)
    if payout["account"] != account_ref:
        raise ApiError(404, "resource_missing", f"No such payout: '{ref}'", param="id")
    account = state.get("accounts", payout["account"])
    ending = account["external_accounts"]["data"][0]["last4"]
    if payout["status"] in _OPEN and current_time() >= payout["arrival_date"] and ending != _NEVER_ARRIVES:
        failure = _FAILURES.get(ending)
        set_payout_status(state, ref, "failed" if failure else "paid", failure)
    return payout


def list_payouts(state: SandboxState, account_ref: str | None, params: JsonObject) -> JsonObject:
    """List the payouts of a connected account, newest first."""
    found = state.list_newest("payouts", lambda each: each["account"] == account_ref)
    return paginate("/v1/payouts", found, params)


def set_payout_status(state: SandboxState, ref: str, status: str, reason: str | None = None) -> JsonObject:
    """Set a payout's status; a failed one puts the money back into the connected account."""
    payout = state.get("payouts", ref)
    if status == "failed" and payout["status"] != "failed":
        balance = state.get("accounts", payout["account"])["balance"]
        balance[payout["currency"]] = balance.get(payout["currency"], 0) + payout["amount"]
        payout["failure_code"] = reason or "no_account"
    payout["status"] = status
    state.add_event("payout.updated" if status in _OPEN else f"payout.{status}", payout)
    return payout

"""Answer a person's request for a copy, a corrected name or erasure that did not come through their own account."""

from pathlib import Path

import msgspec

from market.cases.casework.moves import get_account_scope
from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, NotFound
from market.people.identity.sign_in import find_account_by_phone
from market.privacy.close_account import close_account
from market.privacy.personal_data import export_personal_data
from market.sales.payouts.correct_name import correct_name
from market.service.commands.exports import WrittenFile, write_atomically
from market.service.commands.runtime import open_runtime


async def export_person(phone: str, *, out: Path) -> WrittenFile:
    """Write what the market holds about the account of a phone as JSON, and record it."""
    async with open_runtime() as ctx:
        async with ctx.db.transaction() as conn:
            account_id = await _require_account(conn, ctx.seal, phone)
        async with ctx.db.transaction(scope=get_account_scope(account_id)) as conn:
            data = await export_personal_data(conn, ctx.seal, account_id, by="command line", now=ctx.clock.now())
        return write_atomically(out, msgspec.json.format(msgspec.json.encode(data), indent=2))


async def close_person(phone: str) -> dict[str, object]:
    """Close the account of a phone and erase its owner, as the person may do on their own page."""
    async with open_runtime() as ctx:
        async with ctx.db.transaction() as conn:
            account_id = await _require_account(conn, ctx.seal, phone)
        async with ctx.db.transaction(scope=get_account_scope(account_id)) as conn:
            await close_account(conn, ctx.seal, account_id, by="command line", now=ctx.clock.now())
    return {"outcome": "ok", "account": str(account_id)}


async def correct_person_name(phone: str, *, name: str, reason: str) -> dict[str, object]:
    """Correct the verified name of the account of a phone; its payout accounts are checked again."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        account_id = await _require_account(conn, ctx.seal, phone)
        corrected = await correct_name(
            conn,
            ctx.seal,
            account_id,
            name=name,
            reason=reason,
            help_phone=ctx.settings.help_phone,
            now=ctx.clock.now(),
        )
    outcome = "ok" if corrected.changed else "no-op"
    return {"outcome": outcome, "account": str(account_id), "ended_payout_accounts": corrected.ended_accounts}


async def _require_account(conn: Connection, seal: Seal, phone: str) -> AccountId:
    account_id = await find_account_by_phone(conn, seal, phone)
    if account_id is None:
        raise NotFound
    return account_id

"""Codes, sessions and enrolled officials for the tests of signing in."""

import json
from datetime import timedelta

from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.codes import CodeLimits, request_code
from market.people.identity.models import NO_DEVICE, AccountId, Device, NewSession, Role
from market.people.identity.sign_in import sign_in
from tests.conftest import NOW
from tests.support.make import make_official
from tests.support.postgres import as_owner

LIMITS = CodeLimits(per_phone=3, per_network=5, per_day=10, pause=timedelta())
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def a_code(
    conn: Connection,
    seal: Seal,
    phone: str,
    *,
    network: str = "198.51.100.7",
    device: Device = NO_DEVICE,
    later: timedelta = timedelta(),
) -> str:
    """Request a code and return it from the queued message."""
    await request_code(conn, seal, LIMITS, phone=phone, network=network, device=device, now=NOW + later)
    sealed = await conn.fetchval(
        "SELECT facts_sealed FROM messages WHERE template = 'code' ORDER BY queued_at DESC, id DESC LIMIT 1"
    )
    return json.loads(seal.open(sealed, "messages.facts"))["code"]


async def signed_in(conn: Connection, seal: Seal, phone: str) -> NewSession:
    answer = await sign_in(conn, seal, phone=phone, code=await a_code(conn, seal, phone), now=NOW)
    assert isinstance(answer, NewSession)
    return answer


async def an_official_with_totp(conn: Connection, seal: Seal, phone: str) -> AccountId:
    account_id = await make_official(conn, Role.COUNTY, "130624", phone=phone)
    async with as_owner(conn):
        await conn.execute(
            "UPDATE accounts SET totp_sealed = $2 WHERE id = $1", account_id, seal.seal(SECRET, "accounts.totp")
        )
    return account_id


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"

"""The second factor of officials: time-based codes of six digits, each good once."""

import hmac
from datetime import datetime

import pyotp
from pyotp.totp import TOTP

from market.identity.models import AccountId
from market.kernel import Connection, Query
from market.kernel.seal import Seal

ISSUER = "乡集"
CONTEXT = "accounts.totp"
STEP_SECONDS = 30
"""Source: RFC 6238, the default step."""
_DRIFT = (0, -1, 1)
"""Steps around now that are taken, for clocks that go wrong by half a minute."""

TOTP_OF = Query(bytes, "SELECT totp_sealed FROM accounts WHERE id = :account_id AND totp_sealed IS NOT NULL")
USE_STEP = Query(
    int,
    """
    INSERT INTO second_factor_uses (account_id, step) VALUES (:account_id, :step)
    ON CONFLICT ON CONSTRAINT second_factor_once DO NOTHING
    RETURNING 1
    """,
)


def new_secret() -> str:
    """Return a new secret in base 32."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, name: str) -> str:
    """Return the text of the QR code by which an authenticator app takes the secret."""
    return TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def code_at(secret: str, now: datetime) -> str:
    """Return the code that an authenticator shows at `now`."""
    return TOTP(secret, interval=STEP_SECONDS).generate_otp(int(now.timestamp()) // STEP_SECONDS)


def is_secret(text: str) -> bool:
    """Say whether a text can be a secret: base 32 of at least 16 characters."""
    try:
        TOTP(text).byte_secret()
    except ValueError:
        return False
    return len(text) >= 16  # noqa: PLR2004 - 80 bits, RFC 4226 asks for no less than 128 of new ones and takes these


async def use_second_factor(conn: Connection, seal: Seal, account_id: AccountId, code: str, *, now: datetime) -> bool:
    """Take a time-based code: True once for each step, False for a wrong or a used one, or where none is enrolled."""
    sealed = await TOTP_OF.maybe(conn, account_id=account_id)
    if sealed is None:
        return False
    totp = TOTP(seal.open(sealed, CONTEXT), interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    for drift in _DRIFT:
        if hmac.compare_digest(totp.generate_otp(present + drift).encode(), code.encode()):
            return await USE_STEP.maybe(conn, account_id=account_id, step=present + drift) is not None
    return False

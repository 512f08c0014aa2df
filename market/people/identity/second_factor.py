"""The second factor of officials: time-based codes (TOTP) of six digits, each valid once."""

import hmac
from datetime import datetime

import pyotp
from pyotp.totp import TOTP

from market.kernel import Connection, Database, Query
from market.kernel.seal import Seal
from market.kernel.text import normalize_digits
from market.people.identity.models import AccountId
from payments.sql import run_in_pieces

ISSUER = "乡集"
TOTP_CONTEXT = "accounts.totp"
STEP_SECONDS = 30
"""Source: RFC 6238, the default step."""
_DRIFT = (0, -1, 1)
"""Accepted steps around now, for clocks that are wrong by up to 30 s."""

GET_TOTP_SECRET = Query(bytes, "SELECT totp_sealed FROM accounts WHERE id = :account_id AND totp_sealed IS NOT NULL")
ADD_USED_STEP = Query(
    int,
    """
    INSERT INTO second_factor_uses (account_id, step) VALUES (:account_id, :step)
    ON CONFLICT ON CONSTRAINT second_factor_uses_unique DO NOTHING
    RETURNING 1
    """,
)
DELETE_OLD_STEPS = Query(
    None,
    """
    DELETE FROM second_factor_uses
     WHERE (account_id, step) IN (SELECT account_id, step FROM second_factor_uses
                                   WHERE step < :step::bigint LIMIT :piece::integer)
    """,
)


def generate_secret() -> str:
    """Return a new secret in base 32."""
    return pyotp.random_base32()


def make_enrolment_uri(secret: str, name: str) -> str:
    """Return the `otpauth` URI with which an authenticator app is enrolled."""
    return TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def generate_code(secret: str, *, now: datetime) -> str:
    """Return the code that an authenticator app shows now."""
    return TOTP(secret, interval=STEP_SECONDS).generate_otp(int(now.timestamp()) // STEP_SECONDS)


def is_valid_secret(text: str) -> bool:
    """Return whether a text is a valid secret: base 32 of at least 16 characters."""
    try:
        TOTP(text).byte_secret()
    except ValueError:
        return False
    return len(text) >= 16


async def use_second_factor(conn: Connection, seal: Seal, account_id: AccountId, code: str, *, now: datetime) -> bool:
    """Verify a time-based code and mark its step used.

    Returns False for a wrong or used code, or if no second factor is enrolled.
    """
    sealed = await GET_TOTP_SECRET.maybe(conn, account_id=account_id)
    if sealed is None:
        return False
    totp = TOTP(seal.open(sealed, TOTP_CONTEXT), interval=STEP_SECONDS)
    current_step = int(now.timestamp()) // STEP_SECONDS
    for drift in _DRIFT:
        if hmac.compare_digest(totp.generate_otp(current_step + drift).encode(), normalize_digits(code).encode()):
            return await ADD_USED_STEP.maybe(conn, account_id=account_id, step=current_step + drift) is not None
    return False


async def delete_old_steps(db: Database, before: datetime) -> int:
    """Delete the used codes of before a moment, at least a minute ago: they are no longer accepted. Return how many."""
    return await run_in_pieces(db, DELETE_OLD_STEPS, step=int(before.timestamp()) // STEP_SECONDS)

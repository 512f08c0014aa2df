"""Sessions: the device stores a random token, the database its hash; verifying the second factor issues a new token."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.identity.actors import hash_token
from market.identity.models import AccountId, NewSession, NotFound, NotSignedIn, Session, WrongSecondFactor
from market.identity.second_factor import use_second_factor
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal

SESSION_LIFETIME = timedelta(days=30)
OFFICIAL_SESSION_LIFETIME = timedelta(hours=12)
_TOKEN_BYTES = 32
_MAX_DEVICE_LENGTH = 80


class SessionAccount(Struct, frozen=True):
    """The account fields that a new session needs."""

    name: str
    official: bool


class FactorAttempt(Struct, frozen=True):
    """An attempt at the second factor of a session; `factor_attempts` includes this one."""

    account_id: AccountId
    factor_attempts: int
    device: str


GET_SESSION_ACCOUNT = Query(
    SessionAccount,
    """
    SELECT name, EXISTS (SELECT FROM grants WHERE account_id = a.id AND valid_during @> :day::date) AS official
      FROM accounts a
     WHERE id = :account_id AND closed_at IS NULL
    """,
)
ADD_SESSION = Query(
    None,
    """
    INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, second_factor, device)
    VALUES (:token_hash, :account_id, :now, :now, :expires_at, :second_factor, :device)
    """,
)
REVOKE_SESSION = Query(
    None, "UPDATE sessions SET revoked_at = :now WHERE token_hash = :token_hash AND revoked_at IS NULL"
)
REVOKE_ACCOUNT_SESSION = Query(
    None,
    "UPDATE sessions SET revoked_at = :now WHERE id = :session_id AND account_id = :account_id AND revoked_at IS NULL",
)
LIST_SESSIONS = Query(
    Session,
    """
    SELECT id, device, created_at, seen_at, token_hash = :token_hash AS current
      FROM sessions
     WHERE account_id = :account_id AND revoked_at IS NULL AND expires_at > :now
     ORDER BY seen_at DESC, id
     LIMIT 50
    """,
)
COUNT_FACTOR_ATTEMPT = Query(
    FactorAttempt,
    """
    UPDATE sessions SET factor_attempts = factor_attempts + 1
     WHERE token_hash = :token_hash AND revoked_at IS NULL AND expires_at > :now AND factor_attempts < 5
    RETURNING account_id, factor_attempts, device
    """,
)


async def start_session(
    conn: Connection, account_id: AccountId, *, second_factor: bool, device: str, now: datetime
) -> NewSession:
    """Create a session with a token of 256 random bits; it lasts 30 days, an official's 12 hours.

    Raises:
        NotSignedIn: the account is unknown or closed.
    """
    account = await GET_SESSION_ACCOUNT.maybe(conn, account_id=account_id, day=get_business_day(now))
    if account is None:
        raise NotSignedIn
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = now + (OFFICIAL_SESSION_LIFETIME if account.official else SESSION_LIFETIME)
    await ADD_SESSION.run(
        conn,
        token_hash=hash_token(token),
        account_id=account_id,
        now=now,
        expires_at=expires_at,
        second_factor=second_factor,
        device=device[:_MAX_DEVICE_LENGTH],
    )
    return NewSession(
        token, expires_at, account_id, account.name, second_factor, account.official and not second_factor
    )


async def verify_second_factor(
    conn: Connection, seal: Seal, token: str, *, code: str, now: datetime
) -> NewSession | WrongSecondFactor:
    """Verify the second factor of a session and replace the session by one with a new token.

    A wrong code is returned, not raised, so that the caller commits the count of attempts before raising it. A session
    has five attempts.

    Raises:
        NotSignedIn: the session is unknown, expired or revoked, or has no attempts left.
    """
    attempt = await COUNT_FACTOR_ATTEMPT.maybe(conn, token_hash=hash_token(token), now=now)
    if attempt is None:
        raise NotSignedIn
    if not await use_second_factor(conn, seal, attempt.account_id, code, now=now):
        return WrongSecondFactor()
    await sign_out(conn, token, now=now)
    return await start_session(conn, attempt.account_id, second_factor=True, device=attempt.device, now=now)


async def sign_out(conn: Connection, token: str, *, now: datetime) -> None:
    """Revoke the session of a token. Idempotent; an unknown token changes nothing."""
    await REVOKE_SESSION.run(conn, token_hash=hash_token(token), now=now)


async def list_sessions(conn: Connection, account_id: AccountId, token: str, *, now: datetime) -> list[Session]:
    """Return the open sessions of an account, last used first, at most 50; `token` marks the current one."""
    return await LIST_SESSIONS.all(conn, account_id=account_id, token_hash=hash_token(token), now=now)


async def revoke_session(conn: Connection, account_id: AccountId, session_id: UUID, *, now: datetime) -> None:
    """Revoke one session of the account.

    Raises:
        NotFound: the account has no such open session.
    """
    if not await REVOKE_ACCOUNT_SESSION.run(conn, account_id=account_id, session_id=session_id, now=now):
        raise NotFound

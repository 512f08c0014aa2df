"""Sessions: the device stores a random token, the database its hash; verifying the second factor issues a new token."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_token, hash_device_key, hash_token
from market.people.identity.models import (
    AccountId,
    Device,
    NewSession,
    NotFound,
    NotSignedIn,
    Session,
    WrongSecondFactor,
)
from market.people.identity.second_factor import use_second_factor
from payments.sql import run_in_pieces

SESSION_LIFETIME = timedelta(days=30)
OFFICIAL_SESSION_LIFETIME = timedelta(hours=12)
KNOWN_DEVICE_PERIOD = timedelta(days=180)
"""How long a device is known after a sign-in on it, and a session is kept after it began."""
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
    device_key: bytes | None


GET_SESSION_ACCOUNT = Query(
    SessionAccount,
    """
    SELECT name,
           EXISTS (SELECT FROM grants WHERE account_id = a.id AND valid_during @> :day::date)
           OR EXISTS (SELECT FROM operator_grants WHERE account_id = a.id AND valid_during @> :day::date) AS official
      FROM accounts a
     WHERE id = :account_id AND closed_at IS NULL
    """,
)
START_SESSION = Query(
    None,
    """
    SELECT start_session(:token_hash::bytea, :account_id::uuid, :expires_at::timestamptz, :second_factor::boolean,
                         :device::text, :device_key::bytea, :now::timestamptz)
    """,
)
REVOKE_SESSION = Query(
    None, "UPDATE sessions SET revoked_at = :now WHERE token_hash = :token_hash AND revoked_at IS NULL"
)
REVOKE_ACCOUNT_SESSION = Query(
    None,
    "UPDATE sessions SET revoked_at = :now WHERE id = :session_id AND account_id = :account_id AND revoked_at IS NULL",
)
REVOKE_OTHER_SESSIONS = Query(
    None,
    """
    UPDATE sessions SET revoked_at = :now
     WHERE account_id = :account_id AND token_hash <> :token_hash AND revoked_at IS NULL
    """,
)
# A browser is known by its key; a program that stores none, by its name. The sessions of an account that was not used
# for long are deleted.
IS_NEW_DEVICE = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM accounts WHERE id = :account_id
                      AND (created_at < :since OR EXISTS (SELECT FROM sessions WHERE account_id = accounts.id)))
       AND NOT EXISTS (SELECT FROM sessions
                        WHERE account_id = :account_id
                          AND CASE WHEN :device_key::bytea IS NULL THEN device = :device
                                   ELSE device_key = :device_key END)
    """,
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
    RETURNING account_id, factor_attempts, device, device_key
    """,
)
DELETE_OLD_SESSIONS = Query(
    None,
    """
    DELETE FROM sessions
     WHERE token_hash IN (SELECT token_hash FROM sessions WHERE created_at < :before
                           ORDER BY created_at LIMIT :piece::integer)
    """,
)


async def start_session(
    conn: Connection,
    account_id: AccountId,
    *,
    second_factor: bool,
    device: Device,
    now: datetime,
    device_key: bytes | None = None,
) -> NewSession:
    """Create a session with a token of 256 random bits, and record it; it lasts 30 days, an official's 12 hours.

    `device_key` is the hash of the device's key where only the hash is known.

    Raises:
        NotSignedIn: the account is unknown or closed.
    """
    account = await GET_SESSION_ACCOUNT.maybe(conn, account_id=account_id, day=get_business_day(now))
    if account is None:
        raise NotSignedIn
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = now + (OFFICIAL_SESSION_LIFETIME if account.official else SESSION_LIFETIME)
    await START_SESSION.run(
        conn,
        token_hash=hash_token(token),
        account_id=account_id,
        now=now,
        expires_at=expires_at,
        second_factor=second_factor,
        device=device.name[:_MAX_DEVICE_LENGTH],
        device_key=device_key or hash_device_key(device),
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
        NotSignedIn: the session is unknown, expired, revoked or an idle official's, or has no attempts left.
    """
    if await find_actor_by_token(conn, token, now=now) is None:
        raise NotSignedIn
    attempt = await COUNT_FACTOR_ATTEMPT.maybe(conn, token_hash=hash_token(token), now=now)
    if attempt is None:
        raise NotSignedIn
    if not await use_second_factor(conn, seal, attempt.account_id, code, now=now):
        return WrongSecondFactor()
    await sign_out(conn, token, now=now)
    device = Device(attempt.device)
    return await start_session(
        conn, attempt.account_id, second_factor=True, device=device, device_key=attempt.device_key, now=now
    )


async def is_new_device(conn: Connection, account_id: AccountId, device: Device, *, now: datetime) -> bool:
    """Return whether an account that was used before was not used on this device in the last 180 days or longer."""
    return await IS_NEW_DEVICE.one(
        conn,
        account_id=account_id,
        device=device.name[:_MAX_DEVICE_LENGTH],
        device_key=hash_device_key(device),
        since=now - KNOWN_DEVICE_PERIOD,
    )


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


async def revoke_other_sessions(conn: Connection, account_id: AccountId, token: str, *, now: datetime) -> int:
    """Revoke every session of the account but that of `token`; return how many."""
    return await REVOKE_OTHER_SESSIONS.run(conn, account_id=account_id, token_hash=hash_token(token), now=now)


async def delete_old_sessions(db: Database, before: datetime) -> int:
    """Delete the sessions that began before a moment, at least 30 days ago so that they have ended; return how many."""
    return await run_in_pieces(db, DELETE_OLD_SESSIONS, before=before)

"""Sessions: a random token held by the device, its hash by us; a new one at every step up."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.identity.actors import hash_token
from market.identity.models import AccountId, NotFound, NotSignedIn, Session, SignedIn, WrongSecondFactor
from market.identity.second_factor import use_second_factor
from market.kernel import Connection, Query
from market.kernel.clock import day_of
from market.kernel.seal import Seal

LIFE = timedelta(days=30)
OFFICIAL_LIFE = timedelta(hours=12)
_TOKEN_BYTES = 32
_LONGEST_DEVICE = 80


class Standing(Struct, frozen=True):
    """What a new session needs to know of its account."""

    name: str
    official: bool


class Tries(Struct, frozen=True):
    """An open session, its account, and how often its second factor was tried, this time included."""

    account_id: AccountId
    factor_tries: int
    device: str


STANDING_OF = Query(
    Standing,
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
END_SESSION = Query(None, "UPDATE sessions SET revoked_at = :now WHERE token_hash = :token_hash AND revoked_at IS NULL")
END_SESSION_OF = Query(
    None,
    "UPDATE sessions SET revoked_at = :now WHERE id = :session_id AND account_id = :account_id AND revoked_at IS NULL",
)
END_OTHER_SESSIONS = Query(
    None,
    """
    UPDATE sessions SET revoked_at = :now
     WHERE account_id = :account_id AND revoked_at IS NULL AND token_hash <> :token_hash
    """,
)
SESSIONS_OF = Query(
    Session,
    """
    SELECT id, device, created_at, seen_at, token_hash = :token_hash AS current
      FROM sessions
     WHERE account_id = :account_id AND revoked_at IS NULL AND expires_at > :now
     ORDER BY seen_at DESC, id
     LIMIT 50
    """,
)
COUNT_FACTOR_TRY = Query(
    Tries,
    """
    UPDATE sessions SET factor_tries = factor_tries + 1
     WHERE token_hash = :token_hash AND revoked_at IS NULL AND expires_at > :now AND factor_tries < 5
    RETURNING account_id, factor_tries, device
    """,
)


async def start_session(
    conn: Connection, account_id: AccountId, *, second_factor: bool, device: str, now: datetime
) -> SignedIn:
    """Open a session with a token of 256 random bits: 30 days, an official's 12 hours and idle out sooner.

    Raises:
        NotSignedIn: the account is closed or unknown.
    """
    standing = await STANDING_OF.maybe(conn, account_id=account_id, day=day_of(now))
    if standing is None:
        raise NotSignedIn
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = now + (OFFICIAL_LIFE if standing.official else LIFE)
    await ADD_SESSION.run(
        conn,
        token_hash=hash_token(token),
        account_id=account_id,
        now=now,
        expires_at=expires_at,
        second_factor=second_factor,
        device=device[:_LONGEST_DEVICE],
    )
    return SignedIn(
        token, expires_at, account_id, standing.name, second_factor, standing.official and not second_factor
    )


async def show_second_factor(
    conn: Connection, seal: Seal, token: str, *, code: str, now: datetime
) -> SignedIn | WrongSecondFactor:
    """Raise an open session to the second factor: it ends, and a new one with a new token begins.

    A wrong code is returned, not raised, so that the caller commits the count of tries and raises it then; after five
    the session is good for nothing more of the kind.

    Raises:
        NotSignedIn: there is no such open session, or its tries are used up.
    """
    tried = await COUNT_FACTOR_TRY.maybe(conn, token_hash=hash_token(token), now=now)
    if tried is None:
        raise NotSignedIn
    if not await use_second_factor(conn, seal, tried.account_id, code, now=now):
        return WrongSecondFactor()
    await sign_out(conn, token, now=now)
    return await start_session(conn, tried.account_id, second_factor=True, device=tried.device, now=now)


async def sign_out(conn: Connection, token: str, *, now: datetime) -> None:
    """End the session of a token; an unknown or ended one changes nothing."""
    await END_SESSION.run(conn, token_hash=hash_token(token), now=now)


async def list_sessions(conn: Connection, account_id: AccountId, token: str, *, now: datetime) -> list[Session]:
    """Return where the account is signed in, the latest used first, at most 50; `token` marks the present one."""
    return await SESSIONS_OF.all(conn, account_id=account_id, token_hash=hash_token(token), now=now)


async def revoke_session(conn: Connection, account_id: AccountId, session_id: UUID, *, now: datetime) -> None:
    """End one session of the account.

    Raises:
        NotFound: the account has no such open session.
    """
    if not await END_SESSION_OF.run(conn, account_id=account_id, session_id=session_id, now=now):
        raise NotFound


async def revoke_others(conn: Connection, account_id: AccountId, token: str, *, now: datetime) -> int:
    """End every session of the account but the one of `token`; return how many."""
    return await END_OTHER_SESSIONS.run(conn, account_id=account_id, token_hash=hash_token(token), now=now)

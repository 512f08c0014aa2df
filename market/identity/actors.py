"""Who is asking: an account with its roles and producers of the day."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from market.identity.models import AccountId, Actor, Grant, Role
from market.kernel import Connection, Query
from market.kernel.clock import day_of

OFFICIAL_IDLE = timedelta(minutes=30)
"""An official who does nothing for so long signs in again. Source: money-and-trust, officials idle out."""
_TOUCH_AFTER = timedelta(minutes=1)


class ActorRow(Struct, frozen=True):
    """An account as it stands on a day: roles and scopes are two lists in one order."""

    id: AccountId
    name: str
    handle: str | None
    elder: bool
    roles: list[Role]
    scopes: list[str]
    producers: list[UUID]
    second_factor: bool
    seen_at: datetime | None = None


ACTOR_BY_ID = Query(
    ActorRow,
    """
    SELECT id, name, handle, elder, :second_factor::boolean AS second_factor,
           ARRAY(SELECT role FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS roles,
           ARRAY(SELECT scope FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS scopes,
           ARRAY(SELECT producer_id FROM producer_members WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY producer_id) AS producers
      FROM accounts a
     WHERE id = :account_id AND closed_at IS NULL
    """,
)

ACTOR_BY_HANDLE = Query(
    ActorRow,
    """
    SELECT id, name, handle, elder, true AS second_factor,
           ARRAY(SELECT role FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS roles,
           ARRAY(SELECT scope FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS scopes,
           ARRAY(SELECT producer_id FROM producer_members WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY producer_id) AS producers
      FROM accounts a
     WHERE handle = :handle AND closed_at IS NULL
    """,
)

ACTOR_BY_TOKEN = Query(
    ActorRow,
    """
    SELECT a.id, a.name, a.handle, a.elder, s.second_factor, s.seen_at,
           ARRAY(SELECT role FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS roles,
           ARRAY(SELECT scope FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS scopes,
           ARRAY(SELECT producer_id FROM producer_members WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY producer_id) AS producers
      FROM sessions s JOIN accounts a ON a.id = s.account_id
     WHERE s.token_hash = :token_hash
       AND s.revoked_at IS NULL
       AND s.expires_at > :now
       AND a.closed_at IS NULL
       AND (s.seen_at > :idle_since
            OR NOT EXISTS (SELECT FROM grants WHERE account_id = a.id AND valid_during @> :day::date))
    """,
)

TOUCH_SESSION = Query(None, "UPDATE sessions SET seen_at = :now WHERE token_hash = :token_hash AND seen_at < :now")


def _actor(row: ActorRow) -> Actor:
    grants = tuple(Grant(role, scope) for role, scope in zip(row.roles, row.scopes, strict=True))
    return Actor(row.id, row.name, row.handle, grants, tuple(row.producers), row.second_factor, row.elder)


async def actor_by_handle(conn: Connection, handle: str, *, day: date) -> Actor | None:
    """Return the account of that handle with its roles of the day, as if it had signed in whole."""
    row = await ACTOR_BY_HANDLE.maybe(conn, handle=handle, day=day)
    return _actor(row) if row else None


async def actor_by_id(
    conn: Connection, account_id: AccountId, *, day: date, second_factor: bool = False
) -> Actor | None:
    """Return an account with its roles of the day, or None where it is unknown or closed."""
    row = await ACTOR_BY_ID.maybe(conn, account_id=account_id, day=day, second_factor=second_factor)
    return _actor(row) if row else None


async def actor_by_token(conn: Connection, token: str, *, now: datetime) -> Actor | None:
    """Return who a session's token belongs to, or None where it is unknown, ended, revoked or an official's gone idle.

    Notes the use, at most once a minute.
    """
    token_hash = hash_token(token)
    row = await ACTOR_BY_TOKEN.maybe(
        conn, token_hash=token_hash, now=now, day=day_of(now), idle_since=now - OFFICIAL_IDLE
    )
    if row is None:
        return None
    if row.seen_at is not None and row.seen_at < now - _TOUCH_AFTER:
        await TOUCH_SESSION.run(conn, token_hash=token_hash, now=now)
    return _actor(row)


def hash_token(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256; the token itself has 256 random bits and needs no salt."""
    return sha256(token.encode()).digest()

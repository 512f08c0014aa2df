"""Find actors: accounts with their roles and producers on a day."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.structs import build_from
from market.people.identity.models import AccountId, Actor, Device, Grant, LocalContact, OperatorSeat, Role

OFFICIAL_IDLE_TIMEOUT = timedelta(minutes=30)
"""The session of an official or an operator ends after this time without a request.

Source: money-and-trust, officials idle out.
"""
_TOUCH_INTERVAL = timedelta(minutes=1)


class ActorRow(Struct, frozen=True):
    """An account on a day; `roles` and `scopes` are parallel lists."""

    id: AccountId
    name: str
    handle: str | None
    elder: bool
    roles: list[Role]
    scopes: list[str]
    producers: list[UUID]
    second_factor: bool
    helped: list[str] = []
    seen_at: datetime | None = None
    contact: LocalContact | None = None
    operator: OperatorSeat | None = None
    warning: str = ""


FIND_ACTOR = Query(
    ActorRow,
    """
    SELECT id, name, handle, elder, true AS second_factor,
           (SELECT jsonb_build_object('operator', min(operator), 'scopes', jsonb_agg(scope ORDER BY scope))
              FROM operator_grants WHERE account_id = a.id AND valid_during @> :day::date
            HAVING count(*) > 0) AS operator,
           ARRAY(SELECT role FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS roles,
           ARRAY(SELECT scope FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS scopes,
           ARRAY(SELECT producer_id FROM producer_members WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY producer_id) AS producers
      FROM accounts a
     WHERE (handle = :handle::text OR id = :account_id::uuid) AND closed_at IS NULL
    """,
)

FIND_ACTOR_BY_TOKEN = Query(
    ActorRow,
    """
    SELECT a.id, a.name, a.handle, a.elder, s.second_factor, s.seen_at,
           (SELECT jsonb_build_object('operator', min(operator), 'scopes', jsonb_agg(scope ORDER BY scope))
              FROM operator_grants WHERE account_id = a.id AND valid_during @> :day::date
            HAVING count(*) > 0) AS operator,
           ARRAY(SELECT role FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS roles,
           ARRAY(SELECT scope FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY role, scope) AS scopes,
           ARRAY(SELECT producer_id FROM producer_members WHERE account_id = a.id AND valid_during @> :day::date
                  ORDER BY producer_id) AS producers,
           ARRAY(SELECT p.name FROM producer_members m JOIN producers p ON p.id = m.producer_id
                  WHERE m.account_id = a.id AND m.role = 'helper' AND m.valid_during @> :day::date
                  ORDER BY p.name) AS helped,
           (SELECT to_jsonb(found) FROM producer_members m JOIN producers p ON p.id = m.producer_id
                   CROSS JOIN LATERAL find_contact(p.village_code, :day::date) AS found
             WHERE m.account_id = a.id AND m.valid_during @> :day::date
             ORDER BY p.number LIMIT 1) AS contact,
           coalesce((SELECT w.text FROM producer_members m JOIN producers p ON p.id = m.producer_id
                            JOIN fraud_warnings w ON w.county_code = p.county_code
                      WHERE m.account_id = a.id AND m.valid_during @> :day::date
                        AND w.valid_during @> :day::date AND w.ended_at IS NULL
                      ORDER BY w.published_at DESC LIMIT 1), '') AS warning
      FROM sessions s JOIN accounts a ON a.id = s.account_id
     WHERE s.token_hash = :token_hash
       AND s.revoked_at IS NULL
       AND s.expires_at > :now
       AND a.closed_at IS NULL
       AND (s.seen_at > :idle_since
            OR NOT EXISTS (SELECT FROM grants WHERE account_id = a.id AND valid_during @> :day::date)
           AND NOT EXISTS (SELECT FROM operator_grants WHERE account_id = a.id AND valid_during @> :day::date))
    """,
)


class SessionRow(Struct, frozen=True):
    """A session that has not ended, with its account.

    `holds_office`: the account has, had or will have a role, a seat of an operator, or a producer.
    """

    id: AccountId
    name: str
    handle: str | None
    elder: bool
    second_factor: bool
    seen_at: datetime
    holds_office: bool


# A third of the cost of FIND_ACTOR_BY_TOKEN, and all that is to know of a buyer (ADR 118).
FIND_SESSION = Query(
    SessionRow,
    """
    SELECT a.id, a.name, a.handle, a.elder, s.second_factor, s.seen_at,
           EXISTS (SELECT FROM grants WHERE account_id = a.id)
           OR EXISTS (SELECT FROM operator_grants WHERE account_id = a.id)
           OR EXISTS (SELECT FROM producer_members WHERE account_id = a.id) AS holds_office
      FROM sessions s JOIN accounts a ON a.id = s.account_id
     WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :now AND a.closed_at IS NULL
    """,
)

TOUCH_SESSION = Query(None, "UPDATE sessions SET seen_at = :now WHERE token_hash = :token_hash AND seen_at < :now")


def _make_actor(row: ActorRow) -> Actor:
    grants = tuple(Grant(role, scope) for role, scope in zip(row.roles, row.scopes, strict=True))
    return build_from(
        Actor, row, account_id=row.id, grants=grants, producers=tuple(row.producers), helped=tuple(row.helped)
    )


async def find_actor_by_handle(conn: Connection, handle: str, *, day: date) -> Actor | None:
    """Return the account with the handle and its roles on the day; the second factor counts as verified."""
    row = await FIND_ACTOR.maybe(conn, handle=handle, account_id=None, day=day)
    return _make_actor(row) if row else None


async def find_actor_by_id(conn: Connection, account_id: AccountId, *, second_factor: bool, day: date) -> Actor | None:
    """Return an open account and its roles on the day; `second_factor` is that of the session that it used."""
    row = await FIND_ACTOR.maybe(conn, handle=None, account_id=account_id, day=day)
    return msgspec.structs.replace(_make_actor(row), second_factor=second_factor) if row else None


async def find_actor_by_token(conn: Connection, token: str, *, now: datetime) -> Actor | None:
    """Return the actor of a session token, or None if the session is unknown, expired, revoked or an idle official's.

    Records the use of the session, at most once a minute.
    """
    token_hash = hash_token(token)
    session = await FIND_SESSION.maybe(conn, token_hash=token_hash, now=now)
    if session is None:
        return None
    if session.holds_office:
        row = await FIND_ACTOR_BY_TOKEN.maybe(
            conn, token_hash=token_hash, now=now, day=get_business_day(now), idle_since=now - OFFICIAL_IDLE_TIMEOUT
        )
        if row is None:
            return None
        actor = _make_actor(row)
    else:
        actor = build_from(Actor, session, account_id=session.id)
    if session.seen_at < now - _TOUCH_INTERVAL:
        await TOUCH_SESSION.run(conn, token_hash=token_hash, now=now)
    return actor


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a token, for storage; a token of 256 random bits needs no salt."""
    return sha256(token.encode()).digest()


def hash_device_key(device: Device) -> bytes | None:
    """Return the hash under which a device's key is stored, or None if it has none."""
    return hash_token(device.key) if device.key else None

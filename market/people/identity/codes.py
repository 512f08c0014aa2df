"""One-time codes by text message: valid for five minutes, five attempts and one use."""

import ipaddress
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.language import say
from market.kernel.rate_limits import list_network_budgets
from market.kernel.seal import Seal
from market.kernel.text import normalize_digits, normalize_phone
from market.people.identity.actors import hash_device_key
from market.people.identity.models import (
    NO_DEVICE,
    CodeAttemptsUsedUp,
    CodeJustSent,
    Device,
    ExpiredCode,
    InvalidPhone,
    SentCode,
    TooManyCodes,
    WrongCode,
)
from market.people.identity.sessions import KNOWN_DEVICE_PERIOD
from market.people.notify.queue import queue_message
from market.people.notify.templates import CODE_LIFETIME
from payments.sql import run_in_pieces

MAX_CODE_ATTEMPTS = 5
"""Attempts at a code from one network."""
MAX_CODE_ATTEMPTS_IN_ALL = 15
RESERVED_PERCENT = 20
"""The part of the day's codes that only phones with an account get."""
NETWORK_WINDOW = timedelta(hours=1)
_DIGITS = 6
_LOOPBACK = ("127.0.0.1", "::1")


class CodeLimits(Struct, frozen=True, kw_only=True):
    """Limits of codes: per phone and business day, per network and hour, in total per business day; and the pause.

    A /48 of IPv6 gets four times the codes of a /64 (`market/kernel/rate_limits.py`).
    """

    per_phone: int
    per_network: int
    per_day: int
    pause: timedelta = timedelta(seconds=60)


class CodeUsage(Struct, frozen=True):
    """How many codes were sent, each count up to its limit; when the last one was; whether the phone has an account."""

    for_phone: int
    for_network: int
    for_wide_network: int
    in_total: int
    last_sent_at: datetime | None
    has_account: bool


class CodeAttempt(Struct, frozen=True):
    """An attempt at a code: whether it was correct."""

    id: UUID
    correct: bool


# Serialise the requests for one phone and from one network, so that the limits are exact.
LOCK_LIMITS = Query(
    None,
    """
    SELECT pg_advisory_xact_lock(7002, key)
      FROM (SELECT DISTINCT key
              FROM (VALUES (hashtext(encode(:phone_index::bytea, 'hex'))), (hashtext(:network::text)),
                           (hashtext(:wide_network::text))) AS keys (key)
             ORDER BY key) AS ordered
    """,
)
COUNT_CODES_SENT = Query(
    CodeUsage,
    """
    SELECT (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE phone_index = :phone_index AND sent_at >= :day_start
                                     AND known_device = :known_device
                                   LIMIT :per_phone::integer) AS codes) AS for_phone,
           (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE network = :network AND sent_at > :hour_start
                                   LIMIT :per_network::integer) AS codes) AS for_network,
           (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE wide_network = :wide_network AND sent_at > :hour_start
                                   LIMIT :per_wide_network::integer) AS codes) AS for_wide_network,
           (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE sent_at >= :day_start
                                   LIMIT :per_day::integer) AS codes) AS in_total,
           (SELECT max(sent_at) FROM sign_in_codes
             WHERE phone_index = :phone_index AND known_device = :known_device) AS last_sent_at,
           EXISTS (SELECT FROM accounts WHERE phone_index = :phone_index) AS has_account
    """,
)
IS_KNOWN_DEVICE = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM sessions s JOIN accounts a ON a.id = s.account_id
                    WHERE a.phone_index = :phone_index AND s.device_key = :device_key AND s.created_at > :since)
    """,
)
ADD_CODE = Query(
    None,
    """
    INSERT INTO sign_in_codes (phone_index, code_hash, network, wide_network, sent_at, expires_at, known_device)
    VALUES (:phone_index, :code_hash, :network, :wide_network, :now, :expires_at, :known_device)
    """,
)
# Attempts are counted per network first, so that those of a stranger do not use up the owner's. The row lock serializes
# concurrent attempts: the first correct one marks the code used.
TRY_CODE = Query(
    CodeAttempt,
    """
    WITH newest AS (
        SELECT id FROM sign_in_codes
         WHERE phone_index = :phone_index AND known_device = :known_device
         ORDER BY sent_at DESC, id DESC LIMIT 1),
    counted AS (
        INSERT INTO sign_in_attempts AS tried (code_id, network) SELECT id, :network FROM newest
        ON CONFLICT ON CONSTRAINT sign_in_attempts_unique DO UPDATE SET attempts = tried.attempts + 1
         WHERE tried.attempts < :max_attempts::integer
        RETURNING code_id)
    UPDATE sign_in_codes
       SET attempts = attempts + 1,
           used_at = CASE WHEN code_hash = :code_hash THEN :now::timestamptz END
     WHERE id = (SELECT code_id FROM counted)
       AND used_at IS NULL
       AND attempts < :max_attempts_in_all::integer
       AND expires_at > :now::timestamptz
    RETURNING id, used_at IS NOT NULL AS correct
    """,
)
IS_NEWEST_CODE_VALID = Query(
    bool,
    """
    SELECT used_at IS NULL AND expires_at > :now::timestamptz
      FROM sign_in_codes
     WHERE phone_index = :phone_index AND known_device = :known_device
     ORDER BY sent_at DESC, id DESC LIMIT 1
    """,
)
RESTORE_CODE = Query(None, "UPDATE sign_in_codes SET used_at = NULL WHERE id = :id")
DELETE_OLD_CODES = Query(
    None,
    """
    DELETE FROM sign_in_codes
     WHERE id IN (SELECT id FROM sign_in_codes WHERE sent_at < :before ORDER BY sent_at LIMIT :piece::integer)
    """,
)


def resolve_client_address(peer: str, forwarded: str) -> str:
    """Return the client's address: the peer, or the address reported by a reverse proxy on this machine.

    `forwarded` is the `X-Forwarded-For` header. Only its last address was written by our proxy. The header is
    ignored if the peer is on another machine.
    """
    reported = forwarded.rpartition(",")[2].strip()
    return reported if reported and peer in _LOOPBACK else peer


@lru_cache(maxsize=2_000)
def get_network(address: str) -> str:
    """Return the unit that rate limits count: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hash_code(seal: Seal, phone: str, code: str) -> bytes:
    return seal.index(f"one-time code {phone} {code}")


async def request_code(
    conn: Connection,
    seal: Seal,
    limits: CodeLimits,
    *,
    phone: str,
    network: str,
    device: Device = NO_DEVICE,
    now: datetime,
) -> SentCode:
    """Create a code and queue its message, in the caller's transaction. It replaces an earlier code of the phone.

    A known and an unknown phone get the same response after the same statements, unless the codes of the day are nearly
    used up: the last fifth is reserved for phones with an account. A device on which the account was used has codes,
    limits and a pause of its own, which requests from elsewhere neither replace nor use up. The limits per phone and
    network are exact under concurrent requests; the daily total may be exceeded by requests in progress.

    Raises:
        InvalidPhone: the phone is not a mainland mobile number.
        CodeJustSent: the last code was sent less than a minute ago.
        TooManyCodes: a limit is reached.
    """
    number = normalize_phone(phone)
    if number is None:
        raise InvalidPhone(errors=(FieldFault("phone", say("请填 11 位手机号，13 到 19 开头")),))
    phone_index = seal.index(number)
    wide = list_network_budgets(network)[-1]
    per_wide_network = limits.per_network * wide.factor
    await LOCK_LIMITS.run(conn, phone_index=phone_index, network=network, wide_network=wide.key)
    known_device = await is_known_device(conn, phone_index, device, now=now)
    usage = await COUNT_CODES_SENT.one(
        conn,
        phone_index=phone_index,
        network=network,
        wide_network=wide.key,
        day_start=get_day_start(get_business_day(now)),
        hour_start=now - NETWORK_WINDOW,
        per_phone=limits.per_phone,
        per_network=limits.per_network,
        per_wide_network=per_wide_network,
        per_day=limits.per_day,
        known_device=known_device,
    )
    _require_within_limits(usage, limits, known_device=known_device, now=now)
    if usage.for_wide_network >= per_wide_network and not known_device:
        raise TooManyCodes(retry_after=round(NETWORK_WINDOW.total_seconds()))
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
    await ADD_CODE.run(
        conn,
        phone_index=phone_index,
        code_hash=_hash_code(seal, number, code),
        network=network,
        wide_network=wide.key,
        now=now,
        expires_at=now + CODE_LIFETIME,
        known_device=known_device,
    )
    await queue_message(conn, seal, phone=number, template="code", facts={"code": code}, now=now)
    return SentCode(now + CODE_LIFETIME)


def _require_within_limits(usage: CodeUsage, limits: CodeLimits, *, known_device: bool, now: datetime) -> None:
    if usage.last_sent_at is not None and usage.last_sent_at > now - limits.pause:
        wait = usage.last_sent_at + limits.pause - now
        raise CodeJustSent(retry_after=max(1, -(-wait // timedelta(seconds=1))))
    per_day = limits.per_day if usage.has_account else limits.per_day * (100 - RESERVED_PERCENT) // 100
    if usage.for_phone >= limits.per_phone or usage.in_total >= per_day:
        tomorrow = get_day_start(get_business_day(now) + timedelta(days=1))
        raise TooManyCodes(retry_after=round((tomorrow - now).total_seconds()))
    if usage.for_network >= limits.per_network and not known_device:
        raise TooManyCodes(retry_after=round(NETWORK_WINDOW.total_seconds()))


async def is_known_device(conn: Connection, phone_index: bytes, device: Device, *, now: datetime) -> bool:
    """Return whether the phone's account was signed in on this device in the last 180 days."""
    since = now - KNOWN_DEVICE_PERIOD
    return await IS_KNOWN_DEVICE.one(conn, phone_index=phone_index, device_key=hash_device_key(device), since=since)


async def try_code(
    conn: Connection,
    seal: Seal,
    *,
    phone: str,
    code: str,
    network: str = "",
    device: Device = NO_DEVICE,
    now: datetime,
) -> UUID | WrongCode:
    """Check a code against the newest one of a (normalized) phone: count the attempt, and mark a correct code used.

    The newest code is that of the same kind of device, known or not. A code has five attempts from each network, and
    fifteen in all.

    Returns the id of the correct code, else why it is refused. The attempt counts only if the caller commits.
    """
    phone_index = seal.index(phone)
    known_device = await is_known_device(conn, phone_index, device, now=now)
    attempt = await TRY_CODE.maybe(
        conn,
        phone_index=phone_index,
        code_hash=_hash_code(seal, phone, normalize_digits(code)),
        network=network,
        known_device=known_device,
        max_attempts=MAX_CODE_ATTEMPTS,
        max_attempts_in_all=MAX_CODE_ATTEMPTS_IN_ALL,
        now=now,
    )
    if attempt is not None:
        return attempt.id if attempt.correct else WrongCode()
    valid = await IS_NEWEST_CODE_VALID.maybe(conn, phone_index=phone_index, known_device=known_device, now=now)
    return CodeAttemptsUsedUp() if valid else ExpiredCode()


async def delete_old_codes(db: Database, before: datetime) -> int:
    """Delete the codes sent before a moment, which must be at least a day ago: the limits count the day's codes."""
    return await run_in_pieces(db, DELETE_OLD_CODES, before=before)

"""One-time codes: sent to a phone, good for five minutes, five tries and one use."""

import ipaddress
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.identity.models import BadPhone, CodeSent, TooManyCodes
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import day_of, start_of
from market.kernel.seal import Seal
from market.kernel.text import clean_phone
from market.notify import queue

LIFE = timedelta(minutes=5)
MOST_TRIES = 5
NETWORK_WINDOW = timedelta(hours=1)
_DIGITS = 6
_LOOPBACK = ("127.0.0.1", "::1")


class CodeLimits(Struct, frozen=True):
    """How many codes one phone gets in a business day, one network in an hour, and all together in a day."""

    a_phone: int
    a_network: int
    a_day: int


class Spent(Struct, frozen=True):
    """How many codes were asked for; each count stops at its limit."""

    by_phone: int
    by_network: int
    by_all: int


class Tried(Struct, frozen=True):
    """A code that was tried: whether it was the right one."""

    id: UUID
    right: bool


# Who asks at the same moment for one phone or from one network waits here, so that a limit is exact.
LOCK_LIMITS = Query(
    None,
    """
    SELECT pg_advisory_xact_lock(7002, key)
      FROM (SELECT DISTINCT key
              FROM (VALUES (hashtext(encode(:phone_index::bytea, 'hex'))), (hashtext(:network::text))) AS keys (key)
             ORDER BY key) AS ordered
    """,
)
COUNT_CODES = Query(
    Spent,
    """
    SELECT (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE phone_index = :phone_index AND sent_at >= :day_start
                                   LIMIT :a_phone::integer) AS codes) AS by_phone,
           (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE network = :network AND sent_at > :hour_start
                                   LIMIT :a_network::integer) AS codes) AS by_network,
           (SELECT count(*) FROM (SELECT FROM sign_in_codes
                                   WHERE sent_at >= :day_start
                                   LIMIT :a_day::integer) AS codes) AS by_all
    """,
)
ADD_CODE = Query(
    None,
    """
    INSERT INTO sign_in_codes (phone_index, code_hash, network, sent_at, expires_at)
    VALUES (:phone_index, :code_hash, :network, :now, :expires_at)
    """,
)
# The row's lock decides between fifty at once: the first right try marks it used, the others find it so.
TRY_CODE = Query(
    Tried,
    """
    UPDATE sign_in_codes
       SET tries = tries + 1,
           used_at = CASE WHEN code_hash = :code_hash THEN :now::timestamptz END
     WHERE id = (SELECT id FROM sign_in_codes WHERE phone_index = :phone_index ORDER BY sent_at DESC, id DESC LIMIT 1)
       AND used_at IS NULL
       AND tries < :most::integer
       AND expires_at > :now::timestamptz
    RETURNING id, used_at IS NOT NULL AS right
    """,
)
GIVE_CODE_BACK = Query(None, "UPDATE sign_in_codes SET used_at = NULL WHERE id = :id")
FORGET_CODES = Query(None, "DELETE FROM sign_in_codes WHERE sent_at < :before")


def caller_of(peer: str, forwarded: str) -> str:
    """Return the address of who asks: the peer, or what our own reverse proxy, on this machine, says of it.

    `forwarded` is the `X-Forwarded-For` header; only its last address is the proxy's own word, and a peer elsewhere is
    not believed.
    """
    told = forwarded.rpartition(",")[2].strip()
    return told if told and peer in _LOOPBACK else peer


def network_of(address: str) -> str:
    """Return what counts as one network: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _code_hash(seal: Seal, phone: str, code: str) -> bytes:
    return seal.index(f"one-time code {phone} {code}")


async def request_code(
    conn: Connection, seal: Seal, limits: CodeLimits, *, phone: str, network: str, now: datetime
) -> CodeSent:
    """Make a code, queue its message and wake the worker, in the caller's transaction.

    It replaces an earlier code of the phone.

    No account is looked at, so a known and an unknown phone get the same answer after the same work. Phone and network
    limits are exact under parallel requests; the daily one may be passed by those under way.

    Raises:
        BadPhone: it is no mobile number.
        TooManyCodes: a limit is reached.
    """
    number = clean_phone(phone)
    if number is None:
        raise BadPhone(errors=(FieldFault("phone", "请填 11 位手机号"),))
    phone_index = seal.index(number)
    await LOCK_LIMITS.run(conn, phone_index=phone_index, network=network)
    spent = await COUNT_CODES.one(
        conn,
        phone_index=phone_index,
        network=network,
        day_start=start_of(day_of(now)),
        hour_start=now - NETWORK_WINDOW,
        a_phone=limits.a_phone,
        a_network=limits.a_network,
        a_day=limits.a_day,
    )
    if spent.by_phone >= limits.a_phone or spent.by_network >= limits.a_network or spent.by_all >= limits.a_day:
        raise TooManyCodes
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
    await ADD_CODE.run(
        conn,
        phone_index=phone_index,
        code_hash=_code_hash(seal, number, code),
        network=network,
        now=now,
        expires_at=now + LIFE,
    )
    await queue(conn, seal, phone=number, template="code", facts={"code": code}, now=now)
    return CodeSent(now + LIFE)


async def try_code(conn: Connection, seal: Seal, *, phone: str, code: str, now: datetime) -> Tried | None:
    """Try a code of a (cleaned) phone's newest message: counts the try, and uses the code up where it is right.

    Returns None where there is none left to try. The count holds only if the caller commits.
    """
    return await TRY_CODE.maybe(
        conn, phone_index=seal.index(phone), code_hash=_code_hash(seal, phone, code), most=MOST_TRIES, now=now
    )


async def forget_codes(conn: Connection, *, before: datetime) -> int:
    """Delete the codes sent before a moment: at least a day old, for the limits count those of the day."""
    return await FORGET_CODES.run(conn, before=before)

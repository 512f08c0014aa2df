"""Check-in codes that verify without a network: what a visit is, signed with Ed25519 (RFC 8032).

The keys come from MARKET_SECRET and are replaced with it (ADR 35): while both secrets are set, both keys verify.
"""

import base64
import binascii
import hashlib
import struct
from datetime import date, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from market.kernel.seal import Seal

PREFIX = "XJ1."
_PURPOSE = "check-in codes"
_FORMAT = struct.Struct(">4s16sIHHH")
"""Key id, visit, producer's number, first and last day since 2000, party: 30 bytes before the signature of 64."""
_EPOCH = date(2000, 1, 1)
_MAX_DAYS = 0xFFFF
_MAX_TEXT = 200


class VisitPass(Struct, frozen=True, kw_only=True):
    """A room of a stay or the places of an activity, as the code of its guests states it; `party` is 0 for a room."""

    visit_id: UUID
    producer_number: int
    first: date
    last: date
    party: int


def sign_pass(seal: Seal, visit: VisitPass) -> str:
    """Return the code of a visit, signed with the current key."""
    key = _list_keys(seal)[0]
    payload = _FORMAT.pack(
        _get_key_id(key),
        visit.visit_id.bytes,
        visit.producer_number,
        (visit.first - _EPOCH).days,
        (visit.last - _EPOCH).days,
        visit.party,
    )
    return PREFIX + base64.urlsafe_b64encode(payload + key.sign(payload)).decode().rstrip("=")


def read_pass(seal: Seal, text: str) -> VisitPass | None:
    """Return what a code states, or None if it is no code or no known key signed it."""
    code = text.strip()
    if not code.startswith(PREFIX) or len(code) > _MAX_TEXT:
        return None
    body = code.removeprefix(PREFIX)
    try:
        content = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) <= _FORMAT.size:
        return None
    payload, signature = content[: _FORMAT.size], content[_FORMAT.size :]
    key_id, visit, producer, first, last, party = _FORMAT.unpack(payload)
    for key in _list_keys(seal):
        if _get_key_id(key) != key_id:
            continue
        try:
            key.public_key().verify(signature, payload)
        except InvalidSignature:
            return None
        return VisitPass(
            visit_id=UUID(bytes=visit),
            producer_number=producer,
            first=_EPOCH + timedelta(days=first),
            last=_EPOCH + timedelta(days=last),
            party=party,
        )
    return None


def list_public_keys(seal: Seal) -> dict[str, str]:
    """Return the public keys that verify codes, raw in base64url, by key id in hexadecimal; the current one first."""
    return {
        _get_key_id(key).hex(): base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
        for key in _list_keys(seal)
    }


def count_days(day: date) -> int:
    """Return a day as codes state it: days since 2000."""
    return min(max((day - _EPOCH).days, 0), _MAX_DAYS)


def _list_keys(seal: Seal) -> list[Ed25519PrivateKey]:
    return [Ed25519PrivateKey.from_private_bytes(key) for key in seal.derive_keys(_PURPOSE)]


def _get_key_id(key: Ed25519PrivateKey) -> bytes:
    return hashlib.sha256(key.public_key().public_bytes_raw()).digest()[:4]

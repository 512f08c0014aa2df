"""Verify a label without the market: with the text of its QR code and the published file of keys, and no network.

A label is the path of a web address, in the style of a GS1 Digital Link: `/01/GTIN/10/LOT/21/SERIAL` or, without a
GTIN, `/l/10/LOT/21/SERIAL`; then net weight (3103, grams), day of harvest (7007, YYMMDD), producer (`p`) and crop
(`c`), and last `sig`: the key's id and the Ed25519 signature (RFC 8032) of `xiangji label 1`, a line end, and all of
the text before `&sig=`. The host is not signed: it may change.

A signature proves that the market issued the label for the producer, not what is in the box.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import unquote

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

_LINE = b"xiangji label 1\n"
_PAYLOAD = re.compile(
    r"/(?:l|01/(?P<gtin>[0-9]{14}))/10/(?P<lot>[0-9]{1,18})/21/(?P<serial>[0-9]{1,6})"
    r"\?3103=(?P<grams>[0-9]{6})&7007=(?P<day>[0-9]{6})&p=(?P<producer>[0-9]{1,18})&c=(?P<crop>[A-Za-z0-9%._~-]{1,240})"
)
_HOST = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_MAX_TEXT = 600


class LabelForged(Exception):
    """The text is no label, or no known key signed it as it stands."""


class LabelRevoked(Exception):
    """The label was signed, and its producer or the county revoked it later."""


class LabelFacts(Struct, frozen=True, kw_only=True):
    """What a label states."""

    gtin: str
    lot: int
    serial: int
    grams: int
    harvested_on: date
    producer_number: int
    crop: str


class LabelKeys(Struct, frozen=True, kw_only=True):
    """The published file: raw public keys in hexadecimal by their id, and the labels that were revoked, `LOT.SERIAL`.

    `at` is when it was read from the market: a label that was revoked later is not among them.
    """

    at: datetime
    keys: dict[str, str]
    revoked: list[str]


def read_label_keys(content: bytes) -> LabelKeys:
    """Return the keys in a file from `/api/v1/label-keys`.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: it is no such file.
    """
    return msgspec.json.decode(content, type=LabelKeys)


def sign_input(payload: str) -> bytes:
    """Return the bytes that a label's signature is of."""
    return _LINE + payload.encode("ascii")


def verify_label(text: str, keys: LabelKeys) -> LabelFacts:
    """Return what a label states, if a known key signed all of it and it was not revoked.

    Raises:
        LabelForged: it is no label, or its signature is not that of a known key over this text.
        LabelRevoked: it was revoked when the keys were read.
    """
    facts = check_signature(text, keys.keys)
    if f"{facts.lot}.{facts.serial}" in keys.revoked:
        raise LabelRevoked
    return facts


def check_signature(text: str, keys: Mapping[str, str]) -> LabelFacts:
    """Return what a label states, whether it was revoked or not.

    Raises:
        LabelForged: it is no label, or its signature is not that of a known key over this text.
    """
    payload, key_id, signature = split_label(text)
    public = keys.get(key_id)
    if public is None:
        raise LabelForged
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, sign_input(payload))
    except (InvalidSignature, ValueError):
        raise LabelForged from None
    return read_payload(payload)


def split_label(text: str) -> tuple[str, str, bytes]:
    """Return the signed part of a label without its host, the id of its key, and its signature.

    Raises:
        LabelForged: it has no such parts.
    """
    if len(text) > _MAX_TEXT or not text.isascii():
        raise LabelForged
    payload, _, sealed = _HOST.sub("", text.strip(), count=1).partition("&sig=")
    key_id, _, written = sealed.partition(".")
    try:
        signature = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LabelForged from None
    # A second spelling of the same signature would be a second label.
    if encode_signature(signature) != written:
        raise LabelForged
    return payload, key_id, signature


def encode_signature(signature: bytes) -> str:
    """Return a signature as a label has it: base64url without padding."""
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


def read_payload(payload: str) -> LabelFacts:
    """Return what the signed part of a label states.

    Raises:
        LabelForged: it has another form.
    """
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        raise LabelForged
    try:
        harvested_on = date.fromisoformat(f"20{match['day'][:2]}-{match['day'][2:4]}-{match['day'][4:]}")
        crop = unquote(match["crop"], errors="strict")
    except ValueError:
        raise LabelForged from None
    return LabelFacts(
        gtin=match["gtin"] or "", lot=int(match["lot"]), serial=int(match["serial"]), grams=int(match["grams"]),
        harvested_on=harvested_on, producer_number=int(match["producer"]), crop=crop,
    )  # fmt: skip

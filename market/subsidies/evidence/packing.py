"""The format of an evidence pack: its members, their chain, its signature, and the encryption of files.

Written for `verify_pack.py`, which verifies and opens a pack with the standard library of Python alone.
"""

import hashlib
import hmac
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from market.kernel.seal import Seal
from market.subsidies.engine.canonical import canonical_json

FORMAT = "xiangji-evidence-pack-1"
NAMES_MEMBER = "names.bin"
_PURPOSE = "evidence packs"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ChainLink(Struct, frozen=True):
    """A member of a pack and the hash of the chain up to it."""

    member: str
    sha256: str
    link: str


class PackOrigin(Struct, frozen=True, kw_only=True):
    """Which pack it is: the `number` of the county's packs, and the head of the `previous` one."""

    county: str
    month: str
    number: int
    previous: str | None


class PackSignature(Struct, frozen=True):
    """The signature of a head, and the key that verifies it (Ed25519, RFC 8032), both in hexadecimal."""

    public_key: str
    signature: str


class PackErasures(Struct, frozen=True):
    """Members of a pack that are not handed out any more, by the time of it, and the signature of that."""

    members: dict[str, str]
    public_key: str
    signature: str


def chain_members(origin: PackOrigin, members: Iterable[tuple[str, bytes]]) -> list[ChainLink]:
    """Return the chain of a pack's members; the link of the last one is the pack's head."""
    return chain_digests(origin, [(name, hashlib.sha256(content).hexdigest()) for name, content in members])


def chain_digests(origin: PackOrigin, members: Iterable[tuple[str, str]]) -> list[ChainLink]:
    """Return the chain of members by their SHA-256, which is enough for members whose bytes were erased."""
    bound = {
        "format": FORMAT,
        "county": origin.county,
        "month": origin.month,
        "number": origin.number,
        "previous": origin.previous,
    }
    link = hashlib.sha256(canonical_json(bound)).hexdigest()
    chain: list[ChainLink] = []
    for name, digest in members:
        link = hashlib.sha256(f"{link} {name} {digest}".encode()).hexdigest()
        chain.append(ChainLink(name, digest, link))
    return chain


def sign_head(seal: Seal, head: str) -> PackSignature:
    """Sign a head with the key of this installation."""
    key = Ed25519PrivateKey.from_private_bytes(seal.derive_keys(_PURPOSE)[0])
    signature = key.sign(f"{FORMAT} {head}".encode())
    return PackSignature(key.public_key().public_bytes_raw().hex(), signature.hex())


def sign_erasures(seal: Seal, head: str, erased: Mapping[str, datetime]) -> PackErasures | None:
    """Sign which members of a pack are not handed out any more, and since when; None if all are."""
    if not erased:
        return None
    members = {name: at.astimezone(UTC).isoformat(timespec="seconds") for name, at in sorted(erased.items())}
    key = Ed25519PrivateKey.from_private_bytes(seal.derive_keys(_PURPOSE)[0])
    signature = key.sign(f"{FORMAT} {head} erased ".encode() + canonical_json(members))
    return PackErasures(members, key.public_key().public_bytes_raw().hex(), signature.hex())


def encrypt_member(key: bytes, name: str, content: bytes) -> bytes:
    """Return a member's bytes, compressed and encrypted; the same bytes under one name and key are the same.

    The stream is SHAKE-256 of a key of the member's own, HMAC-SHA-256 of the pack's key and the name, as a PRF (NIST
    FIPS 202, SP 800-185). No stream is used twice, because a pack is made of one key and each member has its own name;
    what guards against changes is the chain, which covers the encrypted bytes. The standard library of Python has no
    AES, and nobody should need to install anything to verify a pack.
    """
    packed = zlib.compress(content, 6)
    own = hmac.digest(key, name.encode(), hashlib.sha256)
    stream = hashlib.shake_256(own).digest(len(packed))
    mixed = int.from_bytes(packed, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(packed), "big")


def write_zip(
    origin: PackOrigin,
    members: Mapping[str, bytes],
    chain: list[ChainLink],
    signature: PackSignature,
    erased: PackErasures | None = None,
) -> bytes:
    """Return the ZIP file of a pack; it says nothing of when it was written."""
    seal = {
        "format": FORMAT,
        "county": origin.county,
        "month": origin.month,
        "number": origin.number,
        "previous": origin.previous,
        "chain": chain,
        "head": chain[-1].link,
        "public_key": signature.public_key,
        "signature": signature.signature,
        **({} if erased is None else {"erased": erased}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"seal.json": canonical_json(seal), **members}.items():
            kept = zipfile.ZIP_STORED if name.endswith(".bin") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, kept)
    return out.getvalue()

"""Receipts: the code by which somebody without a name finds their case again, shown once; only its hash is stored."""

import secrets
from hashlib import sha256

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUP = 4


def make_receipt(groups: int) -> str:
    """Return a new code of groups of four digits and letters, 20 random bits each, to be read out and typed."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def hash_receipt(typed: str) -> bytes:
    """Return the hash of a code as it is stored; hyphens, blanks and small letters do not count."""
    return sha256("".join(each for each in typed.upper() if each.isalnum()).encode()).digest()

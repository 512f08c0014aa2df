"""Personal data at rest: sealed with AES-256-GCM under a key that has an id, found again by a keyed hash."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY = 32


class Unsealable(Exception):  # noqa: N818 - a fact about a value
    """The value was sealed under another key, for another place, or was changed."""


class Seal:
    """Seals and opens short texts.

    `keys` maps a key's id (1 to 255) to its 32 bytes; `current` seals, every known key opens. `index_key` makes the
    blind index by which a number is found without opening anything. `context` binds a value to its column, so that a
    sealed value moved elsewhere does not open.
    """

    def __init__(self, keys: dict[int, bytes], current: int, index_key: bytes) -> None:
        if current not in keys or any(len(key) != _KEY for key in keys.values()) or len(index_key) < _KEY:
            raise ValueError("keys are 32 bytes each, and the current one is among them")
        self._keys = {number: AESGCM(key) for number, key in keys.items()}
        self._current = current
        self._index_key = index_key

    def seal(self, text: str, context: str) -> bytes:
        """Return key id, nonce and ciphertext of `text`, bound to `context`."""
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, text.encode(), context.encode())
        return bytes([self._current]) + nonce + sealed

    def open(self, sealed: bytes, context: str) -> str:
        """Return the text.

        Raises:
            Unsealable: the key is unknown, the context is another, or a byte was changed.
        """
        key = self._keys.get(sealed[0]) if sealed else None
        if key is None:
            raise Unsealable
        try:
            return key.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    def index(self, text: str) -> bytes:
        """Return the blind index (HMAC-SHA-256) of a text: equal for equal texts, useless without the key."""
        return hmac.digest(self._index_key, text.encode(), hashlib.sha256)


def seal_from_secret(secret: str) -> Seal:
    """Derive the keys of a seal from one secret of at least 32 characters."""
    root = secret.encode()
    return Seal({1: hmac.digest(root, b"seal 1", hashlib.sha256)}, 1, hmac.digest(root, b"blind index", hashlib.sha256))

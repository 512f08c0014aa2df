"""Encryption of personal data at rest: AES-256-GCM with key ids, and a keyed hash (blind index) for lookups."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY = 32


class UnsealError(Exception):
    """The value was sealed under another key or for another context, or was changed."""


class Seal:
    """Encrypts ("seals") and decrypts ("opens") short texts.

    `keys` maps key ids (1 to 255) to keys of 32 bytes. The `current` key seals; every known key opens, those of
    `earlier` too. `index_key` keys the blind index, which finds a value without decrypting it. `context` binds a value
    to its column: a sealed value that is copied to another column does not open.
    """

    def __init__(
        self, keys: dict[int, bytes], current: int, index_key: bytes, *, earlier: "Seal | None" = None
    ) -> None:
        if current not in keys or any(len(key) != _KEY for key in keys.values()) or len(index_key) < _KEY:
            raise ValueError("keys must be 32 bytes each and include the current one")
        self._keys = {number: AESGCM(key) for number, key in keys.items()}
        self._current = current
        self._root = keys[current]
        self._index_key = index_key
        self._earlier = earlier

    def seal(self, text: str, context: str) -> bytes:
        """Return the key id, nonce and ciphertext of `text`, bound to `context`."""
        return self.seal_bytes(text.encode(), context)

    def seal_bytes(self, content: bytes, context: str) -> bytes:
        """Return the key id, nonce and ciphertext of `content`, bound to `context`."""
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, content, context.encode())
        return bytes([self._current]) + nonce + sealed

    def open(self, sealed: bytes, context: str) -> str:
        """Return the decrypted text.

        Raises:
            UnsealError: the key is unknown, the context differs, or the value was changed.
        """
        try:
            return self.open_bytes(sealed, context).decode()
        except UnicodeDecodeError as error:
            raise UnsealError from error

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """Return the decrypted bytes.

        Raises:
            UnsealError: the key is unknown, the context differs, or the value was changed.
        """
        try:
            return self._open(sealed, context)
        except UnsealError:
            if self._earlier is None:
                raise
            return self._earlier.open_bytes(sealed, context)

    def is_current(self, sealed: bytes, context: str) -> bool:
        """Return whether the value is sealed under the keys of this secret, not under those of an earlier one."""
        try:
            self._open(sealed, context)
        except UnsealError:
            return False
        return True

    def index(self, text: str) -> bytes:
        """Return the blind index (HMAC-SHA-256) of a text: equal for equal texts, meaningless without the key."""
        return hmac.digest(self._index_key, text.encode(), "sha256")

    def derive_keys(self, purpose: str) -> list[bytes]:
        """Return a key of 32 bytes for a purpose from each secret, that of the current one first."""
        own = hmac.digest(self._root, b"derive " + purpose.encode(), "sha256")
        return [own, *(self._earlier.derive_keys(purpose) if self._earlier is not None else [])]

    def _open(self, sealed: bytes, context: str) -> bytes:
        key = self._keys.get(sealed[0]) if sealed else None
        if key is None:
            raise UnsealError
        try:
            return key.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise UnsealError from error


def derive_seal(secret: str, earlier: str = "", *, reindex: bool = False) -> Seal:
    """Return a seal whose keys are derived from one secret of at least 32 characters.

    With the `earlier` secret of a rotation, values sealed under it still open, and the blind index is still that of the
    earlier secret, under which the rows are found; `reindex` gives the blind index of the new secret instead.
    """
    root = secret.encode()
    key = hmac.digest(root, b"seal 1", "sha256")
    before = derive_seal(earlier) if earlier else None
    indexing = root if reindex or not earlier else earlier.encode()
    # The id tells the keys of two secrets apart; 1 is the id of every secret in values of the first release.
    key_id = 2 + hmac.digest(root, b"key id", "sha256")[0] % 254
    return Seal({1: key, key_id: key}, key_id, hmac.digest(indexing, b"blind index", "sha256"), earlier=before)

"""Names in an evidence pack: keyed hashes that keep the order of the names, which only the pack's key turns back."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping

TOKEN = re.compile(r"[LHPT][0-9]{6}-[0-9a-f]{12}")
"""A line, a household, a person of the administration, or a text: its rank in the pack, and its keyed hash."""


class Tokens:
    """The tokens of one pack. The hash of a line or household is the same in all packs of a county."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tokens: dict[tuple[str, str], str] = {}

    def add(self, kind: str, names: Iterable[str]) -> None:
        """Give tokens to names of a kind, once per kind; tokens have the order of the names by code point.

        Ties between lines and households go to the smaller id (R1), which therefore stays the smaller one.
        """
        for rank, name in enumerate(sorted(set(names)), 1):
            self._tokens[kind, name] = self._make(kind, rank, name)

    def get(self, kind: str, name: str) -> str:
        """Return the token of a name that was added."""
        return self._tokens[kind, name]

    def get_text(self, text: str) -> str:
        """Return the token of a text of people, in the order in which they come; an empty text has none."""
        if not text:
            return ""
        key = "T", text
        if key not in self._tokens:
            self._tokens[key] = self._make("T", len(self._tokens) + 1, text)
        return self._tokens[key]

    def list_names(self) -> dict[str, str]:
        """Return the names by their tokens."""
        return {token: name for (_, name), token in self._tokens.items()}

    def _make(self, kind: str, rank: int, name: str) -> str:
        return f"{kind}{rank:06d}-{hmac.digest(self._key, f'{kind} {name}'.encode(), hashlib.sha256).hex()[:12]}"


def restore_names(content: bytes, names: Mapping[str, str]) -> bytes:
    """Return canonical JSON with the names in place of their tokens."""

    def restore(token: re.Match[str]) -> str:
        return json.dumps(names[token[0]], ensure_ascii=False)[1:-1]

    return TOKEN.sub(restore, content.decode()).encode()

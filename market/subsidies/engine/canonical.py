"""R12: one form of a case and of an answer, byte for byte, and the SHA-256 that names it.

The form is RFC 8785 (JSON Canonicalization Scheme): keys sorted, no blanks, UTF-8, integers as they are.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from market.subsidies.engine.models import AnswerLine, Case, Totals


def canonical_json(value: object) -> bytes:
    """Return a value without floats in its canonical form.

    A sum of all lines may pass 2^53, up to which RFC 8785 is exact: it is written out in full.
    """
    return msgspec.json.encode(value, order="sorted")


def hash_case(case: Case) -> str:
    """Return the name of a run: the hash of a read case, whose lists are in one order already."""
    return sha256(canonical_json(case)).hexdigest()


def hash_result(lines: Sequence[AnswerLine], totals: Totals) -> str:
    """Return the hash of an answer's lines and totals."""
    return sha256(canonical_json({"lines": lines, "totals": totals})).hexdigest()

"""R12: one form of a case and of an answer, byte for byte, and the SHA-256 that names it.

The form is RFC 8785 (JSON Canonicalization Scheme): keys sorted, no blanks, UTF-8, integers as they are.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from market.subsidies.engine.answer import AnswerLine, Totals, to_contract
from market.subsidies.engine.models import Case


def canonical_json(value: object) -> bytes:
    """Return a value without floats in its canonical form.

    RFC 8785 is exact up to 2^53; a sum of all lines may exceed that and is written in full.
    """
    return msgspec.json.encode(value, order="sorted")


def hash_case(case: Case) -> str:
    """Return the hash that names a run; the lists of a read case are sorted already."""
    return sha256(canonical_json(case)).hexdigest()


def hash_result(lines: Sequence[AnswerLine], totals: Totals) -> str:
    """Return the hash of an answer's lines, as the contract has them, and its totals."""
    return sha256(canonical_json({"lines": [to_contract(line) for line in lines], "totals": totals})).hexdigest()

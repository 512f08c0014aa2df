"""R12: the canonical JSON of a case and of an answer, and its SHA-256.

RFC 8785 (JSON Canonicalization Scheme): sorted keys, no whitespace, UTF-8, integers unchanged.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from market.subsidies.engine.answer import AnswerLine, Totals, to_contract
from market.subsidies.engine.models import Case


def canonical_json(value: object) -> bytes:
    """Return the canonical JSON of a value without floats.

    RFC 8785 is exact up to 2^53; a sum of all lines may exceed that and is written in full.
    """
    return msgspec.json.encode(value, order="sorted")


def hash_case(case: Case) -> str:
    """Return the hash of a case, which identifies a run; `read_case` has sorted its lists."""
    return sha256(canonical_json(case)).hexdigest()


def result_json(lines: Sequence[AnswerLine], totals: Totals) -> bytes:
    """Return the canonical JSON of an answer's lines, in their contract fields, and its totals."""
    return canonical_json({"lines": [to_contract(line) for line in lines], "totals": totals})


def hash_result(lines: Sequence[AnswerLine], totals: Totals) -> str:
    """Return the hash of an answer's lines and totals."""
    return sha256(result_json(lines, totals)).hexdigest()

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


def hash_shared_result(ids: Sequence[str], shared: Sequence[AnswerLine], numbers: Sequence[int], totals: Totals) -> str:
    """Return the hash of the lines of `ids` and their totals; each line has the answer of its number, but its own id.

    The JSON is that of `result_json`, of which each answer is encoded once: no other text in it is a key `id`.
    """
    parts = [canonical_json(to_contract(answer)).split(b'"id":' + canonical_json(answer.id)) for answer in shared]
    pieces = [(head + b'"id":', tail) for head, tail in parts]
    lines = [canonical_json(id_).join(pieces[number]) for id_, number in zip(ids, numbers, strict=True)]
    digest = sha256(b'{"lines":[')
    digest.update(b",".join(lines))
    digest.update(b'],"totals":' + canonical_json(totals) + b"}")
    return digest.hexdigest()

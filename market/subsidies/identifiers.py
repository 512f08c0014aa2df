"""Numbers, accounts, SIMs and devices of subsidised lines: encrypted once each, and named elsewhere by an id.

Two spellings of one identifier have one id; what is encrypted is the first of them.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import fold_identifier

IDENTIFIER_CONTEXT = "identifiers.value"


class _Identifier(Struct, frozen=True):
    id: int
    value_index: bytes


FIND_IDENTIFIERS = Query(
    _Identifier, "SELECT id, value_index FROM identifiers WHERE value_index = ANY(:indexes::bytea[])"
)
# In the order of the indexes, so that two imports with new numbers in common wait for each other and do not deadlock.
ADD_IDENTIFIERS = Query(
    _Identifier,
    """
    INSERT INTO identifiers (value_index, value_sealed)
    SELECT i, s FROM unnest(:indexes::bytea[], :sealed::bytea[]) AS r(i, s) ORDER BY i
    ON CONFLICT ON CONSTRAINT identifiers_value DO NOTHING
    RETURNING id, value_index
    """,
)


def index_identifier(seal: Seal, value: str) -> bytes:
    """Return the blind index under which every spelling of an identifier is found."""
    return seal.index(fold_identifier(value))


async def find_identifiers(conn: Connection, seal: Seal, values: Iterable[str]) -> dict[str, int]:
    """Return the ids of those of `values` that are known, in whatever spelling."""
    indexes = {value: index_identifier(seal, value) for value in values}
    found = await _find(conn, set(indexes.values()))
    return {value: found[index] for value, index in indexes.items() if index in found}


async def add_identifiers(conn: Connection, seal: Seal, values: Iterable[str]) -> dict[str, int]:
    """Return the ids of all `values`, after encrypting and adding the new ones. The caller owns the transaction."""
    indexes = {value: index_identifier(seal, value) for value in values}
    known = await _find(conn, set(indexes.values()))
    new: dict[bytes, str] = {}
    for value, index in indexes.items():
        if index not in known:
            new.setdefault(index, value)
    if new:
        sealed = [seal.seal(value, IDENTIFIER_CONTEXT) for value in new.values()]
        added = await ADD_IDENTIFIERS.all(conn, indexes=list(new), sealed=sealed)
        known |= {each.value_index: each.id for each in added}
        # Somebody else may have added one at the same time.
        known |= await _find(conn, new.keys() - known.keys())
    return {value: known[index] for value, index in indexes.items()}


async def _find(conn: Connection, indexes: Collection[bytes]) -> dict[bytes, int]:
    if not indexes:
        return {}
    return {each.value_index: each.id for each in await FIND_IDENTIFIERS.all(conn, indexes=list(indexes))}

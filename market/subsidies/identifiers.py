"""Numbers, accounts, SIMs and devices of subsidised lines: encrypted once each, and named elsewhere by an id."""

from collections.abc import Iterable

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal

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


async def find_identifiers(conn: Connection, seal: Seal, values: Iterable[str]) -> dict[str, int]:
    """Return the ids of those of `values` that are known."""
    by_index = {seal.index(value): value for value in values}
    found = await FIND_IDENTIFIERS.all(conn, indexes=list(by_index))
    return {by_index[each.value_index]: each.id for each in found}


async def add_identifiers(conn: Connection, seal: Seal, values: Iterable[str]) -> dict[str, int]:
    """Return the ids of all `values`, after encrypting and adding the new ones. The caller owns the transaction."""
    wanted = set(values)
    known = await find_identifiers(conn, seal, wanted)
    new = {seal.index(value): value for value in wanted - known.keys()}
    if not new:
        return known
    # Somebody else may add one at the same time.
    sealed = [seal.seal(value, IDENTIFIER_CONTEXT) for value in new.values()]
    added = await ADD_IDENTIFIERS.all(conn, indexes=list(new), sealed=sealed)
    known |= {new.pop(each.value_index): each.id for each in added}
    return known | await find_identifiers(conn, seal, new.values()) if new else known

"""What checks read before a run, for tests that ask one check alone."""

from collections.abc import Mapping

from msgspec.structs import asdict

from market.kernel import Connection
from market.subsidies.findings.signatures import FIND_BURSTS, FIND_SIGNATURE_FAULTS
from market.subsidies.findings.suspects import FIND_HOUSEHOLD_SUSPECTS


async def read_prepared(conn: Connection, given: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of households and signatures for the given county, month and thresholds."""
    given = {"shortest_recheck": 0, "burst_days": [7] * 3, "burst_enrolments": [1] * 3, **given}
    prepared: dict[str, object] = {}
    for query in (FIND_HOUSEHOLD_SUSPECTS, FIND_SIGNATURE_FAULTS, FIND_BURSTS):
        prepared |= asdict(await query.one(conn, **{name: given[name] for name in query.names}))
    return prepared

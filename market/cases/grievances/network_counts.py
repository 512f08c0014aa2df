"""How many grievances without a name one network may make a day in a county, without keeping who wrote any."""

from datetime import datetime

from market.cases.grievances.models import TooManyNamelessGrievances
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.rate_limits import list_network_budgets
from market.kernel.seal import Seal
from payments.sql import run_in_pieces

MAX_NAMELESS_A_DAY = 10
"""Of the 100 that may wait in a county."""

ADD_NAMELESS = Query(
    int,
    """
    INSERT INTO nameless_grievances AS n (county_code, day, bucket) VALUES (:county, :day, :bucket)
    ON CONFLICT ON CONSTRAINT nameless_grievances_pkey DO UPDATE SET count = n.count + 1 WHERE n.count < :most::integer
    RETURNING 1
    """,
)
DELETE_OLD_COUNTS = Query(
    None,
    """
    DELETE FROM nameless_grievances
     WHERE (day, county_code, bucket) IN (SELECT day, county_code, bucket FROM nameless_grievances
                                           WHERE day < business_day(:before::timestamptz) LIMIT :piece::integer)
    """,
)


async def count_nameless(conn: Connection, seal: Seal, *, county: str, network: str, now: datetime) -> None:
    """Count a grievance of a network (`get_network` of `identity`), in the caller's transaction.

    What is kept is a byte of a keyed hash: a bucket that a network shares with one in 256, another one on another day
    and in another county. The /48 of an IPv6 address is the network, and has four times the number.

    Raises:
        TooManyNamelessGrievances: the networks of the bucket made as many on this business day.
    """
    day, wide = get_business_day(now), list_network_budgets(network)[-1]
    bucket = seal.index(f"nameless grievance {county} {day} {wide.key}")[0]
    most = MAX_NAMELESS_A_DAY * wide.factor
    if await ADD_NAMELESS.maybe(conn, county=county, day=day, bucket=bucket, most=most) is None:
        raise TooManyNamelessGrievances


async def delete_old_counts(db: Database, before: datetime) -> int:
    """Delete the counts of business days before that of a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD_COUNTS, before=before)

"""One network does not fill a county with grievances without a name, and nothing says who wrote one."""

import asyncio
from datetime import timedelta
from pathlib import Path

from market.cases.grievances.models import GrievanceSource, TooManyNamelessGrievances
from market.cases.grievances.network_counts import MAX_NAMELESS_A_DAY, delete_old_counts
from market.cases.grievances.receive import receive_grievance
from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.app import build_settings, run_service

HERE, ELSEWHERE, NETWORK = "130624", "130725", "203.0.113.7"
DAY = timedelta(days=1)


async def make(
    database: Database, seal: Seal, network: str = NETWORK, *, county: str = HERE, asker: Actor | None = None,
    days: int = 0,
) -> bool:  # fmt: skip
    """Return whether a grievance of a network was taken."""
    try:
        async with database.transaction(scope=county) as conn:
            await receive_grievance(
                conn, seal, asker=asker, county=county, text="样例：没有减", network=network, now=NOW + days * DAY
            )
    except TooManyNamelessGrievances:
        return False
    return True


async def test_a_network_makes_ten_a_day_in_a_county(database: Database, seal: Seal) -> None:
    made = await asyncio.gather(*(make(database, seal) for _ in range(MAX_NAMELESS_A_DAY + 3)))
    assert sum(made) == MAX_NAMELESS_A_DAY
    async with database.transaction(scope=HERE) as conn:
        person, official = await an_applicant(conn), await make_official_actor(conn, Role.COUNTY, HERE)
    # Another network, another county, another day, a name, and what an official writes down.
    assert await make(database, seal, "198.51.100.4")
    assert await make(database, seal, county=ELSEWHERE)
    assert await make(database, seal, days=1)
    assert await make(database, seal, asker=person)
    async with database.transaction(scope=HERE) as conn:
        source = GrievanceSource.PHONE
        await receive_grievance(
            conn,
            seal,
            asker=None,
            received_by=official,
            source=source,
            county=HERE,
            text="样例",
            network=NETWORK,
            now=NOW,
        )
    assert not await make(database, seal)


async def test_the_networks_of_a_customer_of_ipv6_share_four_times_the_number(database: Database, seal: Seal) -> None:
    taken = [await make(database, seal, f"2001:db8:7:{each:x}::/64") for each in range(4 * MAX_NAMELESS_A_DAY + 1)]
    assert taken == [True] * 4 * MAX_NAMELESS_A_DAY + [False]


async def test_a_count_says_of_nobody_that_they_wrote_and_is_deleted_after_the_day(
    database: Database, seal: Seal
) -> None:
    buckets = set[int]()
    for days in range(3):
        for network in (NETWORK, "198.51.100.4"):
            await make(database, seal, network, days=days)
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT * FROM nameless_grievances")
        columns = set(rows[0].keys())
        buckets = {row["bucket"] for row in rows}
    assert columns == {"county_code", "day", "bucket", "count"}
    assert len(buckets) > 2, "another one on another day"
    assert all(0 <= each < 256 for each in buckets)
    assert await delete_old_counts(database, NOW + 2 * DAY) == 4
    assert await delete_old_counts(database, NOW + 2 * DAY) == 0
    assert await delete_old_counts(database, NOW + 3 * DAY) == 2


async def test_a_program_is_counted_by_its_network(dsn: str, folder: Path) -> None:
    async with run_service(build_settings(dsn, folder, now=NOW), works=False) as service:
        statuses = [
            (await service.http.post("/api/v1/grievances", json={"county": HERE, "text": "样例：没有减"})).status_code
            for _ in range(MAX_NAMELESS_A_DAY + 1)
        ]
    assert statuses == [201] * MAX_NAMELESS_A_DAY + [429]

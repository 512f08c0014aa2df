"""Channels and their counties, as everybody reads them."""

from datetime import date

from market.catalogue.listings.search.counties import MAX_COUNTIES
from market.kernel import Connection, Query
from market.villages.channels.models import Channel, PairedCounty

MAX_CHANNELS = 300

LIST_CHANNELS = Query(
    Channel,
    """
    SELECT c.code, c.kind, c.name, c.name_en, array_agg(p.county_code ORDER BY p.county_code) AS counties
      FROM channels c JOIN channel_counties p ON p.channel = c.code AND p.valid_during @> :day::date
     GROUP BY c.code
     ORDER BY c.position, c.code
     LIMIT :limit
    """,
)
FIND_CHANNEL = Query(
    Channel,
    """
    SELECT c.code, c.kind, c.name, c.name_en,
           ARRAY(SELECT county_code FROM channel_counties p WHERE p.channel = c.code AND p.valid_during @> :day::date
                  ORDER BY county_code LIMIT :limit) AS counties
      FROM channels c WHERE c.code = :code
    """,
)
LIST_PAIRED_COUNTIES = Query(
    PairedCounty,
    """
    SELECT p.county_code AS code, d.name, a.name AS prefecture, lower(p.valid_during) AS since, p.basis
      FROM channel_counties p
      JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
      JOIN divisions a ON a.code = d.parent_code
     WHERE p.channel = :code AND p.valid_during @> :day::date
     ORDER BY p.county_code
     LIMIT :limit
    """,
)


async def list_channels(conn: Connection, *, today: date) -> list[Channel]:
    """Return the channels that have counties today: cities before counties, at most 300."""
    return await LIST_CHANNELS.all(conn, day=today, limit=MAX_CHANNELS)


async def find_channel(conn: Connection, code: str, *, today: date) -> Channel | None:
    """Return a channel with at most 100 counties of a day, or None."""
    return await FIND_CHANNEL.maybe(conn, code=code, day=today, limit=MAX_COUNTIES)


async def list_paired_counties(conn: Connection, code: str, *, today: date) -> list[PairedCounty]:
    """Return the counties in a channel on a day, by code, at most 100."""
    return await LIST_PAIRED_COUNTIES.all(conn, code=code, day=today, limit=MAX_COUNTIES)

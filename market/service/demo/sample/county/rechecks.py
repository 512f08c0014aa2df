"""Households whose last yearly check was long ago, so that the list of rechecks has some due and some late."""

from datetime import date, timedelta

from market.kernel import Connection
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.county.register import SampleRegister

_COUNT = 24
_RECHECK_DAYS = 365
_LATEST = 8
"""The first is so many days late; each next one is due two days after."""
DATE_BACK_CHECKS = """
    UPDATE register_checks SET checked_on = c.checked_on, account_id = $1, file_id = NULL
      FROM unnest($2::text[], $3::date[]) AS c (household_code, checked_on)
     WHERE register_checks.county_code = $4 AND register_checks.household_code = c.household_code
"""


async def add_earlier_rechecks(conn: Connection, official: Actor, register: SampleRegister, *, day: date) -> None:
    """Date the checks of some households back to about a year before a day; the import dated them to itself."""
    households = register.households
    chosen = [each.code for each in households[1 :: max(1, len(households) // _COUNT)][:_COUNT]]
    first = day - timedelta(days=_RECHECK_DAYS + _LATEST)
    days = [first + timedelta(days=2 * n) for n in range(len(chosen))]
    await conn.execute(DATE_BACK_CHECKS, official.account_id, chosen, days, DEMO_COUNTY)

"""Erase the people whom a lead names and who never came into the register, after the years that a county keeps persons.

Source: Personal Information Protection Law, articles 19 and 47. That there was a lead, its steps and their days stay.
"""

from datetime import datetime
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.sheets.redact import REDACTED
from market.places.counties.settings import CountySettings
from market.subsidies.evidence.erase_persons import make_token
from market.subsidies.intake.consents import CONSENT_PHOTO_CONTEXT
from market.subsidies.intake.models import MAX_MEMBERS
from market.subsidies.intake.views import OPINION_CONTEXT, PERSON_IDENTITY_CONTEXT, PERSON_NAME_CONTEXT
from market.subsidies.month.cycles import LOCK_IMPORTS
from payments.retries import BatchSummary, describe_error, run_listed

log = structlog.get_logger()

MAX_LEADS = 500
_TEXTS = (PERSON_NAME_CONTEXT, OPINION_CONTEXT, CONSENT_PHOTO_CONTEXT)


class DueLead(Struct, frozen=True):
    """A lead that ended long enough ago, and its county."""

    id: UUID
    county_code: str


LIST_DUE_LEADS = Query(DueLead, "SELECT id, county_code FROM list_due_leads(:day, :years::integer, :most::integer)")
ERASE_LEAD = Query(int, "SELECT erase_lead(:lead_id, :tokens::jsonb, :sealed::jsonb, :by, :now)")


async def erase_due_leads(db: Database, seal: Seal, *, now: datetime) -> BatchSummary:
    """Erase whom leads name that ended longer ago than their county keeps persons, one transaction a lead.

    Persons who came into the register are erased with it. One lead that fails delays no other.
    """
    failed = 0

    async def list_due(most: int) -> list[DueLead]:
        async with db.connection() as conn:
            return await LIST_DUE_LEADS.all(
                conn, day=get_business_day(now), years=CountySettings().register_years, most=most
            )

    async def erase(lead: DueLead) -> int:
        tokens = [make_token() for _ in range(MAX_MEMBERS)]
        async with db.transaction(scope=lead.county_code) as conn:
            # Who comes into the register with a file at this moment is waited for, and then seen.
            await LOCK_IMPORTS.run(conn, county=lead.county_code)
            await ERASE_LEAD.one(
                conn, lead_id=lead.id, by="erase_due_leads", now=now,
                tokens=[
                    {"position": n, "index": seal.index(each), "sealed": seal.seal(each, PERSON_IDENTITY_CONTEXT)}
                    for n, each in enumerate(tokens, 1)
                ],
                sealed={context: seal.seal(REDACTED, context) for context in _TEXTS},
            )  # fmt: skip
        return 1

    async def fail(lead: DueLead, error: Exception) -> None:
        nonlocal failed
        failed += 1
        log.error("lead_not_erased", county=lead.county_code, lead=str(lead.id), error=describe_error(error))

    done = await run_listed(list_due, erase, fail, most=MAX_LEADS)
    return BatchSummary(done=done, failed=failed)

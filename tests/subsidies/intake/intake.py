"""The story's county in January 2019, with leads that its officials move."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor
from market.subsidies.intake.consents import record_consent_photo
from market.subsidies.intake.models import (
    LeadKind,
    LeadMember,
    LeadReason,
    LeadSource,
    LeadStep,
    MonitoringStatus,
    Vote,
)
from market.subsidies.intake.persons import GivenPersons
from market.subsidies.intake.report import NewLead, report_lead
from market.subsidies.intake.take_step import LeadStepRequest, take_step
from market.subsidies.intake.views import Lead, list_household_members
from tests.story.play import COUNTY, nine_o_clock
from tests.support.make import SEAL

REPORTED_ON = date(2019, 2, 18)
VILLAGE = "130624101209"
"""骆驼湾, the village of the households H01 and H02."""
SUDDEN = MonitoringStatus(registered=True, monitoring="突发严重困难户", tier=1)
NEW_FAMILY = (
    LeadMember("样例何一", "130624199003039917", "户主"),
    LeadMember("样例何二", "130624199204049927", "配偶"),
)


class Case(Struct, frozen=True):
    """A kind of lead with what each of its steps needs."""

    new: NewLead
    visit: GivenPersons = GivenPersons()
    new_code: str = ""
    standing: MonitoringStatus | None = None


def make_lead(kind: LeadKind = LeadKind.IDENTIFY, household: str = "H01", **fields: object) -> NewLead:
    lead = NewLead(
        kind=kind, source=LeadSource.CADRE, reason=LeadReason.INCOME, note="样例：收入少了一半",
        household_code=household,
    )  # fmt: skip
    return replace(lead, **fields)


def at(days: int, start: date = REPORTED_ON) -> datetime:
    """Return nine in the morning, some days after the report."""
    return nine_o_clock(str(start + timedelta(days=days)))


class Intake:
    """Takes steps of leads in one transaction of the county."""

    def __init__(self, conn: Connection, start: date = REPORTED_ON) -> None:
        self.conn = conn
        self.start = start
        self.actors: dict[str, Actor] = {}

    async def actor(self, handle: str) -> Actor:
        if handle not in self.actors:
            found = await find_actor_by_handle(self.conn, handle, day=REPORTED_ON)
            assert found is not None
            self.actors[handle] = found
        return self.actors[handle]

    async def report(self, new: NewLead, *, who: str = "cun", days: int = 0) -> UUID:
        return await report_lead(self.conn, SEAL, await self.actor(who), COUNTY, new, now=at(days, self.start))

    async def take(self, lead_id: UUID, request: LeadStepRequest, *, who: str, days: int) -> Lead:
        return await take_step(
            self.conn, SEAL, await self.actor(who), lead_id, request, county=COUNTY, now=at(days, self.start)
        )

    async def refuse(self, lead_id: UUID, request: LeadStepRequest, *, who: str, days: int) -> Refusal:
        """Return the refusal of a step, which changes nothing."""
        attempt = self.conn.transaction()
        await attempt.start()
        try:
            await self.take(lead_id, request, who=who, days=days)
        except Refusal as refusal:
            return refusal
        finally:
            await attempt.rollback()
        raise AssertionError("the step was taken")

    async def walk(self, case: Case, until: LeadStep = LeadStep.DECIDE, *, effective_on: date | None = None) -> Lead:
        """Take the steps of a lead up to one: reported, visited, matched, confirmed on the 18th, then as it is due."""
        lead_id = await self.report(case.new, who="gan")
        requests = [
            (step(LeadStep.VISIT, persons=case.visit), "cun", 0),
            (step(LeadStep.MATCH, new_code=case.new_code, standing=case.standing), "gan", 0),
            (step(LeadStep.CONFIRM, vote=Vote(attended=9, agreed=8)), "cun", 0),
            (step(LeadStep.REVIEW), "zhen", 6),
            (step(LeadStep.DECIDE, effective_on=effective_on), "xian", 7),
        ]
        lead: Lead | None = None
        for request, who, days in requests:
            if request.step is LeadStep.DECIDE and case.new.kind is LeadKind.ENROL:
                await self.consent(lead_id, days=days)
            lead = await self.take(lead_id, request, who=who, days=days)
            if request.step is until:
                break
        assert lead is not None
        return lead

    async def consent(self, lead_id: UUID, *, who: str = "cun", days: int) -> UUID:
        """Record a signed consent; what the photo shows does not matter."""
        now = at(days, self.start)
        return await record_consent_photo(
            self.conn,
            SEAL,
            await self.actor(who),
            COUNTY,
            lead_id=lead_id,
            photo=b"photo",
            given_on=now.date(),
            now=now,
        )

    async def choose(self, household: str, *numbers: int, relations: list[str] | None = None) -> GivenPersons:
        """Return the members with some numbers as the persons of a lead."""
        members = await list_household_members(self.conn, SEAL, COUNTY, household, day=self.start)
        chosen = [each.person_id for each in members if each.number in numbers]
        return GivenPersons(tuple(chosen), tuple(relations or ()))


def step(name: LeadStep, **fields: object) -> LeadStepRequest:
    return replace(LeadStepRequest(step=name, opinion="样例：看过了，属实"), **fields)

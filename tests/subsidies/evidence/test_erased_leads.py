"""People whom a lead names and who never came into the register are erased after the county's period."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from market.kernel import Connection
from market.kernel.sheets.redact import REDACTED
from market.subsidies.evidence import erase_leads
from market.subsidies.evidence.erase_leads import DueLead, erase_due_leads
from market.subsidies.intake.models import LeadStep
from market.subsidies.intake.persons import GivenPersons
from market.subsidies.intake.views import OPINION_CONTEXT, PERSON_IDENTITY_CONTEXT, PERSON_NAME_CONTEXT
from payments.retries import BatchSummary
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.intake.intake import NEW_FAMILY, VILLAGE, Case, Intake, make_lead, step
from tests.support.make import SEAL
from tests.support.postgres import as_owner

ENDED_ON = date(2019, 2, 19)
DUE = nine_o_clock("2024-02-19")
NEW = Case(make_lead(household="", village_code=VILLAGE), GivenPersons(added=NEW_FAMILY))


async def reject(conn: Connection, case: Case) -> UUID:
    intake = Intake(conn)
    lead = await intake.walk(case, LeadStep.VISIT)
    await intake.take(lead.id, step(LeadStep.REJECT), who="gan", days=1)
    return lead.id


async def read_lead(player: Player, lead_id: UUID) -> tuple[set[str], set[str]]:
    """Return the identity numbers and names, and the texts of a lead."""
    async with player.database.transaction(scope=COUNTY) as conn:
        persons = await conn.fetch("SELECT identity_sealed, name_sealed FROM lead_persons WHERE lead_id = $1", lead_id)
        opinions = await conn.fetch("SELECT opinion_sealed FROM lead_steps WHERE lead_id = $1", lead_id)
    return (
        {SEAL.open(row[0], PERSON_IDENTITY_CONTEXT) for row in persons}
        | {SEAL.open(row[1], PERSON_NAME_CONTEXT) for row in persons},
        {SEAL.open(row[0], OPINION_CONTEXT) for row in opinions},
    )


async def test_who_never_came_into_the_register_is_erased_when_the_period_of_a_rejected_lead_is_over(
    quarter: Player,
) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        rejected = await reject(conn, NEW)
        member = await reject(conn, Case(make_lead()))
    before = await read_lead(quarter, rejected), await read_lead(quarter, member)
    assert {each.identity for each in NEW_FAMILY} < before[0][0]
    assert await erase_due_leads(quarter.database, SEAL, now=DUE - timedelta(days=1)) == BatchSummary()
    assert (await read_lead(quarter, rejected), await read_lead(quarter, member)) == before
    assert await erase_due_leads(quarter.database, SEAL, now=DUE) == BatchSummary(done=2)
    persons, texts = await read_lead(quarter, rejected)
    assert texts == {REDACTED}
    assert len(persons) == 1 + len(NEW_FAMILY)
    assert all(each.startswith(REDACTED) for each in persons)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        indexes = await conn.fetch("SELECT identity_index FROM lead_persons WHERE lead_id = $1", rejected)
        assert not {row[0] for row in indexes} & {SEAL.index(each.identity) for each in NEW_FAMILY}
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'erase lead'") == 1
    assert await read_lead(quarter, member) == before[1]
    assert await erase_due_leads(quarter.database, SEAL, now=DUE + timedelta(days=9)) == BatchSummary()


async def test_who_came_into_the_register_stays_in_its_leads(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        rejected = await reject(conn, NEW)
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute(
            "UPDATE persons SET identity_index = $1"
            " WHERE id = (SELECT id FROM persons WHERE county_code = $2 ORDER BY id LIMIT 1)",
            SEAL.index(NEW_FAMILY[0].identity), COUNTY,
        )  # fmt: skip
    before = await read_lead(quarter, rejected)
    assert await erase_due_leads(quarter.database, SEAL, now=DUE) == BatchSummary(done=1)
    persons, texts = await read_lead(quarter, rejected)
    assert texts == before[1]
    assert {NEW_FAMILY[0].identity, NEW_FAMILY[0].name} < persons
    assert not {NEW_FAMILY[1].identity, NEW_FAMILY[1].name} & persons


async def test_every_lead_that_is_due_is_erased_although_the_first_fails(
    quarter: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase_leads, "MAX_LEADS", 1)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        leads = [await reject(conn, NEW) for _ in range(3)]
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("UPDATE leads SET reported_at = reported_at - interval '1 d' WHERE id = $1", leads[0])
        await conn.execute(
            "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.number = (SELECT min(number) FROM leads) THEN RAISE 'no'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER refuse_one BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION refuse_one()"
        )
    assert await erase_due_leads(quarter.database, SEAL, now=DUE) == BatchSummary(done=2, failed=1)
    async with quarter.database.connection() as conn:
        left = await erase_leads.LIST_DUE_LEADS.all(conn, day=DUE.date(), years=5, most=9)
    assert left == [DueLead(leads[0], COUNTY)]

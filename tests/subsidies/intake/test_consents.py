"""Nobody is enrolled without the household's consent, on the page or on paper; who applied withdraws it."""

import asyncio
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.people.storage.sent_bytes import TooManyBytes
from market.subsidies.intake.consents import (
    ConsentForm,
    consent_again,
    list_consents,
    read_consent_photo,
    withdraw_consent,
)
from market.subsidies.intake.models import (
    ConsentMissing,
    LeadInvalid,
    LeadKind,
    LeadMoved,
    LeadStep,
    TooManyConsents,
    Vote,
)
from market.subsidies.intake.report import apply_for_household
from market.subsidies.intake.views import list_own_leads
from market.subsidies.lines.models import ConsentWithdrawn
from market.subsidies.lines.pauses import (
    PAUSE_NOTE_CONTEXT,
    EnrolmentPause,
    NewPause,
    PauseEnd,
    PauseReason,
    end_pause,
    list_pauses,
    pause_line,
)
from market.subsidies.lines.views import get_line
from tests.story.play import COUNTY, Player
from tests.subsidies.intake.intake import VILLAGE, Case, Intake, at, make_lead, step
from tests.support.make import SEAL, load_actor, make_account
from tests.support.postgres import as_owner, wait_for_blocked

SCOPE = "SELECT set_config('market.scope', $1, true)"


async def test_a_line_is_enrolled_once_the_signed_consent_is_there(county: Connection) -> None:
    intake = Intake(county)
    new = make_lead(LeadKind.ENROL, line_code="YD-77", programme_code="P1")
    lead = await intake.walk(Case(new, await intake.choose("H01", 2)), until=LeadStep.REVIEW)
    decide = step(LeadStep.DECIDE)
    assert isinstance(await intake.refuse(lead.id, decide, who="xian", days=7), ConsentMissing)
    consent_id = await intake.consent(lead.id, days=6)
    decided = await intake.take(lead.id, decide, who="xian", days=7)
    assert decided.state == "decided"
    # The line is enrolled and not bound yet: it is found, and paused.
    new_pause = NewPause(line="YD-77", reason=PauseReason.CHECK, paused_from=at(7).date(), note="样例：先不减")
    await pause_line(county, SEAL, await intake.actor("zhen"), COUNTY, new_pause, now=at(7))
    line = await get_line(county, COUNTY, "YD-77", (VILLAGE,))
    assert (line.operator, line.household, line.status) == (None, "H01", "已审定")
    [consent] = await list_consents(county, lead.id)
    assert (consent.id, consent.form, consent.given_on, consent.recorded_by) == (
        consent_id, ConsentForm.PHOTO, date(2019, 2, 24), "样例村某",
    )  # fmt: skip
    actor = await intake.actor("zhen")
    read = read_consent_photo(
        county, SEAL, actor, ("130624101209",), lead_id=lead.id, consent_id=consent_id, now=at(7)
    )  # fmt: skip
    assert await read == b"photo"
    assert await county.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'lead.read_consent'") == 1
    with pytest.raises(NotFound):
        await read_consent_photo(
            county, SEAL, actor, ("130624999",), lead_id=lead.id, consent_id=consent_id, now=at(7)
        )  # fmt: skip
    stored = await county.fetchval("SELECT photo_sealed FROM lead_consents")
    assert b"photo" not in stored
    for name, limit, refused in (
        ("market.subsidies.intake.consents.MAX_CONSENTS", 2, LeadMoved),
        ("market.subsidies.intake.consents.MAX_CONSENTS", 1, TooManyConsents),
        ("market.people.storage.sent_bytes.MAX_BYTES_A_DAY", 4, TooManyBytes),
    ):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(name, limit)
            with pytest.raises(refused):
                await intake.consent(lead.id, days=7)


async def apply_and_enrol(conn: Connection) -> tuple[UUID, Actor]:
    """Enrol line YD-77 as a person applied for it on the page; return the lead and the person."""
    intake = Intake(conn)
    actor = await load_actor(conn, await make_account(conn, name="样例何三"))
    await conn.execute(SCOPE, get_person_scope(actor))
    lead_id = await apply_for_household(conn, SEAL, actor, village_code=VILLAGE, note="样例：两口人", now=at(0))
    await conn.execute(SCOPE, COUNTY)
    visit = step(
        LeadStep.VISIT,
        household_code="H01",
        line_code="YD-77",
        programme_code="P1",
        persons=await intake.choose("H01", 2),
    )
    for request, who, days in (
        (visit, "cun", 0), (step(LeadStep.MATCH), "gan", 0),
        (step(LeadStep.CONFIRM, vote=Vote(attended=9, agreed=8)), "cun", 0), (step(LeadStep.REVIEW), "zhen", 6),
        (step(LeadStep.DECIDE), "xian", 7),
    ):  # fmt: skip
        await intake.take(lead_id, request, who=who, days=days)
    return lead_id, actor


async def test_a_consent_is_withdrawn_although_an_official_pauses_the_line_meanwhile(
    january: Player, owner: Connection
) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead_id, person = await apply_and_enrol(conn)

    async def withdraw() -> None:
        async with january.database.transaction(scope=get_person_scope(person)) as conn:
            await withdraw_consent(conn, SEAL, person, lead_id, now=at(9))

    async with january.database.transaction(scope=COUNTY) as conn:
        official = await Intake(conn).actor("zhen")
        new = NewPause(line="YD-77", reason=PauseReason.CHECK, paused_from=date(2019, 2, 26), note="样例")
        await pause_line(conn, SEAL, official, COUNTY, new, now=at(9))
        withdrawing = asyncio.create_task(withdraw())
        await wait_for_blocked(owner, conn.get_server_pid())
    await withdrawing
    async with january.database.transaction(scope=COUNTY) as conn:
        pauses = await list_pauses(conn, SEAL, COUNTY, "YD-77")
    assert [(each.reason, each.resumed_on) for each in pauses] == [("consent", None), ("check", date(2019, 2, 27))]


async def end(conn: Connection, pause: EnrolmentPause, day: date, *, who: str = "xian", days: int) -> EnrolmentPause:
    request = PauseEnd(resumed_on=day, note="样例：查清了")
    actor = await Intake(conn).actor(who)
    async with conn.transaction():
        return await end_pause(conn, SEAL, actor, COUNTY, request, pause_id=pause.id, now=at(days))


async def test_no_pause_ends_while_the_consent_is_withdrawn(january: Player, owner: Connection) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead_id, person = await apply_and_enrol(conn)
        new = NewPause(line="YD-77", reason=PauseReason.CHECK, paused_from=at(9).date(), note="样例")
        official = await pause_line(conn, SEAL, await Intake(conn).actor("zhen"), COUNTY, new, now=at(9))

    async def withdraw() -> None:
        async with january.database.transaction(scope=get_person_scope(person)) as conn:
            await withdraw_consent(conn, SEAL, person, lead_id, now=at(9))

    # The line is paused from the day of the withdrawal on already. Who ends that pause at the same time is waited for.
    async with january.database.transaction(scope=COUNTY) as conn:
        await end(conn, official, at(10).date(), days=10)
        withdrawing = asyncio.create_task(withdraw())
        await wait_for_blocked(owner, conn.get_server_pid())
    await withdrawing
    async with january.database.transaction(scope=COUNTY) as conn:
        pause, ended = await list_pauses(conn, SEAL, COUNTY, "YD-77")
        assert (pause.reason, pause.paused_from, pause.resumed_on) == ("consent", at(10).date(), None)
        assert ended.id == official.id
        # Neither another file nor another official changes that; the person sees what is withdrawn.
        async with as_owner(conn):
            await conn.execute("UPDATE enrolments SET lead_id = NULL WHERE line_code = 'YD-77'")
        with pytest.raises(ConsentWithdrawn):
            await end(conn, pause, at(12).date(), days=12)
        # A consent of before the withdrawal does not help; one of after it does.
        intake = Intake(conn)
        with pytest.raises(LeadInvalid) as refused:
            await intake.consent(lead_id, days=8)
        assert [each.field for each in refused.value.errors] == ["given_on"]
        await intake.consent(lead_id, days=11)
        with pytest.raises(LeadMoved):
            await intake.consent(lead_id, days=12)
        assert (await end(conn, pause, at(12).date(), days=12)).resumed_on == at(12).date()
    # An official's pause of the same day stays in place of the person's, although a file stored the enrolment again.
    async with january.database.transaction(scope=COUNTY) as conn:
        new = NewPause(line="YD-77", reason=PauseReason.CHECK, paused_from=at(13).date(), note="样例")
        official = await pause_line(conn, SEAL, await Intake(conn).actor("zhen"), COUNTY, new, now=at(13))
    async with january.database.transaction(scope=get_person_scope(person)) as conn:
        await withdraw_consent(conn, SEAL, person, lead_id, now=at(13))
        [own] = await list_own_leads(conn, person.account_id)
        assert own.consent_withdrawn
    async with january.database.transaction(scope=COUNTY) as conn:
        assert (await list_pauses(conn, SEAL, COUNTY, "YD-77"))[0] == official
        with pytest.raises(ConsentWithdrawn):
            await end(conn, official, at(14).date(), days=14)


async def test_who_withdrew_consents_again_on_the_own_page(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead_id, person = await apply_and_enrol(conn)
        other = await load_actor(conn, await make_account(conn, name="样例何四"))

    async def consent(who: Actor, days: int) -> None:
        async with january.database.transaction(scope=get_person_scope(who)) as conn:
            await consent_again(conn, who, lead_id, now=at(days))

    # While the consent stands there is nothing to consent to.
    for who in (person, other):
        with pytest.raises(NotFound):
            await consent(who, 8)
    async with january.database.transaction(scope=get_person_scope(person)) as conn:
        await withdraw_consent(conn, SEAL, person, lead_id, now=at(9))
    with pytest.raises(NotFound):
        await consent(other, 9)
    done = await asyncio.gather(*(consent(person, 9) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "NotFound", "NotFound"]
    async with january.database.transaction(scope=COUNTY) as conn:
        again, withdrawn = await list_consents(conn, lead_id)
        assert (again.form, again.given_on, again.withdrawn_at) == (ConsentForm.PAGE, at(9).date(), None)
        assert withdrawn.withdrawn_at == at(9)
        # The line stays paused until an official ends that, which the consent allows.
        [pause] = await list_pauses(conn, SEAL, COUNTY, "YD-77")
        assert (pause.reason, pause.resumed_on) == ("consent", None)
        assert (await end(conn, pause, at(10).date(), days=10)).resumed_on == at(10).date()
    async with january.database.transaction(scope=get_person_scope(person)) as conn:
        assert [each.consent_withdrawn for each in await list_own_leads(conn, person.account_id)] == [False]
        await withdraw_consent(conn, SEAL, person, lead_id, now=at(11))


async def test_who_applies_consents_on_the_page_and_withdraws(county: Connection) -> None:
    intake = Intake(county)
    lead_id, actor = await apply_and_enrol(county)
    other = await load_actor(county, await make_account(county, name="样例何四"))
    [consent] = await list_consents(county, lead_id)
    assert (consent.form, consent.text_version, consent.withdrawn_at) == (ConsentForm.PAGE, 1, None)
    await county.execute(
        "INSERT INTO enrolment_pauses"
        " (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at)"
        " VALUES ($1, 'YD-77', '[2019-02-26,)', 'check', $2, $3, $4)",
        COUNTY, SEAL.seal("样例", PAUSE_NOTE_CONTEXT), (await intake.actor("zhen")).account_id, at(8),
    )  # fmt: skip
    # What begins later is paused from its first day on.
    attempt = county.transaction()
    await attempt.start()
    async with as_owner(county):
        await county.execute("UPDATE enrolments SET entitled_from = '2019-03-01' WHERE line_code = 'YD-77'")
    await county.execute(SCOPE, get_person_scope(actor))
    await withdraw_consent(county, SEAL, actor, lead_id, now=at(9))
    await county.execute(SCOPE, COUNTY)
    assert [each.paused_from for each in await list_pauses(county, SEAL, COUNTY, "YD-77")] == [
        date(2019, 3, 1), date(2019, 2, 26),
    ]  # fmt: skip
    await attempt.rollback()
    for who in (other, actor):
        await county.execute(SCOPE, get_person_scope(who))
        if who is other:
            with pytest.raises(NotFound):
                await withdraw_consent(county, SEAL, who, lead_id, now=at(9))
            assert await list_own_leads(county, who.account_id) == []
            continue
        await withdraw_consent(county, SEAL, who, lead_id, now=at(9))
        assert [each.consent_withdrawn for each in await list_own_leads(county, who.account_id)] == [True]
        with pytest.raises(NotFound):
            await withdraw_consent(county, SEAL, who, lead_id, now=at(10))
    await county.execute(SCOPE, COUNTY)
    pause, checked = await list_pauses(county, SEAL, COUNTY, "YD-77")
    assert (checked.reason, checked.resumed_on, checked.ended_by) == ("check", date(2019, 2, 27), "样例何三")
    assert (pause.reason, pause.paused_from, pause.resumed_on, pause.paused_by) == (
        "consent", date(2019, 2, 27), None, "样例何三",
    )  # fmt: skip
    assert pause.note == "农户在自己的页面上撤回了同意"


ADD = """
    INSERT INTO lead_consents (lead_id, form, text_version, given_on, recorded_by, recorded_at, photo_sealed)
    SELECT $1, $2, 1, $3, account_id, $4, $5 FROM lead_steps WHERE lead_id = $1 LIMIT 1
"""


@pytest.mark.parametrize(
    ("form", "given_on", "photo", "message"),
    [
        ("page", date(2019, 2, 18), None, "not to an open enrolment of the person"),
        ("photo", date(2019, 2, 18), None, "photo_of_paper"),
        ("photo", date(2019, 2, 19), b"photo", "not_ahead"),
    ],
)
async def test_the_schema_refuses_a_consent_that_nobody_gave(
    county: Connection, form: str, given_on: date, photo: bytes | None, message: str
) -> None:
    new = make_lead(LeadKind.ENROL, line_code="YD-77", programme_code="P1")
    lead_id: UUID = await Intake(county).report(new)
    with pytest.raises(asyncpg.PostgresError, match=message):
        async with county.transaction(), as_owner(county):
            await county.execute(ADD, lead_id, form, given_on, at(0), photo)

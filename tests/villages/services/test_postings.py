"""Jobs: of an employer with a licence, checked by another person; applicants who agreed; work that workers confirm."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.people.moderation.off_platform import OffPlatformContact
from market.places.county_files.models import CountyFile
from market.places.county_files.run_file_import import import_county_file
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.privacy.personal_data import load_personal_data
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.services.applications import (
    APPLICATION_LIFETIME,
    MAX_LISTED,
    answer_hire,
    apply_for_job,
    delete_old_applications,
    hire,
    list_applicants,
    list_own_applications,
    withdraw_application,
    withdraw_applications,
)
from market.villages.services.posting_models import (
    AppliedBefore,
    NewPosting,
    PostingInvalid,
    PostingNotOpen,
    PostingOwnChecker,
    WagePer,
)
from market.villages.services.postings import (
    check_posting,
    end_posting,
    list_near_postings,
    list_organisation_postings,
    list_postings_to_check,
    post_job,
)
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, VILLAGE_OF_OTHER_COUNTY, load_actor, make_account
from tests.support.postgres import as_owner

TODAY = date(2019, 9, 20)
JOB = NewPosting(
    title="摘枣", village_code=VILLAGE, positions=1, wage_min_fen=Fen(120_00), wage_max_fen=Fen(150_00),
    per=WagePer.DAY, first=TODAY, last=date(2019, 10, 20), note="管午饭",
)  # fmt: skip


async def make_employer(conn: Connection, verifier: Actor, *, until: date | None = None) -> tuple[Actor, UUID]:
    actor = await load_actor(conn, await make_account(conn, name="样例厂长", phone="13900000801"), second_factor=False)
    new = NewOrganisation(
        kind=OrganisationKind.EMPLOYER, name="样例枣业", credit_code="91130624MA0XAMPL0Q", county_code="130624",
        licensed_until=until,
    )  # fmt: skip
    found = await register_organisation(conn, actor, new, now=NOW)
    if until is None or until > TODAY:
        await decide_organisation(conn, verifier, "130624", OrganisationId(found.id), verified=True, now=NOW)
    return actor, found.id


async def list_fields(conn: Connection, actor: Actor, organisation: UUID, new: NewPosting) -> list[str]:
    with pytest.raises(PostingInvalid) as refused:
        await post_job(conn, actor, organisation, new, now=NOW)
    return [each.field for each in refused.value.errors]


async def test_a_job_lies_inside_a_licence_and_another_person_checks_it(conn: Connection, seal: Seal) -> None:
    county, second = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    employer, organisation = await make_employer(conn, county, until=date(2019, 10, 20))
    stranger = await an_applicant(conn)
    wrong = replace(
        JOB, title="摘", note="交押金 50", village_code="130624999999", positions=0, wage_min_fen=Fen(0),
        first=date(2019, 9, 19), last=date(2019, 9, 18),
    )  # fmt: skip
    assert await list_fields(conn, employer, organisation, wrong) == [
        "title", "note", "positions", "wage_min", "first", "last", "village",
    ]  # fmt: skip
    assert await list_fields(conn, employer, organisation, replace(JOB, wage_max_fen=Fen(119_99))) == ["wage_max"]
    assert await list_fields(conn, employer, organisation, replace(JOB, last=date(2019, 10, 21))) == ["organisation_id"]
    with pytest.raises(OffPlatformContact):
        await post_job(conn, employer, organisation, replace(JOB, note="打 13900000801"), now=NOW)
    with pytest.raises(NotFound):
        await post_job(conn, stranger, organisation, JOB, now=NOW)
    posting = await post_job(conn, employer, organisation, JOB, now=NOW)
    for statement in (
        "UPDATE job_postings SET valid_during = '[2019-09-20,2019-10-22)'",
        "DELETE FROM organisation_licences",
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with conn.transaction():
                await conn.execute(statement)
    with pytest.raises(asyncpg.CheckViolationError):
        async with conn.transaction():
            await conn.execute("UPDATE job_postings SET state = 'live', checked_by = added_by, checked_at = added_at")
    file = CountyFile(
        county="130624", name="a.csv", dry_run=False, now=NOW,
        content=(
            "单位名称,统一社会信用代码,类别,县代码,执照有效期至\n样例枣业,91130624MA0XAMPL0Q,用人单位,130624,2019-10-01"
        ).encode(),
    )  # fmt: skip
    with pytest.raises(FileMalformed, match="1 faults"):
        await import_county_file(conn, county, COUNTY_FILE_KINDS["organisations"], file)
    assert await list_near_postings(conn, VILLAGE, day=TODAY) == []
    for official, scope, refusal in ((elsewhere, "130725", NotFound), (elsewhere, "130624", NotAllowed)):
        with pytest.raises(refusal):
            await check_posting(conn, seal, official, scope, posting.id, live=True, reason="", now=NOW)
    with pytest.raises(NotAllowed):
        await list_postings_to_check(conn, employer, "130624")
    await conn.execute("INSERT INTO organisation_members VALUES ($1, $2, 'clerk')", organisation, second.account_id)
    with pytest.raises(PostingOwnChecker):
        await check_posting(conn, seal, second, "130624", posting.id, live=True, reason="", now=NOW)
    with pytest.raises(PostingInvalid):
        await check_posting(conn, seal, county, "130624", posting.id, live=False, reason="", now=NOW)
    await check_posting(conn, seal, county, "130624", posting.id, live=True, reason="", now=NOW)
    with pytest.raises(PostingNotOpen):
        await check_posting(conn, seal, county, "130624", posting.id, live=False, reason="晚了", now=NOW)
    [shown] = await list_near_postings(conn, VILLAGE, day=TODAY)
    assert (shown.organisation, shown.open, shown.last) == ("样例枣业", 1, JOB.last)
    assert await list_near_postings(conn, VILLAGE_OF_OTHER_COUNTY, day=TODAY) == []
    assert await list_near_postings(conn, VILLAGE, day=date(2019, 10, 21)) == []
    villages = CountyFile(
        county="130624", name="b.csv", dry_run=False, now=NOW,
        content=f"村代码,村名,起始日期,终止日期,并入村代码,依据\n{VILLAGE},革新庄村,,2019-09-30,,样例〔2019〕1号".encode(),
    )  # fmt: skip
    await import_county_file(conn, county, COUNTY_FILE_KINDS["villages"], villages)
    [shown] = await list_near_postings(conn, VILLAGE, day=TODAY)
    assert shown.last == date(2019, 9, 30)
    with pytest.raises(NotFound):
        await end_posting(conn, stranger, posting.id, now=NOW)
    await end_posting(conn, employer, posting.id, now=NOW)
    assert await list_near_postings(conn, VILLAGE, day=TODAY) == []


async def test_an_employer_reads_only_who_agreed_and_only_the_worker_counts_as_hired(
    database: Database, seal: Seal
) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        employer, organisation = await make_employer(conn, county)
        posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
        people = [
            await load_actor(conn, await make_account(conn, name=f"样例{name}", phone=phone), second_factor=False)
            for name, phone in (("甲", "13900000811"), ("乙", "13900000812"), ("丙", "13900000813"))
        ]

    async def apply(actor: Actor, *, consent: bool = True) -> UUID:
        async with database.transaction() as conn:
            return (await apply_for_job(conn, seal, actor, posting, consent=consent, now=NOW)).id

    async def take(application: UUID, actor: Actor = employer, day: date = TODAY, *, pause: float = 0) -> None:
        async with database.transaction() as conn:
            await hire(conn, seal, actor, posting, application, hired_on=day, now=NOW)
            await asyncio.sleep(pause)

    with pytest.raises(PostingNotOpen):
        await apply(people[0])
    async with database.transaction() as conn:
        await check_posting(conn, seal, county, "130624", posting, live=True, reason="", now=NOW)
    for actor, consent in ((people[0], False), (employer, True)):
        with pytest.raises(PostingInvalid) as refused:
            await apply(actor, consent=consent)
        assert [each.field for each in refused.value.errors] == ["consent"]
    renamed = "UPDATE organisations SET verified_by = $2, verified_at = $3 WHERE id = $1"
    async with database.transaction() as conn, as_owner(conn):
        verified = await conn.fetchrow("SELECT verified_by, verified_at FROM organisations WHERE id = $1", organisation)
        assert verified is not None
        await conn.execute(renamed, organisation, None, None)
    with pytest.raises(PostingNotOpen):
        await apply(people[0])
    async with database.transaction() as conn, as_owner(conn):
        await conn.execute(renamed, organisation, *verified)
    first, second, third = [await apply(each) for each in people]
    with pytest.raises(AppliedBefore):
        await apply(people[0])
    async with database.transaction() as conn:
        await withdraw_application(conn, people[2], third, now=NOW)
        with pytest.raises(NotFound):
            await withdraw_application(conn, people[2], first, now=NOW)
        seen = await list_applicants(conn, seal, employer, posting, now=NOW)
        assert [(each.name, each.phone) for each in seen] == [("样例甲", "13900000811"), ("样例乙", "13900000812")]
        later = await list_applicants(conn, seal, employer, posting, now=NOW + (JOB.last - TODAY) + timedelta(days=31))
        assert {each.phone for each in later} == {""}
        for stranger in (people[0], county):
            with pytest.raises(NotFound):
                await list_applicants(conn, seal, stranger, posting, now=NOW)
    for application, actor, day, refusal in (
        (first, people[1], TODAY, NotFound),
        (uuid4(), employer, TODAY, NotFound),
        (first, employer, TODAY + timedelta(days=1), PostingInvalid),
        (third, employer, TODAY, PostingNotOpen),
    ):
        with pytest.raises(refusal):
            await take(application, actor, day)
    # Two presses for one position.
    outcomes = await asyncio.gather(take(first, pause=0.1), take(second, pause=0.1), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "PostingNotOpen"]
    hired = first if outcomes[0] is None else second
    await check_hired(database, seal, (employer, people[2]), people, organisation, hired)


async def check_hired(
    database: Database, seal: Seal, strangers: tuple[Actor, Actor], people: list[Actor], organisation: UUID, hired: UUID
) -> None:
    """Only the worker answers, once; what came to nothing is deleted."""
    employer, third = strangers
    async with database.transaction() as conn:
        account_id = await conn.fetchval("SELECT account_id FROM job_applications WHERE id = $1", hired)
    worker = next(each for each in people if each.account_id == account_id)
    async with database.transaction(scope=get_person_scope(employer)) as conn:
        [kept] = await list_organisation_postings(conn, employer, organisation, day=TODAY)
        assert (kept.state, kept.hired, kept.confirmed) == ("filled", 1, 0)
        for actor in (employer, third):
            with pytest.raises(NotFound):
                await answer_hire(conn, actor, hired, found_work=True, now=NOW)
        with pytest.raises(PostingNotOpen):
            await withdraw_application(conn, worker, hired, now=NOW)
        assert (await answer_hire(conn, worker, hired, found_work=True, now=NOW)).state == "confirmed"
        with pytest.raises(PostingNotOpen):
            await answer_hire(conn, worker, hired, found_work=False, now=NOW)
        [kept] = await list_organisation_postings(conn, employer, organisation, day=TODAY)
        assert kept.confirmed == 1
        await withdraw_applications(conn, people[0].account_id)
        await withdraw_applications(conn, people[1].account_id)
        copy = await load_personal_data(conn, seal, worker.account_id)
        assert [each.state for each in copy.job_applications] == ["confirmed"]
        own = [await list_own_applications(conn, each.account_id) for each in people]
        assert sorted(len(each) for each in own) == [0, 0, 1]
    assert await delete_old_applications(database, NOW + timedelta(days=32)) == 2
    assert await delete_old_applications(database, NOW + timedelta(days=32) + APPLICATION_LIFETIME) == 0


async def test_who_denies_that_they_were_hired_frees_the_position(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    employer, organisation = await make_employer(conn, county)
    posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
    await check_posting(conn, seal, county, "130624", posting, live=True, reason="", now=NOW)
    worker = await an_applicant(conn)
    application = (await apply_for_job(conn, seal, worker, posting, consent=True, now=NOW)).id
    await hire(conn, seal, employer, posting, application, hired_on=TODAY, now=NOW)
    assert await list_near_postings(conn, VILLAGE, day=TODAY) == []
    await answer_hire(conn, worker, application, found_work=False, now=NOW)
    [shown] = await list_near_postings(conn, VILLAGE, day=TODAY)
    assert shown.open == 1


async def test_an_employer_that_is_no_longer_verified_reads_no_telephones(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    employer, organisation = await make_employer(conn, county)
    posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
    await check_posting(conn, seal, county, "130624", posting, live=True, reason="", now=NOW)
    worker = await load_actor(conn, await make_account(conn, name="样例甲", phone="13900000811"), second_factor=False)
    await apply_for_job(conn, seal, worker, posting, consent=True, now=NOW)
    verify = "UPDATE organisations SET verified_by = $2, verified_at = $3 WHERE id = $1"
    for verifier, at, phone in ((None, None, ""), (county.account_id, NOW, "13900000811")):
        async with as_owner(conn):
            await conn.execute(verify, organisation, verifier, at)
        seen = await list_applicants(conn, seal, employer, posting, now=NOW)
        assert [(each.name, each.phone) for each in seen] == [("样例甲", phone)]


async def test_a_worker_with_more_applications_than_are_listed_answers_an_old_one(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    employer, organisation = await make_employer(conn, county)
    posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
    await check_posting(conn, seal, county, "130624", posting, live=True, reason="", now=NOW)
    worker = await an_applicant(conn)
    first = (await apply_for_job(conn, seal, worker, posting, consent=True, now=NOW)).id
    await hire(conn, seal, employer, posting, first, hired_on=TODAY, now=NOW)
    async with as_owner(conn):
        await conn.execute(
            """
            WITH copies AS (
                INSERT INTO job_postings (organisation_id, village_code, title, note, positions, wage_min_fen,
                                          wage_max_fen, per, valid_during, added_by, added_at, state)
                SELECT organisation_id, village_code, title, note, positions, wage_min_fen, wage_max_fen, per,
                       valid_during, added_by, added_at, 'ended'
                  FROM job_postings, generate_series(1, $3) WHERE id = $1
                RETURNING id)
            INSERT INTO job_applications (posting_id, account_id, consented_at) SELECT id, $2, now() FROM copies
            """,
            posting, worker.account_id, MAX_LISTED,
        )  # fmt: skip
    answered = await answer_hire(conn, worker, first, found_work=True, now=NOW)
    assert (answered.id, answered.state) == (first, "confirmed")
    own = await list_own_applications(conn, worker.account_id)
    assert (len(own), first in {each.id for each in own}) == (MAX_LISTED, False)


async def test_applications_are_deleted_in_pieces_that_are_committed(
    database: Database, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        employer, organisation = await make_employer(conn, county)
        posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
    await owner.execute(
        "INSERT INTO job_applications (posting_id, account_id, consented_at, state)"
        " SELECT $1, $2, $3, 'withdrawn' FROM generate_series(1, 5)",
        posting,
        county.account_id,
        NOW,
    )
    await owner.execute(
        "CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF (SELECT count(*) FROM job_applications) < 3 THEN RAISE 'refused'; END IF; RETURN OLD; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON job_applications FOR EACH ROW EXECUTE FUNCTION refuse_row()"
    )
    monkeypatch.setattr("payments.sql.PIECE_ROWS", 2)
    with pytest.raises(asyncpg.RaiseError):
        await delete_old_applications(database, NOW + timedelta(days=32))
    assert await owner.fetchval("SELECT count(*) FROM job_applications") == 3

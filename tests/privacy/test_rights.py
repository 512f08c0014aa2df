"""A person withdraws consents, asks about the own data, and reads who looked; a closed account takes its key along."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.seal import Seal, UnsealError
from market.people.audit.record import record_looks
from market.people.consents.give import end_consent, give_consent, list_consents
from market.people.consents.models import ConsentGivenBefore, ConsentPurpose
from market.people.identity.models import Actor, NotFound, Role, SecondFactorRequired
from market.people.identity.person_keys import find_person_seal
from market.people.notify.notifications import format_due
from market.privacy.close_account import close_account
from market.privacy.looks import LIST_LOOKS, list_looks
from market.privacy.own_consents import ConsentKind, list_given_consents, withdraw_given_consent
from market.privacy.request_models import (
    DataField,
    DataRequestInvalid,
    DataRequestKind,
    NewDataRequest,
    TooManyDataRequests,
)
from market.privacy.requests import (
    DETAIL_CONTEXT,
    answer_data_request,
    ask_about_data,
    get_data_request,
    list_data_requests,
)
from market.subsidies.intake.report import apply_for_household
from market.villages.services.question_models import NewQuestion
from market.villages.services.questions import ask_question
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, load_actor, make_account, make_official, make_phone

CORRECTION = NewDataRequest(
    kind=DataRequestKind.CORRECT, field=DataField.HOUSEHOLD, text="家里是三口人", village_code=VILLAGE
)


async def a_person(database: Database, name: str = "样例本人") -> Actor:
    async with database.transaction() as conn:
        return await load_actor(conn, await make_account(conn, name=name, phone=make_phone()), second_factor=False)


async def test_every_consent_is_in_one_list_and_each_is_withdrawn_where_it_is_kept(
    database: Database, seal: Seal
) -> None:
    person, other = await a_person(database), await a_person(database, "样例别人")
    async with database.transaction(scope=get_person_scope(person)) as conn:
        lead = await apply_for_household(conn, seal, person, village_code=VILLAGE, note="样例", now=NOW)
        await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW + timedelta(hours=1))
        given = await list_given_consents(conn, seal, person.account_id)
        assert [(each.kind, each.id) for each in given] == [
            (ConsentKind.WARNING_SMS, None), (ConsentKind.REDUCTION, lead),
        ]  # fmt: skip
    async with database.transaction(scope=get_person_scope(other)) as conn:
        assert await list_given_consents(conn, seal, other.account_id) == []
        for kind, about in ((ConsentKind.WARNING_SMS, None), (ConsentKind.REDUCTION, lead), (ConsentKind.JOB, lead)):
            with pytest.raises(NotFound):
                await withdraw_given_consent(conn, seal, other, kind, about, now=NOW)
        assert await conn.fetchval("SELECT count(*) FROM consents") == 0
    async with database.transaction(scope=get_person_scope(person)) as conn:
        for each in given:
            await withdraw_given_consent(conn, seal, person, each.kind, each.id, now=NOW + timedelta(hours=2))
        assert await list_given_consents(conn, seal, person.account_id) == []
        assert await conn.fetchval("SELECT state FROM leads WHERE id = $1", lead) == "withdrawn"
        with pytest.raises(NotFound):
            await withdraw_given_consent(conn, seal, person, ConsentKind.WARNING_SMS, None, now=NOW)


async def test_a_consent_is_given_once_and_ends_once(database: Database) -> None:
    person = await a_person(database)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW)
    with pytest.raises(ConsentGivenBefore):
        async with database.transaction(scope=get_person_scope(person)) as conn:
            await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        await end_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW)
        assert await list_consents(conn, person.account_id) == []
        await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW + timedelta(days=1))
    for change in (
        "valid_during = tstzrange(lower(valid_during), NULL)",
        "valid_during = tstzrange('2018-01-01', '2019-01-01')",
    ):
        async with database.transaction(scope=get_person_scope(person)) as conn:
            with pytest.raises(asyncpg.PostgresError) as refused:
                await conn.execute(f"UPDATE consents SET {change} WHERE NOT upper_inf(valid_during)")
            assert refused.value.sqlstate == "P0230"


async def test_a_request_goes_to_its_county_with_fifteen_working_days_and_is_answered_once(
    database: Database, seal: Seal
) -> None:
    person = await a_person(database)
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
        half = await load_actor(conn, county.account_id, second_factor=False)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        asked = await ask_about_data(conn, seal, person, CORRECTION, now=NOW)
        assert (asked.text, asked.field, asked.assignee, asked.division) == (
            "家里是三口人",
            "household",
            "county",
            "革新庄村",
        )
        # From Friday the 20th: Sunday the 29th and Saturday 12 October are worked, the first week of October is not.
        assert format_due(asked.due_at) == "10 月 16 日"
        assert await conn.fetchval("SELECT text_sealed FROM cases") is not None
    for stranger in (elsewhere, village):
        async with database.transaction(scope=get_person_scope(stranger)) as conn:
            assert await get_data_request(conn, seal, asked.case_id) is None
            with pytest.raises(NotFound):
                await answer_data_request(
                    conn, seal, stranger, asked.case_id, outcome=CaseOutcome.SOLVED, text="样例", now=NOW
                )
    async with database.transaction(scope=get_person_scope(county)) as conn:
        with pytest.raises(SecondFactorRequired):
            await answer_data_request(conn, seal, half, asked.case_id, outcome=CaseOutcome.SOLVED, text="样例", now=NOW)
        with pytest.raises(DataRequestInvalid) as wrong:
            await answer_data_request(
                conn, seal, county, asked.case_id, outcome=CaseOutcome.DUPLICATE, text=" ", now=NOW
            )
        assert [each.field for each in wrong.value.errors] == ["outcome", "text"]
        done = await answer_data_request(
            conn, seal, county, asked.case_id, outcome=CaseOutcome.UNSOLVED, text="户口本上是四口", now=NOW
        )
        assert (done.answer, done.assignee, done.text) == ("户口本上是四口", None, "家里是三口人")
        with pytest.raises(CaseNotMovable):
            await answer_data_request(
                conn, seal, county, asked.case_id, outcome=CaseOutcome.SOLVED, text="样例", now=NOW
            )


async def test_a_complaint_goes_above_the_county_and_faults_are_named(database: Database, seal: Seal) -> None:
    person = await a_person(database)
    async with database.transaction() as conn:
        platform = await make_official_actor(conn, Role.PLATFORM, "13")
    complaint = NewDataRequest(kind=DataRequestKind.COMPLAIN, text="县里不给看", village_code=VILLAGE)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        asked = await ask_about_data(conn, seal, person, complaint, now=NOW)
        assert (asked.assignee, asked.county_code) == ("platform", "130000")
        for new, names in (
            (NewDataRequest(kind=DataRequestKind.CORRECT, text=" "), ["text", "field"]),
            (NewDataRequest(kind=DataRequestKind.ERASE, field=DataField.NAME, text="字" * 501), ["text", "field"]),
            (NewDataRequest(kind=DataRequestKind.ERASE, text="样例", village_code="130624999999"), ["village"]),
        ):
            with pytest.raises(DataRequestInvalid) as wrong:
                await ask_about_data(conn, seal, person, new, now=NOW)
            assert [each.field for each in wrong.value.errors] == names
        for _ in range(4):
            await ask_about_data(conn, seal, person, complaint, now=NOW)
        with pytest.raises(TooManyDataRequests):
            await ask_about_data(conn, seal, person, complaint, now=NOW)
    async with database.transaction(scope=get_person_scope(platform)) as conn:
        answered = await answer_data_request(
            conn, seal, platform, asked.case_id, outcome=CaseOutcome.SOLVED, text="看过了，给看", now=NOW
        )
    assert answered.answer == "看过了，给看"


async def test_who_asked_does_not_answer(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
    async with database.transaction(scope=get_person_scope(county)) as conn:
        asked = await ask_about_data(conn, seal, county, CORRECTION, now=NOW)
        with pytest.raises(CaseAnswererInvolved):
            await answer_data_request(
                conn, seal, county, asked.case_id, outcome=CaseOutcome.SOLVED, text="样例", now=NOW
            )


async def test_with_the_account_the_key_is_destroyed_and_nobody_opens_what_was_asked(
    database: Database, seal: Seal
) -> None:
    person = await a_person(database)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        asked = await ask_about_data(conn, seal, person, CORRECTION, now=NOW)
        await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW)
        own = await find_person_seal(conn, seal, person.account_id)
        sealed = await conn.fetchval("SELECT detail_by_key FROM data_requests")
        assert own is not None
        assert own.open(sealed, DETAIL_CONTEXT) == "家里是三口人"
        with pytest.raises(UnsealError):
            seal.open(sealed, DETAIL_CONTEXT)
        await close_account(conn, seal, person.account_id, by=str(person.account_id), now=NOW + timedelta(hours=1))
        assert await find_person_seal(conn, seal, person.account_id) is None
        [closed] = await list_data_requests(conn, seal, person.account_id)
        assert (closed.case_id, closed.text, closed.outcome) == (asked.case_id, None, CaseOutcome.WITHDRAWN)
        assert await list_consents(conn, person.account_id) == []
    async with database.transaction(scope="130624") as conn:
        found = await get_data_request(conn, seal, asked.case_id)
        assert found is not None
        assert found.text is None
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM person_keys") == 0


async def test_a_person_reads_who_looked_by_office_and_not_by_name(database: Database, seal: Seal) -> None:
    person, other = await a_person(database), await a_person(database, "样例别人")
    async with database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    numbers: dict[Actor, int] = {}
    for each in (person, other):
        async with database.transaction(scope=get_person_scope(each)) as conn:
            asked = await ask_question(conn, seal, each, VILLAGE, NewQuestion(text="枣叶黄了"), now=NOW)
            numbers[each] = asked.number
    async with database.transaction() as conn:
        for hours in (1, 2, 30):  # twice on a day is one look
            await record_looks(
                conn, actor=str(county), action="case.look", objects=[f"case:{numbers[person]}"],
                now=NOW + timedelta(hours=hours),
            )  # fmt: skip
    async with database.transaction(scope=get_person_scope(person)) as conn:
        looks = await list_looks(conn, person.account_id)
    assert [(each.who, each.office, each.what, each.at) for each in looks] == [
        ("县级审定", "阜平县", "看了您写的事", NOW + timedelta(hours=30)),
        ("县级审定", "阜平县", "看了您写的事", NOW + timedelta(hours=1)),
    ]
    async with database.transaction(scope=get_person_scope(other)) as conn:
        assert await list_looks(conn, other.account_id) == []


async def test_the_list_of_looks_reads_the_record_by_its_index(database: Database) -> None:
    person = await a_person(database)
    async with database.transaction() as conn:
        objects = [f"case:{number}" for number in range(1_000, 3_000)]
        await record_looks(conn, actor=str(uuid4()), action="case.look", objects=objects, now=NOW)
    async with database.transaction(scope=get_person_scope(person)) as conn:
        plan = await _explain(conn, person)
    assert "_object_at_idx" in plan
    assert "Seq Scan on audit_entries" not in plan


async def _explain(conn: Connection, person: Actor) -> str:
    sql = LIST_LOOKS.sql
    for number, name in enumerate(LIST_LOOKS.names, 1):
        sql = sql.replace(f"${number}", f"'{person.account_id}'" if name == "account_id" else "100")
    return "\n".join(row[0] for row in await conn.fetch("EXPLAIN " + sql))

"""Questions: answered by an agronomist, else the county; shown to neighbours in the words that the asker saw."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.answers.inquiries import preview_inquiry
from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseState
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.cases.casework.publication import CaseNotPreviewed, drop_own_publications
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.people.moderation.off_platform import OffPlatformContact
from market.villages.services.agronomists import end_agronomist, name_agronomist
from market.villages.services.question_models import (
    MAX_OPEN_QUESTIONS,
    AgronomistInvalid,
    NewAgronomist,
    NewQuestion,
    Question,
    QuestionInvalid,
    SharedQuestion,
    TooManyQuestions,
)
from market.villages.services.questions import (
    answer_question,
    ask_question,
    drop_question_photos,
    find_question_photo_name,
    list_asked_questions,
    list_own_questions,
    list_shared_questions,
    preview_sharing,
    share_question,
    unshare_question,
)
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE, load_actor, make_account

ASKED = NewQuestion(text="枣树叶子发黄，三天了")
ANSWER = "先看根有没有积水，排水以后再看"


async def ask(
    database: Database, seal: Seal, actor: Actor, new: NewQuestion = ASKED, village: str = VILLAGE
) -> Question:
    async with database.transaction(scope=get_person_scope(actor)) as conn:
        return await ask_question(conn, seal, actor, village, new, now=NOW)


async def answer(database: Database, seal: Seal, actor: Actor, case_id: UUID, text: str = ANSWER) -> Question:
    async with database.transaction(scope="130624") as conn:
        return await answer_question(conn, seal, actor, case_id, text=text, now=NOW)


async def read_shared(database: Database, village: str = VILLAGE) -> list[SharedQuestion]:
    async with database.transaction(scope=village[:6]) as conn:
        return await list_shared_questions(conn, village)


async def make_agronomist(conn: Connection, seal: Seal, county: Actor, phone: str) -> tuple[Actor, UUID]:
    actor = await load_actor(conn, await make_account(conn, name="样例农技员", phone=phone), second_factor=False)
    scope = "130624" if county.grants[0].scope == "130624" else "130725"
    named = await name_agronomist(conn, seal, county, scope, NewAgronomist(phone=phone, subject="果树"), now=NOW)
    return actor, named


async def test_the_county_names_its_agronomists(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    _, named = await make_agronomist(conn, seal, county, "13900000901")
    again = NewAgronomist(phone="13900000901", subject="果树")
    for new, fields in ((NewAgronomist(phone="13900000999", subject=""), ["phone", "subject"]), (again, ["phone"])):
        with pytest.raises(AgronomistInvalid) as invalid:
            async with conn.transaction():
                await name_agronomist(conn, seal, county, "130624", new, now=NOW)
        assert [each.field for each in invalid.value.errors] == fields
    with pytest.raises(NotAllowed):
        await name_agronomist(conn, seal, elsewhere, "130624", again, now=NOW)
    with pytest.raises(NotFound):
        await end_agronomist(conn, elsewhere, "130725", named, now=NOW)


async def test_an_agronomist_answers_in_two_working_days_else_the_county(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        agronomist, named = await make_agronomist(conn, seal, county, "13900000901")
        away, _ = await make_agronomist(conn, seal, elsewhere, "13900000902")
        asker, other = [await an_applicant(conn) for _ in range(2)]
        photo = await conn.fetchval(
            "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
            " VALUES ($1, 'question', sha256('leaf'), 1, 1, 'webp', $2) RETURNING id",
            asker.account_id, NOW,
        )  # fmt: skip
    for new, village, field in (
        (NewQuestion(text=""), VILLAGE, "text"),
        (NewQuestion(text="长" * 501), VILLAGE, "text"),
        (ASKED, "130624107999", "village"),
        (replace(ASKED, photo_id=uuid4()), VILLAGE, "photo"),
    ):
        with pytest.raises(QuestionInvalid) as refused:
            await ask(database, seal, asker, new, village)
        assert [each.field for each in refused.value.errors] == [field]
    with pytest.raises(QuestionInvalid):
        await ask(database, seal, other, replace(ASKED, photo_id=photo))
    first = await ask(database, seal, asker, replace(ASKED, photo_id=photo))
    second = await ask(database, seal, asker)
    assert (first.assignee, (first.due_at - NOW).days) == ("agronomist", 4)
    async with database.transaction(scope="130624") as conn:
        assert len(await list_asked_questions(conn, seal, agronomist, "130624")) == 2
        assert str(await find_question_photo_name(conn, agronomist, photo, small=True)).startswith("question/")
        for stranger in (away, asker, county):
            with pytest.raises(NotFound):
                await list_asked_questions(conn, seal, stranger, "130624")
        for stranger in (away, other):
            assert await find_question_photo_name(conn, stranger, photo, small=False) is None
    for stranger in (away, asker, county, elsewhere):
        with pytest.raises(NotFound):
            await answer(database, seal, stranger, first.case_id)
    for text, refusal in (("", QuestionInvalid), ("打 13900000901 问我", OffPlatformContact)):
        with pytest.raises(refusal):
            await answer(database, seal, agronomist, first.case_id, text)
    answered = await answer(database, seal, agronomist, first.case_id)
    assert (answered.state, answered.answer) == (CaseState.CLOSED, ANSWER)
    with pytest.raises(CaseNotMovable):
        await answer(database, seal, agronomist, first.case_id)
    own = await ask(database, seal, agronomist)
    with pytest.raises(CaseAnswererInvolved):
        await answer(database, seal, agronomist, own.case_id)

    async def tell(_conn: Connection, _case: object) -> None:
        pass

    assert await escalate_late_cases(database, seal, tell, now=NOW + timedelta(days=5)) == 2
    for stranger in (agronomist, elsewhere):
        with pytest.raises(NotFound):
            await answer(database, seal, stranger, second.case_id)
    assert (await answer(database, seal, county, second.case_id)).state is CaseState.CLOSED
    async with database.transaction() as conn:
        await end_agronomist(conn, county, "130624", named, now=NOW)
        with pytest.raises(NotFound):
            await end_agronomist(conn, county, "130624", named, now=NOW)
    async with database.transaction(scope="130624") as conn:
        with pytest.raises(NotFound):
            await list_asked_questions(conn, seal, agronomist, "130624")
    assert await drop_question_photos(database, NOW) == 0
    assert await drop_question_photos(database, NOW + timedelta(seconds=1)) == 1


async def test_neighbours_read_only_what_the_asker_saw_and_agreed_to(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        agronomist, _ = await make_agronomist(conn, seal, county, "13900000901")
        asker, other = [await an_applicant(conn) for _ in range(2)]
    question = await ask(database, seal, asker)

    async def move(act: str, text: str = "枣树叶子发黄怎么办", actor: Actor = asker) -> Question:
        async with database.transaction(scope=get_person_scope(actor)) as conn:
            if act == "preview":
                return await preview_sharing(conn, seal, actor, question.case_id, text=text, now=NOW)
            if act == "share":
                return await share_question(conn, seal, actor, question.case_id, text=text, now=NOW)
            return await unshare_question(conn, seal, actor, question.case_id)

    with pytest.raises(CaseNotMovable):
        await move("preview")
    await answer(database, seal, agronomist, question.case_id)
    with pytest.raises(CaseNotPreviewed):
        await move("share")
    for actor in (other, agronomist, county):
        with pytest.raises(NotFound):
            await move("preview", actor=actor)
    with pytest.raises(NotFound):
        async with database.transaction(scope=get_person_scope(asker)) as conn:
            await preview_inquiry(conn, seal, asker, question.case_id, text="枣树叶子发黄怎么办", now=NOW)
    for text, refusal in (("", QuestionInvalid), ("打 13900000901", OffPlatformContact)):
        with pytest.raises(refusal):
            await move("preview", text)
    await move("preview")
    assert await read_shared(database) == []
    with pytest.raises(CaseNotPreviewed):
        await move("share", "枣树叶子发黄怎么办，样例王家")
    await move("share")
    [shown] = await read_shared(database)
    assert (shown.text, shown.answer) == ("枣树叶子发黄怎么办", ANSWER)
    assert not any(name.endswith(("name", "asker", "id")) for name in SharedQuestion.__struct_fields__)
    assert await read_shared(database, OTHER_VILLAGE) == []
    await move("preview", "换一句话")
    assert await read_shared(database) == []
    await move("share", "换一句话")
    assert len(await read_shared(database)) == 1
    await move("unshare")
    assert await read_shared(database) == []
    await move("preview")
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction(scope="130624") as conn:
            await conn.execute("UPDATE case_publications SET shared_at = previewed_at - interval '1 second'")
    await move("share")
    async with database.transaction(scope=get_person_scope(asker)) as conn:
        await drop_own_publications(conn, asker.account_id)
        assert [each.shared_at for each in await list_own_questions(conn, seal, asker.account_id)] == [None]
    for _ in range(MAX_OPEN_QUESTIONS):
        await ask(database, seal, asker)
    with pytest.raises(TooManyQuestions):
        await ask(database, seal, asker)

"""A story is published with everybody's consent and another person's look, and hidden by the first that ends."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.consents.models import ConsentGivenBefore
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.people.moderation.forbidden_words import ForbiddenWord
from market.privacy.close_account import close_account
from market.privacy.own_consents import ConsentKind, list_given_consents, withdraw_given_consent
from market.villages.content.models import (
    NewStory,
    PaperConsent,
    Story,
    StoryInvalid,
    StoryNotMovable,
    StoryState,
    TooManyStories,
)
from market.villages.content.stories import (
    STORY_PHONE_CONTEXT,
    answer_story,
    end_paper_consent,
    hide_story,
    publish_story,
    write_story,
)
from market.villages.content.story_views import get_live_story, get_story, list_asked_stories, list_live_stories
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, load_actor, make_account, make_phone

TEXT = "革新庄的枣树有几百年的，秋天打枣，全村人都上山，晚上熬枣粥喝。"
STORY = NewStory(village_code=VILLAGE, title="革新庄打枣", text=TEXT)
LATER = NOW + timedelta(hours=1)


async def a_person(database: Database, name: str, phone: str = "") -> Actor:
    async with database.transaction() as conn:
        account = await make_account(conn, name=name, phone=phone or make_phone())
        return await load_actor(conn, account, second_factor=False)


async def a_county(database: Database, role: Role = Role.COUNTY, scope: str = "130624") -> Actor:
    async with database.transaction() as conn:
        return await make_official_actor(conn, role, scope)


async def write(database: Database, seal: Seal, author: Actor, new: NewStory) -> Story:
    async with database.transaction(scope=get_person_scope(author)) as conn:
        return await write_story(conn, seal, author, new, now=NOW)


async def answer(database: Database, person: Actor, number: int, *, consent: bool) -> None:
    async with database.transaction(scope=get_person_scope(person)) as conn:
        await answer_story(conn, person, number, consent=consent, now=LATER)


async def publish(database: Database, seal: Seal, official: Actor, number: int, scope: str = "130624") -> Story:
    async with database.transaction(scope=scope) as conn:
        return await publish_story(conn, seal, official, number, now=LATER)


async def is_live(database: Database, number: int) -> bool:
    async with database.connection() as conn:
        try:
            await get_live_story(conn, number)
        except NotFound:
            return False
    return True


async def test_a_story_waits_for_everybody_shown_and_is_hidden_by_the_first_who_withdraws(
    database: Database, seal: Seal
) -> None:
    phones = [make_phone(), make_phone()]
    author = await a_person(database, "样例写的人")
    shown = [await a_person(database, f"样例拍到{each}", phone) for each, phone in enumerate(phones)]
    county, stranger = await a_county(database), await a_person(database, "样例别人")
    story = await write(database, seal, author, replace(STORY, phones=phones))
    assert (story.state, story.shown, story.agreed) == (StoryState.DRAFT, 2, 0)
    async with database.transaction(scope=get_person_scope(stranger)) as conn:
        with pytest.raises(NotFound):
            await get_story(conn, story.number)
        with pytest.raises(NotFound):
            await answer_story(conn, stranger, story.number, consent=True, now=NOW)
        assert await conn.fetchval("SELECT count(*) FROM story_people") == 0
    await answer(database, shown[0], story.number, consent=True)
    with pytest.raises(StoryNotMovable):
        await publish(database, seal, county, story.number)
    with pytest.raises(ConsentGivenBefore):
        await answer(database, shown[0], story.number, consent=True)
    await answer(database, shown[1], story.number, consent=True)
    assert not await is_live(database, story.number)
    with pytest.raises(NotFound):
        await publish(database, seal, await a_county(database, scope="130725"), story.number, scope="130725")
    with pytest.raises(NotAllowed):
        await publish(database, seal, await a_county(database, Role.VILLAGE, VILLAGE), story.number)
    assert (await publish(database, seal, county, story.number)).state is StoryState.LIVE
    async with database.connection() as conn:
        assert [each.title for each in await list_live_stories(conn, VILLAGE)] == ["革新庄打枣"]
    async with database.transaction(scope=get_person_scope(shown[1])) as conn:
        [given] = await list_given_consents(conn, seal, shown[1].account_id)
        assert (given.kind, given.id, given.about) == (ConsentKind.STORY, story.id, "革新庄打枣")
        await withdraw_given_consent(conn, seal, shown[1], ConsentKind.STORY, story.id, now=LATER)
    assert not await is_live(database, story.number)
    async with database.transaction(scope="130624") as conn:
        hidden = await get_story(conn, story.number)
    assert (hidden.state, hidden.hidden_for, hidden.agreed) == (StoryState.HIDDEN, "consent", 1)
    with pytest.raises(StoryNotMovable):
        await publish(database, seal, county, story.number)


async def test_the_schema_publishes_nothing_without_a_consent(database: Database, seal: Seal) -> None:
    phone = make_phone()
    author, shown = await a_person(database, "样例写的人"), await a_person(database, "样例拍到", phone)
    county = await a_county(database)
    story = await write(database, seal, author, replace(STORY, phones=[phone]))
    for state, code in (("consented", "P0232"), ("live", "P0231")):
        async with database.transaction(scope="130624") as conn:
            with pytest.raises(asyncpg.PostgresError) as refused:
                await conn.execute(
                    "UPDATE stories SET state = $2, moderated_by = $3, moderated_at = now() WHERE id = $1",
                    story.id, state, county.account_id,
                )  # fmt: skip
            assert refused.value.sqlstate == code
    await answer(database, shown, story.number, consent=False)
    async with database.transaction(scope=get_person_scope(author)) as conn:
        assert (await get_story(conn, story.number)).hidden_for == "consent"


async def test_with_the_account_of_somebody_shown_the_story_goes(database: Database, seal: Seal) -> None:
    phone = make_phone()
    author, shown = await a_person(database, "样例写的人"), await a_person(database, "样例拍到", phone)
    story = await write(database, seal, author, replace(STORY, phones=[phone]))
    await answer(database, shown, story.number, consent=True)
    await publish(database, seal, await a_county(database), story.number)
    async with database.transaction(scope=get_person_scope(shown)) as conn:
        await close_account(conn, seal, shown.account_id, by=str(shown.account_id), now=LATER)
    assert not await is_live(database, story.number)


async def test_a_consent_that_ends_while_the_county_publishes_leaves_nothing_shown(
    database: Database, seal: Seal
) -> None:
    phone = make_phone()
    author, shown = await a_person(database, "样例写的人"), await a_person(database, "样例拍到", phone)
    county = await a_county(database)
    for _ in range(4):
        story = await write(database, seal, author, replace(STORY, phones=[phone]))
        await answer(database, shown, story.number, consent=True)

        async def withdraw(story: Story = story) -> None:
            async with database.transaction(scope=get_person_scope(shown)) as conn:
                await withdraw_given_consent(conn, seal, shown, ConsentKind.STORY, story.id, now=LATER)

        done = await asyncio.gather(withdraw(), publish(database, seal, county, story.number), return_exceptions=True)
        assert done[0] is None
        assert isinstance(done[1], Story | StoryNotMovable)
        assert not await is_live(database, story.number)


async def test_the_station_keeps_consents_on_paper_and_ends_them(database: Database, seal: Seal) -> None:
    station, county = await a_county(database, Role.VILLAGE, VILLAGE), await a_county(database)
    paper = PaperConsent(name="样例老人", given_on=get_business_day(NOW))
    story = await write(database, seal, station, replace(STORY, papers=[paper]))
    assert (story.state, story.by_station, story.agreed) == (StoryState.CONSENTED, True, 1)
    await publish(database, seal, county, story.number)
    elsewhere = await a_county(database, Role.VILLAGE, "130624101201")
    async with database.transaction(scope="130624") as conn:
        for official, position in ((elsewhere, 0), (station, 1)):
            with pytest.raises(NotFound):
                await end_paper_consent(conn, official, story.number, position, now=LATER)
        await end_paper_consent(conn, station, story.number, 0, now=LATER)
    assert not await is_live(database, story.number)


async def test_faults_are_named_at_their_fields_and_words_are_refused(database: Database, seal: Seal) -> None:
    author = await a_person(database, "样例写的人")
    county = await a_county(database)
    paper = PaperConsent(name="样例老人", given_on=get_business_day(NOW))
    for new, names in (
        (replace(STORY, title="枣", text="短"), ["title", "text"]),
        (replace(STORY, phones=["1709999999"]), ["phones"]),
        (replace(STORY, papers=[paper]), ["papers"]),
        (replace(STORY, village_code="130624999999"), ["village"]),
        (replace(STORY, photo_ids=[county.account_id]), ["photo"]),
    ):
        with pytest.raises(StoryInvalid) as wrong:
            await write(database, seal, author, new)
        assert [each.field for each in wrong.value.errors] == names
    for words, instead in (
        ("枣滞销了，求好心人帮忙", "说东西好在哪里，不说难处：写哪天摘的、多大、甜不甜、怎么吃"),
        ("这枣能降血压，吃了都说好", "农产品不能说治病：写味道、产地、种法，有检测报告的写报告的数"),
        ("想买的加微信 zaohua2019 聊", "也不能约到别处聊"),
    ):
        with pytest.raises(ForbiddenWord) as refused:
            await write(database, seal, author, replace(STORY, text=TEXT + words))
        [fault] = refused.value.errors
        assert fault.field == "text"
        assert instead in fault.message
    own = [await write(database, seal, author, STORY) for _ in range(5)][-1]
    with pytest.raises(TooManyStories):
        await write(database, seal, author, STORY)
    async with database.transaction(scope=get_person_scope(author)) as conn:
        await hide_story(conn, seal, author, own.number, now=LATER)
        assert await list_asked_stories(conn, author.account_id) == []
    async with database.transaction(scope="130624") as conn:
        with pytest.raises(StoryInvalid):
            await hide_story(conn, seal, county, own.number - 1, reason=" ", now=LATER)
        await hide_story(conn, seal, county, own.number - 1, reason="照片看不清", now=LATER)


async def test_a_story_that_is_hidden_counts_for_a_day(database: Database, seal: Seal) -> None:
    phone, author = make_phone(), await a_person(database, "样例写的人")
    await a_person(database, "样例拍到的人", phone)

    async def write_and_hide(now: datetime) -> None:
        async with database.transaction(scope=get_person_scope(author)) as conn:
            story = await write_story(conn, seal, author, replace(STORY, phones=[phone]), now=now)
            await hide_story(conn, seal, author, story.number, now=now)

    for _ in range(5):
        await write_and_hide(NOW)
    with pytest.raises(TooManyStories):
        await write_and_hide(LATER)
    await write_and_hide(NOW + timedelta(days=1))


async def test_who_signs_in_later_is_asked_by_the_stories_that_name_the_telephone(
    database: Database, seal: Seal
) -> None:
    phone, author = make_phone(), await a_person(database, "样例写的人")
    story = await write(database, seal, author, replace(STORY, phones=[phone, phone]))
    assert (story.state, story.shown, story.agreed) == (StoryState.DRAFT, 1, 0)
    with pytest.raises(StoryNotMovable):
        await publish(database, seal, await a_county(database), story.number)
    kept = "SELECT phone_sealed FROM story_people WHERE story_id = $1"
    async with database.transaction(scope=get_person_scope(author)) as conn:
        assert seal.open(await conn.fetchval(kept, story.id), STORY_PHONE_CONTEXT) == phone
    shown = await a_person(database, "样例后来的人", phone)
    async with database.transaction(scope=get_person_scope(shown)) as conn:
        assert await conn.fetchval(kept, story.id) is None, "forgotten"
        assert [each.id for each in await list_asked_stories(conn, shown.account_id)] == [story.id]
    await answer(database, shown, story.number, consent=True)
    assert (await publish(database, seal, await a_county(database), story.number)).state is StoryState.LIVE


@pytest.mark.parametrize("account_first", [False, True])
async def test_an_account_and_a_story_made_at_once_find_each_other(
    database: Database, seal: Seal, account_first: bool
) -> None:
    """The later of the two waits for the lock of the telephone until the other is committed."""
    phone, author = make_phone(), await a_person(database, "样例写的人")
    wrote, ready = asyncio.Event(), asyncio.Event()

    async def begin(first: bool) -> None:
        """Let the second one begin when the first has written, with its transaction open."""
        if not first:
            ready.set()
            await wrote.wait()

    async def end(first: bool) -> None:
        """Commit the first one while the second one is at its statement."""
        wrote.set()
        await asyncio.sleep(0.3 if first else 0)

    async def tell() -> Story:
        async with database.transaction(scope=get_person_scope(author)) as conn:
            await begin(first=not account_first)
            await ready.wait()
            story = await write_story(conn, seal, author, replace(STORY, phones=[phone]), now=NOW)
            await end(first=not account_first)
            return story

    async def come() -> Actor:
        async with database.transaction() as conn:
            await begin(first=account_first)
            await ready.wait()
            account = await make_account(conn, name="样例同时来的", phone=phone)
            await end(first=account_first)
            return await load_actor(conn, account, second_factor=False)

    story, shown = await asyncio.gather(tell(), come())
    async with database.transaction(scope=get_person_scope(shown)) as conn:
        assert [each.id for each in await list_asked_stories(conn, shown.account_id)] == [story.id]

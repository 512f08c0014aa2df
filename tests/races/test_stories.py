"""Several people whom a story shows answer at once."""

import asyncio

from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.villages.content.models import StoryState
from market.villages.content.stories import answer_story
from market.villages.content.story_views import get_story
from tests.support.make import make_phone
from tests.support.postgres import wait_for_blocked
from tests.villages.content.test_stories import LATER, STORY, a_person, answer, write


async def test_of_two_who_consent_at_once_the_later_is_the_last(
    database: Database, owner: Connection, seal: Seal
) -> None:
    phones = [make_phone(), make_phone()]
    author = await a_person(database, "样例写的人")
    one, other = [await a_person(database, f"样例拍到{each}", phone) for each, phone in enumerate(phones)]
    story = await write(database, seal, author, replace(STORY, phones=phones))
    async with database.transaction(scope=get_person_scope(one)) as conn:
        await answer_story(conn, one, story.number, consent=True, now=LATER)
        later = asyncio.create_task(answer(database, other, story.number, consent=True))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    await later
    async with database.transaction(scope=get_person_scope(author)) as conn:
        found = await get_story(conn, story.number)
    assert (found.state, found.agreed) == (StoryState.CONSENTED, 2)

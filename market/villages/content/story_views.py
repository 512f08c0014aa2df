"""Read stories: what is published for everybody, the rest for author, persons shown and the county."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import AccountId, NotFound
from market.people.storage.photos import PAGE_WIDTHS
from market.villages.content.models import PublicStory, Story

MAX_STORIES = 50

_COLUMNS = """
    SELECT s.id, s.number, s.village_code, d.name AS village, s.county_code, s.author_id, s.by_station, s.title, s.text,
           s.state, s.written_at, s.reason, s.hidden_for,
           ARRAY(SELECT f.name FROM story_photos p JOIN photos f ON f.id = p.photo_id
                  WHERE p.story_id = s.id ORDER BY p.position) AS photos,
           (SELECT count(*)::integer FROM story_people p WHERE p.story_id = s.id) AS shown,
           (SELECT count(*)::integer FROM story_people p
             WHERE p.story_id = s.id AND ended_at IS NULL
               AND (consent_id IS NOT NULL OR paper_on IS NOT NULL)) AS agreed
      FROM stories s JOIN divisions d ON d.code = s.village_code
"""
GET_STORY = Query(Story, _COLUMNS + " WHERE s.number = :number")
GET_STORY_BY_ID = Query(Story, _COLUMNS + " WHERE s.id = :story_id")
LIST_OWN_STORIES = Query(
    Story, _COLUMNS + " WHERE s.author_id = :account_id ORDER BY s.written_at DESC, s.number DESC LIMIT :limit"
)
LIST_ASKED_STORIES = Query(
    Story,
    _COLUMNS
    + """
     WHERE s.state <> 'hidden' AND EXISTS (SELECT FROM story_people p
                                            WHERE p.story_id = s.id AND p.account_id = :account_id
                                              AND p.consent_id IS NULL AND p.ended_at IS NULL)
     ORDER BY s.written_at, s.number LIMIT :limit
    """,
)
# Those to check first, the earliest first; then what is published and what is hidden.
LIST_COUNTY_STORIES = Query(
    Story,
    _COLUMNS
    + """
     WHERE s.county_code = :county AND s.state <> 'draft'
     ORDER BY s.state <> 'consented', s.state <> 'live', s.written_at, s.number LIMIT :limit
    """,
)
COUNT_STORIES_TO_CHECK = Query(
    int, "SELECT count(*)::integer FROM stories WHERE county_code = :county AND state = 'consented'"
)
_PUBLIC = """
    SELECT s.number, d.name AS village, s.village_code, s.by_station, s.title, s.text,
           (s.written_at AT TIME ZONE 'Asia/Shanghai')::date AS written_on,
           ARRAY(SELECT f.name FROM story_photos p JOIN photos f ON f.id = p.photo_id
                  WHERE p.story_id = s.id ORDER BY p.position) AS photos
      FROM stories s JOIN divisions d ON d.code = s.village_code
     WHERE s.state = 'live'
"""
GET_LIVE_STORY = Query(PublicStory, _PUBLIC + " AND s.number = :number")
# Of the village first, then of its county.
LIST_LIVE_STORIES = Query(
    PublicStory,
    _PUBLIC
    + """
       AND s.county_code = left(:village::text, 6)
     ORDER BY s.village_code <> :village, s.written_at DESC LIMIT :limit
    """,
)
# A picture that no published story has is not public, even to those who know its path.
FIND_LIVE_PHOTO = Query(
    int,
    """
    SELECT 1 FROM photos f JOIN story_photos p ON p.photo_id = f.id JOIN stories s ON s.id = p.story_id
     WHERE f.name = :name AND f.purpose = 'story' LIMIT 1
    """,
)


class _StoryTitle(Struct, frozen=True):
    id: UUID
    title: str


LIST_TITLES = Query(
    _StoryTitle,
    """
    SELECT s.id, s.title FROM story_people p JOIN stories s ON s.id = p.story_id WHERE p.account_id = :account_id
     ORDER BY s.id DESC LIMIT 200
    """,
)


class PaperPerson(Struct, frozen=True):
    """Somebody whose consent on paper stands, by the position in the story."""

    position: int
    name_sealed: bytes


LIST_PAPERS = Query(
    PaperPerson,
    """
    SELECT position, name_sealed FROM story_people
     WHERE story_id = :story_id AND paper_on IS NOT NULL AND ended_at IS NULL ORDER BY position
    """,
)


async def get_story(conn: Connection, number: int) -> Story:
    """Return a story that the transaction may see.

    Raises:
        NotFound: there is none with this number, or the transaction does not show it.
    """
    story = await GET_STORY.maybe(conn, number=number)
    if story is None:
        raise NotFound
    return story


async def load_story(conn: Connection, story_id: UUID) -> Story:
    """Return a story that was just written or moved."""
    return await GET_STORY_BY_ID.one(conn, story_id=story_id)


async def get_live_story(conn: Connection, number: int) -> PublicStory:
    """Return a published story.

    Raises:
        NotFound: there is none, or it is not published, or it is hidden.
    """
    story = await GET_LIVE_STORY.maybe(conn, number=number)
    if story is None:
        raise NotFound
    return story


async def list_live_stories(conn: Connection, village: str) -> list[PublicStory]:
    """Return what is published of a village and its county, the village's first."""
    return await LIST_LIVE_STORIES.all(conn, village=village, limit=MAX_STORIES)


async def list_own_stories(conn: Connection, account_id: AccountId, *, limit: int = MAX_STORIES) -> list[Story]:
    """Return the stories of an author, the latest first, in the author's scope."""
    return await LIST_OWN_STORIES.all(conn, account_id=account_id, limit=limit)


async def list_asked_stories(conn: Connection, account_id: AccountId) -> list[Story]:
    """Return the stories that show a person who did not answer yet, in the person's scope."""
    return await LIST_ASKED_STORIES.all(conn, account_id=account_id, limit=MAX_STORIES)


async def load_story_titles(conn: Connection, account_id: AccountId) -> dict[UUID | None, str]:
    """Return the titles of the stories that show a person, by their ids, in the person's scope."""
    return {each.id: each.title for each in await LIST_TITLES.all(conn, account_id=account_id)}


async def list_county_stories(conn: Connection, county: str) -> list[Story]:
    """Return the stories of a county, those to check first, in a transaction of the county."""
    return await LIST_COUNTY_STORIES.all(conn, county=county, limit=MAX_STORIES)


async def require_story_photo(conn: Connection, name: str) -> None:
    """Require that a story which the transaction may see has a photo with this path.

    Raises:
        NotFound: none has.
    """
    if await FIND_LIVE_PHOTO.maybe(conn, name=name.partition("-")[0]) is None:
        raise NotFound


def get_story_photo_path(name: str, width: int = PAGE_WIDTHS[0]) -> str:
    """Return the path of a story's photo."""
    return f"/story-photos/{name}-{width}.webp"

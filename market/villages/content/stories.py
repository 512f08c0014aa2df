"""Write a story of a village, consent to be shown in it, publish it, hide it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct
from msgspec.structs import asdict

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_name, clean_text, normalize_phone
from market.people.audit.record import add_audit_entry
from market.people.consents.give import give_consent
from market.people.consents.models import ConsentPurpose
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound, Role
from market.people.identity.same_person import is_same_person
from market.people.identity.sign_in import find_account_by_index, lock_phones
from market.people.moderation.off_platform import require_public_text
from market.people.notify.notifications import notify_account
from market.places.divisions.village_periods import find_village_fault
from market.villages.content.models import (
    MAX_OPEN_STORIES,
    MAX_PEOPLE,
    MAX_PHOTOS,
    MAX_REASON_LENGTH,
    MAX_STORY_LENGTH,
    MAX_TITLE_LENGTH,
    MIN_STORY_LENGTH,
    HiddenFor,
    NewStory,
    Story,
    StoryInvalid,
    StoryNotMovable,
    StoryState,
    TooManyStories,
)
from market.villages.content.story_views import get_story, load_story

STORY_NAME_CONTEXT = "story_people.name"
STORY_PHONE_CONTEXT = "story_people.phone"
STATION_ROLES = frozenset({Role.VILLAGE})
"""Whose stories are the station's, and who keeps consents on paper."""
_NOT_MOVABLE = frozenset({"P0231", "P0232"})
"""The errors of the trigger `check_story`."""


class _ShownPerson(Struct, frozen=True, kw_only=True):
    """Whom a story shows: an account, a telephone that nobody signed in with yet, or a name with its day on paper."""

    account_id: AccountId | None = None
    phone_index: bytes | None = None
    phone_sealed: bytes | None = None
    name_sealed: bytes | None = None
    paper_on: date | None = None


# One that was hidden counts for a day: whom it shows were told of it by text message.
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM stories
     WHERE author_id = :account_id AND (state IN ('draft', 'consented') OR state = 'hidden' AND written_at > :since)
    """,
)
HIDDEN_COUNTS_FOR = timedelta(days=1)
ADD_STORY = Query(
    UUID,
    """
    INSERT INTO stories (village_code, author_id, by_station, title, text, written_at)
    VALUES (:village_code, :author_id, :by_station, :title, :text, :now)
    RETURNING id
    """,
)
ADD_PHOTOS = Query(
    int,
    """
    WITH added AS (
        INSERT INTO story_photos (story_id, position, photo_id)
        SELECT :story_id, ordinality - 1, photo_id
          FROM unnest(:photo_ids::uuid[]) WITH ORDINALITY AS sent (photo_id, ordinality)
          JOIN photos ON photos.id = photo_id AND owner_id = :account_id AND purpose = 'story'
        RETURNING 1)
    SELECT count(*)::integer FROM added
    """,
)
ADD_PERSON = Query(
    None,
    """
    INSERT INTO story_people (story_id, position, county_code, author_id, account_id, phone_index, phone_sealed,
                              name_sealed, paper_on)
    VALUES (:story_id, :position, :county_code, :author_id, :account_id, :phone_index, :phone_sealed, :name_sealed,
            :paper_on)
    """,
)
MOVE_STORY = Query(
    UUID,
    """
    UPDATE stories
       SET state = :state, hidden_for = :hidden_for, reason = :reason,
           moderated_by = coalesce(:moderated_by::uuid, moderated_by),
           moderated_at = CASE WHEN :moderated_by::uuid IS NULL THEN moderated_at ELSE :now END
     WHERE id = :story_id AND state = ANY(:before::text[])
    RETURNING id
    """,
)
# Who consents last sees the consents of the others.
LOCK_STORY = Query(UUID, "SELECT id FROM stories WHERE number = :number FOR NO KEY UPDATE")
CONSENT_PERSON = Query(
    UUID,
    """
    UPDATE story_people SET consent_id = :consent_id
     WHERE story_id = :story_id AND account_id = :account_id AND consent_id IS NULL AND ended_at IS NULL
    RETURNING story_id
    """,
)
REFUSE_PERSON = Query(
    UUID,
    """
    UPDATE story_people SET ended_at = :now
     WHERE story_id = :story_id AND account_id = :account_id AND consent_id IS NULL AND ended_at IS NULL
    RETURNING story_id
    """,
)
END_PAPERS = Query(
    UUID,
    """
    UPDATE story_people SET ended_at = :now
     WHERE story_id = :story_id AND position = :position AND paper_on IS NOT NULL AND ended_at IS NULL
    RETURNING story_id
    """,
)


def _list_faults(new: NewStory, title: str, text: str, *, station: bool) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not 2 <= len(title) <= MAX_TITLE_LENGTH:
        faults.append(FieldFault("title", f"题目写 2 到 {MAX_TITLE_LENGTH} 个字"))
    if not MIN_STORY_LENGTH <= len(text) <= MAX_STORY_LENGTH:
        faults.append(FieldFault("text", f"写 {MIN_STORY_LENGTH} 到 {MAX_STORY_LENGTH} 个字"))
    if len(new.photo_ids) > MAX_PHOTOS:
        faults.append(FieldFault("photo", f"最多 {MAX_PHOTOS} 张"))
    if len(new.phones) + len(new.papers) > MAX_PEOPLE:
        faults.append(FieldFault("phones", f"最多写到 {MAX_PEOPLE} 个人"))
    if new.papers and not station:
        faults.append(FieldFault("papers", "纸上的同意书由村里的站点收"))
    return faults


async def write_story(conn: Connection, seal: Seal, author: Actor, new: NewStory, *, now: datetime) -> Story:
    """Write a story of a village, in the author's scope; whom it shows by telephone is asked.

    They are told by SMS, or asked when somebody signs in with the telephone for the first time. A story that shows
    nobody can be checked at once.

    Raises:
        StoryInvalid: title, text, photos, people or village are missing or wrong; `errors` names each.
        ForbiddenWord, OffPlatformContact: the texts appeal to pity, claim to cure, or lead away from the platform.
        TooManyStories: `MAX_OPEN_STORIES` of the author wait, or were written within a day and hidden.
    """
    title, text, day = clean_text(new.title), clean_text(new.text), get_business_day(now)
    station = has_role_for(author, STATION_ROLES, new.village_code)
    faults = _list_faults(new, title, text, station=station)
    fault = await find_village_fault(conn, new.village_code, day=day)
    if fault is not None:
        faults.append(FieldFault("village", fault))
    faults += [FieldFault("phones", f"{phone} 不是手机号") for phone in new.phones if normalize_phone(phone) is None]
    faults += [
        FieldFault("papers", "写姓名，同意的日子不晚于今天")
        for each in new.papers
        if not clean_name(each.name) or each.given_on > day
    ]
    if faults:
        raise StoryInvalid(errors=tuple(faults))
    require_public_text(title=title, text=text)
    await lock_quota(conn, "stories", author.account_id)
    since = now - HIDDEN_COUNTS_FOR
    if await COUNT_OPEN.one(conn, account_id=author.account_id, since=since) >= MAX_OPEN_STORIES:
        raise TooManyStories
    story_id = await ADD_STORY.one(
        conn, village_code=new.village_code, author_id=author.account_id, by_station=station, title=title, text=text,
        now=now,
    )  # fmt: skip
    photos = list(dict.fromkeys(new.photo_ids))
    if await _add_photos(conn, story_id, photos, author) != len(photos):
        raise StoryInvalid(errors=(FieldFault("photo", "照片没有传上，请重新选"),))
    people = await _add_people(conn, seal, story_id, author=author, new=new)
    for account in people:
        await notify_account(conn, seal, account, "story_asked", {"title": title}, now=now)
    if not new.phones:
        await _move(conn, story_id, StoryState.CONSENTED, before=(StoryState.DRAFT,), now=now)
    await _audit(conn, author, "story.write", story_id, now=now)
    return await load_story(conn, story_id)


async def _add_photos(conn: Connection, story_id: UUID, photos: Sequence[UUID], author: Actor) -> int:
    if not photos:
        return 0
    return await ADD_PHOTOS.one(conn, story_id=story_id, photo_ids=list(photos), account_id=author.account_id)


async def _add_people(conn: Connection, seal: Seal, story_id: UUID, *, author: Actor, new: NewStory) -> list[AccountId]:
    """Add whom the story shows, and return the accounts among them.

    A telephone without an account is kept sealed with its keyed hash, and asked when somebody signs in with it: the
    author does not learn which is which.
    """
    people: list[_ShownPerson] = []
    for index, phone in (await lock_phones(conn, seal, new.phones)).items():
        account = await find_account_by_index(conn, index)
        pending = None if account else seal.seal(phone, STORY_PHONE_CONTEXT)
        people.append(_ShownPerson(account_id=account, phone_index=index if pending else None, phone_sealed=pending))
    for each in new.papers:
        name = seal.seal(clean_name(each.name), STORY_NAME_CONTEXT)
        people.append(_ShownPerson(name_sealed=name, paper_on=each.given_on))
    county = get_county_code(new.village_code)
    for position, person in enumerate(people):
        await ADD_PERSON.run(
            conn, story_id=story_id, position=position, county_code=county, author_id=author.account_id,
            **asdict(person),
        )  # fmt: skip
    return [person.account_id for person in people if person.account_id is not None]


async def answer_story(conn: Connection, person: Actor, number: int, *, consent: bool, now: datetime) -> None:
    """Consent to be shown in a story, or refuse, which hides it; in the scope of who is shown.

    Raises:
        NotFound: the story does not show the person, or the person answered before.
        StoryNotMovable: it is hidden.
    """
    await LOCK_STORY.maybe(conn, number=number)
    story = await get_story(conn, number)
    if story.state is StoryState.HIDDEN:
        raise StoryNotMovable
    if consent:
        given = await give_consent(conn, person, ConsentPurpose.STORY, subject_id=story.id, now=now)
        done = await CONSENT_PERSON.maybe(conn, story_id=story.id, account_id=person.account_id, consent_id=given)
    else:
        done = await REFUSE_PERSON.maybe(conn, story_id=story.id, account_id=person.account_id, now=now)
    if done is None:
        raise NotFound
    await _audit(conn, person, "story.consent" if consent else "story.refuse", story.id, now=now)


async def publish_story(conn: Connection, seal: Seal, official: Actor, number: int, *, now: datetime) -> Story:
    """Publish a story that everybody shown consents to, as the county; its author is told.

    Raises:
        NotFound: there is no such story.
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
        StoryNotMovable: it waits for a consent, is published or hidden, or is the official's own, by whatever account.
    """
    story = await get_story(conn, number)
    require_county_role(official, COUNTY_KEEPERS, story.county_code)
    if await is_same_person(conn, account_id=official.account_id, other_id=story.author_id):
        raise StoryNotMovable
    await _move(
        conn, story.id, StoryState.LIVE, before=(StoryState.CONSENTED,), moderated_by=official.account_id, now=now
    )
    await _audit(conn, official, "story.publish", story.id, now=now)
    await notify_account(conn, seal, story.author_id, "story_live", {"title": story.title}, now=now)
    return await load_story(conn, story.id)


async def hide_story(
    conn: Connection, seal: Seal, actor: Actor, number: int, *, reason: str = "", now: datetime
) -> None:
    """Hide a story at once, as its author, or as the county with a reason that the author reads.

    Raises:
        NotFound: there is no such story, or it is somebody else's.
        NotAllowed, SecondFactorRequired: an official has no role of `COUNTY_KEEPERS` for the whole county.
        StoryInvalid: the county's reason is missing or too long.
        StoryNotMovable: it is hidden already.
    """
    story, written = await get_story(conn, number), clean_text(reason)
    own = actor.account_id == story.author_id
    before = (StoryState.DRAFT, StoryState.CONSENTED, StoryState.LIVE)
    if own:
        await _move(conn, story.id, StoryState.HIDDEN, before=before, hidden_for=HiddenFor.AUTHOR, now=now)
    else:
        if not actor.is_official:
            raise NotFound
        require_county_role(actor, COUNTY_KEEPERS, story.county_code)
        if not 0 < len(written) <= MAX_REASON_LENGTH:
            raise StoryInvalid(errors=(FieldFault("reason", f"写原因，最多 {MAX_REASON_LENGTH} 字"),))
        await _move(
            conn, story.id, StoryState.HIDDEN, before=before, hidden_for=HiddenFor.MODERATOR, reason=written,
            moderated_by=actor.account_id, now=now,
        )  # fmt: skip
        await notify_account(conn, seal, story.author_id, "story_hidden", {"title": story.title}, now=now)
    await _audit(conn, actor, "story.hide", story.id, now=now)


async def end_paper_consent(conn: Connection, official: Actor, number: int, position: int, *, now: datetime) -> None:
    """Withdraw a consent on paper for who signed it, as the village or the county; the story is hidden at once.

    Raises:
        NotFound: there is no such story, or no such consent that stands, or the official is of another place.
    """
    story = await get_story(conn, number)
    if not has_role_for(official, STATION_ROLES | COUNTY_KEEPERS, story.village_code):
        raise NotFound
    if await END_PAPERS.maybe(conn, story_id=story.id, position=position, now=now) is None:
        raise NotFound
    await _audit(conn, official, "story.end_paper", story.id, now=now)


async def _move(
    conn: Connection,
    story_id: UUID,
    state: StoryState,
    *,
    before: Sequence[StoryState],
    hidden_for: HiddenFor | None = None,
    reason: str = "",
    moderated_by: UUID | None = None,
    now: datetime,
) -> None:
    try:
        async with conn.transaction():
            moved = await MOVE_STORY.maybe(
                conn, story_id=story_id, state=state, before=list(before), hidden_for=hidden_for, reason=reason,
                moderated_by=moderated_by, now=now,
            )  # fmt: skip
    except asyncpg.PostgresError as error:
        if error.sqlstate in _NOT_MOVABLE:
            raise StoryNotMovable from error
        raise
    if moved is None:
        raise StoryNotMovable


async def _audit(conn: Connection, actor: Actor, action: str, story_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"story:{story_id}", detail={}, now=now
    )

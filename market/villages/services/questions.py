"""Ask an agronomist; the answer comes in two working days; neighbours read it only if the asker shares it."""

from datetime import datetime, timedelta
from uuid import UUID

from market.cases.casework.history import open_reason
from market.cases.casework.models import AGRONOMIST, CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.cases.casework.publication import (
    drop_publication,
    list_named_fields,
    lock_own_answered,
    share_publication,
    write_publication,
)
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import list_confirmed_roles, require_case_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.moderation.off_platform import require_no_contacts
from market.people.notify.notifications import format_due, notify_account
from market.people.storage.photos import PAGE_WIDTHS, PhotoFormat, PhotoPurpose, get_file_name
from market.places.divisions.village_periods import find_village_fault
from market.villages.services.agronomists import is_agronomist, list_agronomist_accounts
from market.villages.services.question_models import (
    MAX_OPEN_QUESTIONS,
    MAX_QUESTION_LENGTH,
    QUESTION,
    NewQuestion,
    Question,
    QuestionFields,
    QuestionInvalid,
    SharedQuestion,
    TooManyQuestions,
)

MAX_LISTED = 100
_CHUNK = 500
PHOTO_LIFETIME = timedelta(days=366)
"""How long the photo of an answered question is kept."""


class _QuestionRow(QuestionFields, frozen=True, kw_only=True):
    text_sealed: bytes
    answer_sealed: bytes | None


_COLUMNS = """
    SELECT q.case_id, c.number, q.village_code, d.name AS village, c.county_code, q.photo_id, c.state,
           CASE WHEN c.state = 'assigned' THEN c.path[c.level] END AS assignee, c.received_at, c.due_at,
           coalesce(p.public_text, '') AS public_text, p.shared_at, c.text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM questions q
      JOIN cases c ON c.id = q.case_id
      JOIN divisions d ON d.code = q.village_code
      LEFT JOIN case_publications p ON p.case_id = q.case_id
"""
GET_QUESTION = Query(_QuestionRow, _COLUMNS + " WHERE q.case_id = :case_id")
LIST_OWN = Query(_QuestionRow, _COLUMNS + " WHERE c.asker_id = :account_id ORDER BY c.received_at DESC LIMIT :limit")
LIST_OF_COUNTY = Query(
    _QuestionRow,
    _COLUMNS
    + """
     WHERE c.county_code = :county AND c.asker_id <> :account_id
     ORDER BY c.state <> 'assigned' OR c.level > 1, CASE WHEN c.state = 'assigned' THEN c.due_at END,
              c.received_at DESC, c.id
     LIMIT :limit
    """,
)
# Of the own township.
LIST_SHARED = Query(
    SharedQuestion,
    """
    SELECT d.name AS village, public_text AS text, public_answer AS answer, shared_at
      FROM questions q
      JOIN case_publications p ON p.case_id = q.case_id
      JOIN divisions d ON d.code = village_code
     WHERE "left"(village_code, 9) = "left"(:village, 9) AND shared_at IS NOT NULL
     ORDER BY village_code <> :village, shared_at DESC
     LIMIT 50
    """,
)
COUNT_OPEN = Query(
    int,
    "SELECT count(*) FROM cases WHERE asker_id = :account_id AND category = 'question' AND state <> 'closed'",
)
ADD_QUESTION = Query(
    None,
    """
    INSERT INTO questions (case_id, village_code, photo_id)
    VALUES (:case_id, :village, (SELECT id FROM photos
                                  WHERE id = :photo_id::uuid AND owner_id = :account_id AND purpose = 'question'))
    """,
)
FIND_PHOTO = Query(
    str,
    """
    SELECT f.name
      FROM questions q JOIN photos f ON f.id = q.photo_id JOIN cases c ON c.id = q.case_id
     WHERE f.id = :photo_id
       AND (c.asker_id = :account_id
            OR EXISTS (SELECT FROM agronomists a WHERE a.account_id = :account_id AND a.ended_at IS NULL
                                                   AND a.county_code = c.county_code)
            OR EXISTS (SELECT FROM unnest(:roles::text[], :scopes::text[]) AS granted (role, scope)
                        WHERE role = ANY(c.path) AND starts_with(c.division_code, scope)))
     LIMIT 1
    """,
)
DROP_PHOTOS = Query(int, "SELECT drop_question_photos(:before::timestamptz, :most::integer)")


def _open(seal: Seal, row: _QuestionRow) -> Question:
    return build_from(
        Question, row, text=seal.open(row.text_sealed, TEXT_CONTEXT), answer=open_reason(seal, row.answer_sealed)
    )


def _list_text_faults(text: str, *, field: str, missing: str) -> list[FieldFault]:
    if not text:
        return [FieldFault(field, missing)]
    return [FieldFault(field, f"最多 {MAX_QUESTION_LENGTH} 字")] if len(text) > MAX_QUESTION_LENGTH else []


async def ask_question(
    conn: Connection, seal: Seal, actor: Actor, village: str, new: NewQuestion, *, now: datetime
) -> Question:
    """Ask the agronomists of a village's county, who are told, in the person's scope.

    Raises:
        QuestionInvalid: the village is unknown or ended, the text is missing or too long, or the photo is not the
            person's own for a question; `errors` lists each.
        TooManyQuestions: the person has `MAX_OPEN_QUESTIONS` open ones.
    """
    written = clean_text(new.text)
    faults = _list_text_faults(written, field="text", missing="写想问什么")
    if fault := await find_village_fault(conn, village, day=get_business_day(now)):
        faults.append(FieldFault("village", fault))
    if faults:
        raise QuestionInvalid(errors=tuple(faults))
    await lock_quota(conn, "questions", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id) >= MAX_OPEN_QUESTIONS:
        raise TooManyQuestions
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=QUESTION, division_code=village, against_producer_id=None,
        text=written, now=now,
    )  # fmt: skip
    await ADD_QUESTION.run(conn, case_id=case.id, village=village, photo_id=new.photo_id, account_id=actor.account_id)
    question = await _read(conn, seal, case.id)
    if new.photo_id is not None and question.photo_id is None:
        raise QuestionInvalid(errors=(FieldFault("photo", "照片没有传上，请重新选"),))
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    for account_id in await list_agronomist_accounts(conn, case.county_code):
        await notify_account(conn, seal, account_id, "case_assigned", facts, now=now)
    return question


async def get_question(conn: Connection, seal: Seal, case_id: UUID) -> Question | None:
    """Return a question that the transaction may see, or None."""
    row = await GET_QUESTION.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_own_questions(conn: Connection, seal: Seal, account_id: AccountId) -> list[Question]:
    """Return a person's questions, the newest first, in the person's scope."""
    return [_open(seal, row) for row in await LIST_OWN.all(conn, account_id=account_id, limit=MAX_LISTED)]


async def list_asked_questions(conn: Connection, seal: Seal, actor: Actor, county: str) -> list[Question]:
    """Return the questions of others to the agronomists of a county, those that wait first by deadline.

    The transaction has the scope of the county.

    Raises:
        NotFound: the actor is no agronomist of the county.
    """
    if not await is_agronomist(conn, actor, county):
        raise NotFound
    rows = await LIST_OF_COUNTY.all(conn, county=county, account_id=actor.account_id, limit=MAX_LISTED)
    return [_open(seal, row) for row in rows]


async def list_shared_questions(conn: Connection, village: str) -> list[SharedQuestion]:
    """Return what askers of a village's township share, the own village first; the transaction has the county's scope.

    At most 50.
    """
    return await LIST_SHARED.all(conn, village=village)


async def answer_question(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, text: str, now: datetime
) -> Question:
    """Answer a question as an agronomist of its county, or as the official whose turn it is; the asker is told.

    In the caller's transaction, whose scope is the county.

    Raises:
        NotFound: it is not for the actor to answer.
        SecondFactorRequired: an official's session has no second factor.
        QuestionInvalid: the text is missing or too long.
        OffPlatformContact: it has a link or a telephone; neighbours may read it.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the actor asked it.
    """
    found = await get_question(conn, seal, case_id)
    if found is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    if case.assignee == AGRONOMIST:
        if not await is_agronomist(conn, actor, found.county_code):
            raise NotFound
    else:
        require_case_role(actor, case.assignee, found.village_code)
    written = clean_text(text)
    if faults := _list_text_faults(written, field="text", missing="写怎么办"):
        raise QuestionInvalid(errors=tuple(faults))
    require_no_contacts(text=written)
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=CaseOutcome.SOLVED, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "question_answered", facts, now=now)
    return await _read(conn, seal, case_id)


async def preview_sharing(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, text: str, now: datetime
) -> Question:
    """Keep the words of a question as neighbours would read them, with the answer; nobody reads them yet.

    What was shared before is not any more. In the asker's scope.

    Raises:
        NotFound: there is no such question of the actor's.
        CaseNotMovable: it is not answered.
        QuestionInvalid: the words are missing or too long, or have the asker's name or an identity number.
        OffPlatformContact: they have a link or a telephone.
    """
    await lock_own_answered(conn, actor, case_id)
    written = clean_text(text)
    faults = _list_text_faults(written, field="text", missing="写给乡亲们看的话")
    faults += await list_named_fields(conn, actor.account_id, [("text", written)])
    if faults:
        raise QuestionInvalid(errors=tuple(faults))
    require_no_contacts(text=written)
    answer = (await _read(conn, seal, case_id)).answer
    await write_publication(conn, case_id, text=written, answer=answer, now=now)
    return await _read(conn, seal, case_id)


async def share_question(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, text: str, now: datetime
) -> Question:
    """Show a question and its answer to the neighbours, in the words that were previewed.

    Raises:
        NotFound, CaseNotMovable: see `preview_sharing`.
        CaseNotPreviewed: the words are not those that were previewed last.
    """
    await share_publication(conn, actor, case_id, text=text, now=now)
    return await _read(conn, seal, case_id)


async def unshare_question(conn: Connection, seal: Seal, actor: Actor, case_id: UUID) -> Question:
    """Show a question to nobody any more.

    Raises:
        NotFound, CaseNotMovable: see `preview_sharing`.
    """
    await drop_publication(conn, actor, case_id)
    return await _read(conn, seal, case_id)


async def find_question_photo_name(conn: Connection, reader: Actor, photo_id: UUID, *, small: bool) -> str | None:
    """Return the store name of a question's photo, or None if the transaction does not show it to the reader.

    Its asker, the agronomists of the county and officials who may answer it see it.
    """
    roles, scopes = list_confirmed_roles(reader)
    name = await FIND_PHOTO.maybe(conn, photo_id=photo_id, account_id=reader.account_id, roles=roles, scopes=scopes)
    if name is None:
        return None
    return get_file_name(PhotoPurpose.QUESTION, name, PhotoFormat.WEBP, PAGE_WIDTHS[0 if small else -1])


async def drop_question_photos(db: Database, before: datetime) -> int:
    """Take the photos from questions that were answered before a moment, in pieces; return how many."""
    total, dropped = 0, _CHUNK
    while dropped == _CHUNK:
        async with db.transaction() as conn:
            dropped = await DROP_PHOTOS.one(conn, before=before, most=_CHUNK)
        total += dropped
    return total


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> Question:
    found = await get_question(conn, seal, case_id)
    if found is None:
        raise NotFound  # the case is none of a question
    return found

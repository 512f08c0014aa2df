"""Publish an answered case without names: in words that its asker previews, shares, and takes back at any time."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.cases.casework.models import CaseNotMovable, CaseState, LockedCase
from market.cases.casework.moves import lock_case
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.text import clean_text, normalize_text
from market.people.identity.models import AccountId, Actor, NotFound

_MIN_NAME = 2
_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{17}[\dxX]|(?<!\d)\d{15}(?!\d)")


class CaseNotPreviewed(Refusal):
    """The words to share are not those that the asker saw last."""

    code = "question_not_previewed"
    zh = "先看一遍给大家看的话，再点同意。"
    en = "Preview these words before you share them."


WRITE = Query(
    None,
    """
    INSERT INTO case_publications (case_id, public_text, public_answer, previewed_at)
    VALUES (:case_id, :text, :answer, :now)
    ON CONFLICT ON CONSTRAINT case_publications_pkey DO UPDATE
       SET public_text = excluded.public_text, public_answer = excluded.public_answer,
           previewed_at = excluded.previewed_at, shared_at = NULL
    """,
)
SHARE = Query(
    UUID,
    """
    UPDATE case_publications SET shared_at = :now WHERE case_id = :case_id AND public_text = :text
    RETURNING case_id
    """,
)
DROP = Query(None, "DELETE FROM case_publications WHERE case_id = :case_id")
DROP_OWN = Query(
    None,
    """
    DELETE FROM case_publications USING cases WHERE cases.id = case_id AND asker_id = :account_id
    """,
)
GET_ASKER_NAME = Query(str, "SELECT name FROM accounts WHERE id = :account_id")


async def lock_own_answered(conn: Connection, actor: Actor, case_id: UUID) -> LockedCase:
    """Lock an answered case that the actor asked, in the actor's scope.

    Raises:
        NotFound: there is no such case of the actor's.
        CaseNotMovable: it is not answered.
    """
    case = await lock_case(conn, case_id)
    if case.asker_id != actor.account_id:
        raise NotFound
    if case.state is not CaseState.CLOSED:
        raise CaseNotMovable(state=case.state)
    return case


async def list_named_fields(conn: Connection, asker_id: UUID, texts: Sequence[tuple[str, str]]) -> list[FieldFault]:
    """Return the fields whose text has the asker's name or an identity number; `texts` are (field, text)."""
    name = normalize_text(await GET_ASKER_NAME.one(conn, account_id=asker_id))
    faults: list[FieldFault] = []
    for field, text in texts:
        written = normalize_text(text)
        if len(name) >= _MIN_NAME and name in written:
            faults.append(FieldFault(field, f"大家都看得到，不写名字：去掉“{name}”"))
        elif _IDENTITY_NUMBER.search("".join(written.split())):
            faults.append(FieldFault(field, "大家都看得到，不写身份证号"))
    return faults


async def write_publication(conn: Connection, case_id: UUID, *, text: str, answer: str, now: datetime) -> None:
    """Keep the words of a case as others would read them, with the answer; nobody reads them before they are shared.

    What was shared before is not any more. The caller has checked the words, and locked the case.
    """
    await WRITE.run(conn, case_id=case_id, text=text, answer=answer, now=now)


async def share_publication(conn: Connection, actor: Actor, case_id: UUID, *, text: str, now: datetime) -> None:
    """Show a case of the actor's and its answer to others, in the words that were previewed.

    Raises:
        NotFound, CaseNotMovable: see `lock_own_answered`.
        CaseNotPreviewed: the words are not those that were previewed last.
    """
    await lock_own_answered(conn, actor, case_id)
    if await SHARE.maybe(conn, case_id=case_id, text=clean_text(text), now=now) is None:
        raise CaseNotPreviewed


async def drop_publication(conn: Connection, actor: Actor, case_id: UUID) -> None:
    """Show a case of the actor's to nobody any more.

    Raises:
        NotFound, CaseNotMovable: see `lock_own_answered`.
    """
    await lock_own_answered(conn, actor, case_id)
    await DROP.run(conn, case_id=case_id)


async def drop_own_publications(conn: Connection, account_id: AccountId) -> None:
    """Show the cases of a person who closes their account to nobody any more, in the person's scope."""
    await DROP_OWN.run(conn, account_id=account_id)

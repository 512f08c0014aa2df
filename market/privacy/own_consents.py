"""Everything that a person consented to, in one list, whichever area keeps it, and the withdrawal of each.

The consent to a reduction is kept by the application (`lead_consents`), that to be read by others by the question
or the inquiry, that to be read by an employer by the application for a job; the other purposes by `consents`.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.cases.answers.inquiries import list_own_inquiries, unshare_inquiry
from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.consents.give import end_consent, list_consents
from market.people.consents.models import CONSENT_TEXTS, ConsentPurpose
from market.people.identity.models import AccountId, Actor, NotFound
from market.subsidies.intake.consents import CONSENT_TEXTS as REDUCTION_TEXTS
from market.subsidies.intake.consents import CONSENT_VERSION as REDUCTION_VERSION
from market.subsidies.intake.consents import withdraw_consent as withdraw_reduction
from market.subsidies.intake.models import OPEN_STATES, LeadState
from market.subsidies.intake.take_step import withdraw_application as withdraw_lead
from market.subsidies.intake.views import list_own_leads
from market.villages.content.story_views import load_story_titles
from market.villages.services.applications import list_own_applications, withdraw_application
from market.villages.services.posting_models import ApplicationState
from market.villages.services.questions import list_own_questions, unshare_question


class ConsentKind(StrEnum):
    """What a consent is for; each kind is withdrawn where it is kept."""

    REDUCTION = "reduction"
    QUESTION = "question"
    INQUIRY = "inquiry"
    JOB = "job"
    STORY = "story"
    WARNING_SMS = "warning_sms"


KIND_NAMES = {
    ConsentKind.REDUCTION: "话费减免",
    ConsentKind.QUESTION: "问农技员的话给乡亲看",
    ConsentKind.INQUIRY: "问县里的话给大家看",
    ConsentKind.JOB: "招工的单位看姓名电话",
    ConsentKind.STORY: "村里的故事写到我",
    ConsentKind.WARNING_SMS: "防骗提醒发短信",
}
_KEPT_HERE = {ConsentKind.STORY: ConsentPurpose.STORY, ConsentKind.WARNING_SMS: ConsentPurpose.WARNING_SMS}
_JOB_TEXT = "报名的单位能看到我的姓名和电话，只为招工用。撤回以后看不到。"
_INQUIRY_TEXT = "问的话和答复，大家都能看到，不写姓名和村。撤回以后看不到。"
_QUESTION_TEXT = "问的话和答复，本乡镇的人能看到，不写姓名。撤回以后看不到。"


class GivenConsent(Struct, frozen=True, kw_only=True):
    """A consent that stands: what for, about what, in which words, and since when. `id` is what it is about."""

    kind: ConsentKind
    id: UUID | None
    about: str
    text: str
    given_at: datetime


async def list_given_consents(conn: Connection, seal: Seal, account_id: AccountId) -> list[GivenConsent]:
    """Return what a person consented to and did not withdraw, in the person's scope, the latest first."""
    given = [
        GivenConsent(
            kind=ConsentKind.REDUCTION, id=each.id, about=f"{each.village}，申请 {each.number}",
            text=REDUCTION_TEXTS[REDUCTION_VERSION], given_at=each.reported_at,
        )
        for each in await list_own_leads(conn, account_id)
        if each.state in OPEN_STATES or (each.state is LeadState.DECIDED and not each.consent_withdrawn)
    ]  # fmt: skip
    given += [
        GivenConsent(
            kind=ConsentKind.QUESTION, id=each.case_id, about=each.public_text, text=_QUESTION_TEXT,
            given_at=each.shared_at,
        )
        for each in await list_own_questions(conn, seal, account_id)
        if each.shared_at is not None
    ]  # fmt: skip
    given += [
        GivenConsent(
            kind=ConsentKind.INQUIRY, id=each.case_id, about=each.public_text, text=_INQUIRY_TEXT,
            given_at=each.shared_at,
        )
        for each in await list_own_inquiries(conn, seal, account_id)
        if each.shared_at is not None
    ]  # fmt: skip
    given += [
        GivenConsent(
            kind=ConsentKind.JOB, id=each.id, about=f"{each.organisation}，{each.title}", text=_JOB_TEXT,
            given_at=each.consented_at,
        )
        for each in await list_own_applications(conn, account_id)
        if each.state is ApplicationState.APPLIED
    ]  # fmt: skip
    titles = await load_story_titles(conn, account_id)
    for each in await list_consents(conn, account_id):
        given.append(
            GivenConsent(
                kind=ConsentKind(each.purpose), id=each.subject_id, about=titles.get(each.subject_id, ""),
                text=CONSENT_TEXTS[each.purpose, each.text_version], given_at=each.given_at,
            )
        )  # fmt: skip
    return sorted(given, key=lambda each: each.given_at, reverse=True)


async def withdraw_given_consent(
    conn: Connection, seal: Seal, actor: Actor, kind: ConsentKind, subject_id: UUID | None, *, now: datetime
) -> None:
    """Withdraw a consent of the actor's where it is kept, in the actor's scope; it has effect at once.

    Raises:
        NotFound: the actor gave no such consent, or withdrew it before.
    """
    if kind in _KEPT_HERE:
        await end_consent(conn, actor, _KEPT_HERE[kind], subject_id=subject_id, now=now)
        return
    given = await list_given_consents(conn, seal, actor.account_id)
    if subject_id is None or not any((each.kind, each.id) == (kind, subject_id) for each in given):
        raise NotFound
    if kind is ConsentKind.JOB:
        await withdraw_application(conn, actor, subject_id, now=now)
    elif kind is ConsentKind.QUESTION:
        await unshare_question(conn, seal, actor, subject_id)
    elif kind is ConsentKind.INQUIRY:
        await unshare_inquiry(conn, seal, actor, subject_id)
    elif any(
        each.id == subject_id and each.state in OPEN_STATES for each in await list_own_leads(conn, actor.account_id)
    ):
        await withdraw_lead(conn, seal, actor, subject_id, now=now)
    else:
        await withdraw_reduction(conn, seal, actor, subject_id, now=now)

"""Questions to agronomists, what neighbours read of them, and refusals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseState
from market.kernel import Refusal

QUESTION = "question"
MAX_QUESTION_LENGTH = 500
MAX_OPEN_QUESTIONS = 5
MAX_SUBJECT_LENGTH = 40
MAX_AGRONOMISTS = 50


class NewQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a villager asks; the photo was uploaded for a question."""

    text: Annotated[str, Meta(max_length=2000)]
    photo_id: UUID | None = None


class QuestionFields(Struct, frozen=True, kw_only=True):
    """What of a question is not sealed: of which village, where it is, and what neighbours read since `shared_at`."""

    case_id: UUID
    number: int
    village_code: str
    village: str
    county_code: str
    photo_id: UUID | None
    state: CaseState
    assignee: str | None
    received_at: datetime
    due_at: datetime
    public_text: str
    shared_at: datetime | None


class Question(QuestionFields, frozen=True, kw_only=True):
    """A question with its text and the answer, empty without one."""

    text: str
    answer: str


class SharedQuestion(Struct, frozen=True, kw_only=True):
    """A question as neighbours read it: nothing of who asked."""

    village: str
    text: str
    answer: str
    shared_at: datetime


class NewAgronomist(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agronomist as the county names one: the telephone of an account, and what they know."""

    phone: Annotated[str, Meta(max_length=20)]
    subject: Annotated[str, Meta(max_length=200)]


class Agronomist(Struct, frozen=True, kw_only=True):
    """An agronomist of a county."""

    id: UUID
    name: str
    subject: str
    named_at: datetime


class QuestionInvalid(Refusal):
    """Fields of a question, its answer or its shared words are invalid; `errors` lists each."""

    code = "question_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class TooManyQuestions(Refusal):
    """The person has `MAX_OPEN_QUESTIONS` open questions."""

    code = "too_many_questions"
    status = 429
    zh = f"您问的还有 {MAX_OPEN_QUESTIONS} 件没有答复，答了再问。"
    en = f"{MAX_OPEN_QUESTIONS} of your questions are open."


class AgronomistInvalid(Refusal):
    """Fields of an agronomist are invalid; `errors` lists each."""

    code = "agronomist_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."

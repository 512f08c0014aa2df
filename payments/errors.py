"""Answers that say no: one class each, with a code that never changes and a text in Chinese and English."""

import re
from typing import ClassVar, override

from msgspec import Struct


class FieldFault(Struct, frozen=True):
    """What is wrong with one field of a request, and what would be right."""

    field: str
    message: str


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """An answer that says no.

    `code` is stable and read by programs; `status` is the HTTP status; `zh` and `en` are templates filled with the
    keyword arguments, which stay readable in `facts`. `errors` names single fields where that helps.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    zh: ClassVar[str] = "不能这样做。"
    en: ClassVar[str] = "This cannot be done."

    def __init__(self, *, errors: tuple[FieldFault, ...] = (), **facts: object) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.facts = facts

    def text(self, language: str = "zh") -> str:
        """Return the refusal in the reader's language (`zh` or `en`)."""
        return (self.en if language == "en" else self.zh).format_map(self.facts)

    @classmethod
    def title(cls, language: str = "zh") -> str:
        """Return what stays the same in every such refusal: its text without the facts."""
        text = cls.en if language == "en" else cls.zh
        return re.sub(r"\s*\{[^}]*\}\s*", " … ", text).strip()

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"


class GatewayUnavailable(Exception):  # noqa: N818 - the world's state, retried by jobs
    """The provider did not answer, so the outcome is unknown: never taken for a failure, asked again later."""


class Busy(Refusal):
    """Every connection is taken and none came free in time."""

    code = "busy"
    status = 503
    zh = "现在人多，请过几秒再试。"
    en = "The service is busy; try again in a few seconds."

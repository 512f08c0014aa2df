"""The programmes file of a county: JSON with terms, documents, and the sentences that each figure is based on."""

from datetime import date

from msgspec import Struct

from market.subsidies.engine.models import IdleRule, Proration, Terms
from market.subsidies.names import ServiceKind
from market.subsidies.terminology import list_types


class TermsRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The proration and the idle rule of one version of the terms, instead of the programme's."""

    proration: Proration
    idle: IdleRule | None


class ProgrammeTerms(Terms, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """One version of the terms; `monitoring` are the types (监测类型) that entitle a household never registered.

    `rules` are null if they are the programme's. They change on the first of a month.
    """

    monitoring: tuple[str, ...] = list_types()
    rules: TermsRules | None = None


class DocumentSource(Struct, frozen=True, forbid_unknown_fields=True):
    """The document of a programme: its number (文号), file name, and the SHA-256 of the file."""

    number: str
    file: str
    sha256: str


class SentenceSource(Struct, frozen=True, forbid_unknown_fields=True):
    """The basis of some fields of a programme: a quote, with the text before and after it."""

    of: list[str]
    prefix: str
    quote: str
    suffix: str


class CheckSetting(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from"}, kw_only=True):
    """What a programme sets of a check for the months whose last day is from `start` until `until`, exclusive.

    `thresholds` replace the county's, by the name of the setting; `basis` is the document or decision.
    """

    check: str
    start: date
    until: date | None = None
    enabled: bool = True
    thresholds: dict[str, int] = {}
    basis: str


class ProgrammeSource(Struct, frozen=True, forbid_unknown_fields=True):
    """A programme in the file; terms, idle and proration have the shape of a calculator case.

    Without `checks` what is stored of them stays.
    """

    code: str
    name: str
    document: DocumentSource
    sentences: list[SentenceSource]
    kinds: list[ServiceKind]
    max_lines_per_household: int
    proration: Proration
    idle: IdleRule | None
    terms: list[ProgrammeTerms]
    checks: list[CheckSetting] | None = None


class ProgrammesSource(Struct, frozen=True, forbid_unknown_fields=True):
    """The programmes file of a county."""

    county_code: str
    programmes: list[ProgrammeSource]

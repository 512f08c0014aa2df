"""A programme set by a form: written as the file that it would be, with the quotes found in its document."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from market.kernel import FieldFault
from market.reports.desk.books import ProgrammeView, SentenceView, TermsView
from market.subsidies.cells import fen_of
from market.subsidies.sheets import decode, digest
from market.web.plumbing import Invalid

_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_AROUND = 4
AS_TYPED = frozenset({"name", "document", "text", "quote", "quote_funders"})
"""Fields in which full-width marks stay as they are typed."""
_WHOLE_BP = 10_000
_MOST_TEXT = 1024 * 1024


class BadTerms(Invalid):
    """Fields of the form are wrong; each is named, and nothing was set."""

    code = "bad_terms"
    zh = "有几处要改，没有设。"
    en = "Some fields need another look; nothing was set."


class ProgrammeForm(Struct, frozen=True, kw_only=True):
    """What the form holds, as it was typed: its quotes must stand in the document, so that no letter is folded."""

    code: str = ""
    name: str = ""
    document: str = ""
    text: str = ""
    kind: str = "mobile"
    max_lines: str = "2"
    way: str = "percent_off"
    pays: str = ""
    fixed: str = ""
    line_cap: str = ""
    household_cap: str = ""
    operator: str = ""
    county_share: str = ""
    start: str = ""
    until: str = ""
    quote: str = ""
    quote_funders: str = ""


class Known(Struct, frozen=True):
    """A programme as it stands."""

    programme: ProgrammeView
    terms: list[TermsView]
    sentences: list[SentenceView]


def form_of(known: Known) -> ProgrammeForm:
    """Return the form of a programme as it stands: its latest terms, for the new ones to differ from."""
    programme = known.programme
    if not known.terms:
        return ProgrammeForm(code=programme.code, name=programme.name, document=programme.document_number)
    terms = known.terms[-1]
    shares = dict(zip(terms.funders, terms.shares_bp, strict=True))
    return ProgrammeForm(
        code=programme.code,
        name=programme.name,
        document=programme.document_number,
        max_lines=str(programme.max_lines),
        way=terms.kind,
        pays=_hundredths(terms.household_pays_bp),
        fixed=_hundredths(terms.fixed_fen),
        line_cap=_hundredths(terms.line_cap_fen),
        household_cap=_hundredths(terms.household_cap_fen),
        operator=_hundredths(shares.get("operator")),
        county_share=_hundredths(shares.get("county")),
    )


def _hundredths(value: int | None) -> str:
    """Write fen as yuan, or basis points as per cent, the way a form takes them."""
    return "" if value is None else f"{value // 100}.{value % 100:02d}".removesuffix(".00")


class _Reader:
    """Reads the form; what is wrong is noted with its field."""

    def __init__(self, form: ProgrammeForm) -> None:
        self.form = form
        self.faults: list[FieldFault] = []

    def fault(self, field: str, message: str) -> None:
        self.faults.append(FieldFault(field, message))

    def word(self, field: str, message: str) -> str:
        value = str(getattr(self.form, field)).strip()
        if not value:
            self.fault(field, message)
        return value

    def money(self, field: str, *, needed: bool = False) -> int | None:
        """Read a sum of yuan; blank is none, unless it is needed."""
        value = str(getattr(self.form, field)).strip()
        if not value and not needed:
            return None
        fen = fen_of(value)
        if fen is None or fen < 0:
            self.fault(field, "写金额，比如 19.50")
            return None
        return fen

    def share(self, field: str) -> int:
        """Read a percentage as basis points; blank is nothing."""
        value = str(getattr(self.form, field)).strip().rstrip("%")
        try:
            share = Decimal(value or "0") * 100
        except InvalidOperation:
            share = Decimal(-1)
        if not 0 <= share <= _WHOLE_BP or share != share.to_integral_value(ROUND_HALF_UP):
            self.fault(field, "写 0 到 100 的百分数，最多两位小数")
            return 0
        return int(share)

    def day(self, field: str, *, needed: bool) -> date | None:
        value = str(getattr(self.form, field)).strip()
        if not value and not needed:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(field, "写日期，比如 2019-01-01")
            return None


def written_programme(
    county: str, form: ProgrammeForm, known: Known | None, paper: bytes
) -> tuple[bytes, dict[str, bytes]]:
    """Return the file that the form comes to, and its document by name; earlier terms of the programme stay.

    Raises:
        BadTerms: fields are wrong, or a quote is not in the document.
    """
    read = _Reader(form)
    if not _CODE.fullmatch(form.code):
        read.fault("code", "编号写 1 到 20 个字母、数字或 - _")
    name, number = read.word("name", "项目名称没写"), read.word("document", "文号没写")
    document = _document(read, known, paper)
    terms = _terms(read, known)
    sentences = _sentences(read, known, document)
    digits = form.max_lines.isdecimal() and len(form.max_lines) <= 2  # noqa: PLR2004 - as the file's bound
    if not digits or int(form.max_lines) < 1:
        read.fault("max_lines", "写 1 到 99")
    if read.faults:
        raise BadTerms(errors=tuple(read.faults))
    content = document.encode()
    file = f"documents/{form.code}.txt"
    before = known.programme if known else None
    idle = None
    if before is not None and before.idle_days is not None:
        idle = {"idle_days": before.idle_days, "cure_days": before.cure_days}
    source = {
        "county_code": county,
        "programmes": [
            {
                "code": form.code,
                "name": name,
                "document": {"number": number, "file": file, "sha256": digest(content)},
                "sentences": sentences,
                "kinds": before.kinds if before else [form.kind],
                "max_lines_per_household": int(form.max_lines),
                "proration": before.proration if before else "daily",
                "idle": idle,
                "terms": terms,
            }
        ],
    }
    return msgspec.json.encode(source), {file: content}


def _document(read: _Reader, known: Known | None, paper: bytes) -> str:
    """Return the document's text: sent, typed, or as it is known."""
    if len(paper) > _MOST_TEXT:
        read.fault("paper", "文件原文最多 1 MB")
        return ""
    text = decode("paper", paper) if paper else read.form.text.replace("\r\n", "\n")
    if not text.strip() and known is not None:
        return known.programme.document_text
    if not text.strip():
        read.fault("text", "附上文件原文，或者把它粘贴在这里")
    return text


def _terms(read: _Reader, known: Known | None) -> list[dict[str, Any]]:
    form = read.form
    start, until = read.day("start", needed=True), read.day("until", needed=False)
    if start and until and until <= start:
        read.fault("until", "失效日要晚于生效日")
    percent = form.way == "percent_off"
    pays = read.share("pays") if percent else None
    if percent and not form.pays.strip():
        read.fault("pays", "农户最多付百分之几没写")
    fixed = None if percent else read.money("fixed", needed=True)
    line_cap, household_cap = read.money("line_cap"), read.money("household_cap")
    shares = [("operator", read.share("operator")), ("county", read.share("county_share"))]
    if sum(share for _, share in shares) != _WHOLE_BP:
        read.fault("operator", "运营商和县级加起来要正好 100%")
    own = {
        "from": start,
        "until": until,
        "kind": "percent_off" if percent else "fixed",
        "household_pays_bp": pays,
        "fixed_fen": fixed,
        "line_cap_fen": line_cap,
        "household_cap_fen": household_cap,
        "funders": [{"funder": name, "share_bp": share} for name, share in shares if share],
    }
    return [*_before(known, start), own]


def _before(known: Known | None, start: date | None) -> list[dict[str, Any]]:
    """Return the earlier terms of the programme, ended where the new ones begin."""
    kept: list[dict[str, Any]] = []
    for terms in known.terms if known and start else []:
        if start is None or terms.start >= start:
            continue
        kept.append(
            {
                "from": terms.start,
                "until": start if terms.until is None or terms.until > start else terms.until,
                "kind": terms.kind,
                "household_pays_bp": terms.household_pays_bp,
                "fixed_fen": terms.fixed_fen,
                "line_cap_fen": terms.line_cap_fen,
                "household_cap_fen": terms.household_cap_fen,
                "funders": [
                    {"funder": name, "share_bp": share}
                    for name, share in zip(terms.funders, terms.shares_bp, strict=True)
                ],
            }
        )
    return kept


def _sentences(read: _Reader, known: Known | None, document: str) -> list[dict[str, Any]]:
    """Find the quotes in the document, each with a few words before and after it; known ones that still stand stay."""
    text = "".join(document.split())
    found: list[dict[str, Any]] = [
        {"of": each.subjects, "prefix": each.prefix, "quote": each.quote, "suffix": each.suffix}
        for each in (known.sentences if known else [])
        if "".join(f"{each.prefix}{each.quote}{each.suffix}".split()) in text
    ]
    amount = "household_pays_bp" if read.form.way == "percent_off" else "fixed_fen"
    for field, subjects in (("quote", [amount, "line_cap_fen"]), ("quote_funders", ["funders"])):
        quote = "".join(read.word(field, "把文件里的原句写上，一字不差").split())
        at = text.find(quote) if quote else -1
        end = at + len(quote)
        if quote and at < 0:
            read.fault(field, "文件原文里没有这句话")
        elif quote and quote not in {"".join(each["quote"].split()) for each in found}:
            found.append(
                {"of": subjects, "prefix": text[max(at - _AROUND, 0) : at], "quote": quote,
                 "suffix": text[end : end + _AROUND]}
            )  # fmt: skip
    return found

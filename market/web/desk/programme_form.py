"""The form that sets a programme: convert it to a programmes file, with its quotes found in the document."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from market.kernel import FieldFault
from market.reports.programmes import ProgrammeView, SentenceView, TermsView
from market.subsidies.imports.cells import parse_fen
from market.subsidies.imports.spreadsheet import decode_text, digest
from market.web.forms import InvalidForm

_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_AROUND = 4
AS_TYPED = frozenset({"name", "document", "text", "quote", "quote_funders"})
"""Fields whose full-width characters are not folded."""
_WHOLE_BP = 10_000
_MAX_TEXT_BYTES = 1024 * 1024


class ProgrammeFormInvalid(InvalidForm):
    """Fields of the form are invalid; each is named, and nothing is set."""

    code = "bad_terms"
    zh = "有几处要改，没有设。"
    en = "Some fields need another look; nothing was set."


class ProgrammeForm(Struct, frozen=True, kw_only=True):
    """The values of the form; quotes are not folded, because they must match the document."""

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


class ProgrammeRecord(Struct, frozen=True):
    """A stored programme with its terms and sentences."""

    programme: ProgrammeView
    terms: list[TermsView]
    sentences: list[SentenceView]


def fill_programme_form(stored: ProgrammeRecord) -> ProgrammeForm:
    """Return the form of a stored programme, filled with its latest terms."""
    programme = stored.programme
    if not stored.terms:
        return ProgrammeForm(code=programme.code, name=programme.name, document=programme.document_number)
    terms = stored.terms[-1]
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
    """Return fen as yuan, or basis points as per cent, as the form accepts them."""
    return "" if value is None else f"{value // 100}.{value % 100:02d}".removesuffix(".00")


class _FormReader:
    """Reads the form and collects the faults of its fields."""

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

    def money(self, field: str, *, required: bool = False) -> int | None:
        """Read a sum in yuan as fen; return None if it is blank, a fault if required."""
        value = str(getattr(self.form, field)).strip()
        if not value and not required:
            return None
        fen = parse_fen(value)
        if fen is None or fen < 0:
            self.fault(field, "写金额，比如 19.50")
            return None
        return fen

    def share(self, field: str) -> int:
        """Read a percentage as basis points; blank is 0."""
        value = str(getattr(self.form, field)).strip().rstrip("%")
        try:
            share = Decimal(value or "0") * 100
        except InvalidOperation:
            share = Decimal(-1)
        if not 0 <= share <= _WHOLE_BP or share != share.to_integral_value(ROUND_HALF_UP):
            self.fault(field, "写 0 到 100 的百分数，最多两位小数")
            return 0
        return int(share)

    def day(self, field: str, *, required: bool) -> date | None:
        value = str(getattr(self.form, field)).strip()
        if not value and not required:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(field, "写日期，比如 2019-01-01")
            return None


def write_programme_file(
    county: str, form: ProgrammeForm, stored: ProgrammeRecord | None, uploaded: bytes
) -> tuple[bytes, dict[str, bytes]]:
    """Return the form as a programmes file, and its document by name; earlier terms of the programme stay.

    Raises:
        ProgrammeFormInvalid: fields are wrong, or a quote is not in the document.
    """
    read = _FormReader(form)
    if not _CODE.fullmatch(form.code):
        read.fault("code", "编号写 1 到 20 个字母、数字或 - _")
    name, number = read.word("name", "项目名称没写"), read.word("document", "文号没写")
    document = _document(read, stored, uploaded)
    terms = _terms(read, stored)
    sentences = _sentences(read, stored, document)
    digits = form.max_lines.isdecimal() and len(form.max_lines) <= 2
    if not digits or int(form.max_lines) < 1:
        read.fault("max_lines", "写 1 到 99")
    if read.faults:
        raise ProgrammeFormInvalid(errors=tuple(read.faults))
    content = document.encode()
    file = f"documents/{form.code}.txt"
    before = stored.programme if stored else None
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


def _document(read: _FormReader, stored: ProgrammeRecord | None, uploaded: bytes) -> str:
    """Return the document's text: uploaded, typed, or stored."""
    if len(uploaded) > _MAX_TEXT_BYTES:
        read.fault("paper", "文件原文最多 1 MB")
        return ""
    text = decode_text("paper", uploaded) if uploaded else read.form.text.replace("\r\n", "\n")
    if not text.strip() and stored is not None:
        return stored.programme.document_text
    if not text.strip():
        read.fault("text", "附上文件原文，或者把它粘贴在这里")
    return text


def _terms(read: _FormReader, stored: ProgrammeRecord | None) -> list[dict[str, Any]]:
    form = read.form
    start, until = read.day("start", required=True), read.day("until", required=False)
    if start and until and until <= start:
        read.fault("until", "失效日要晚于生效日")
    percent = form.way == "percent_off"
    pays = read.share("pays") if percent else None
    if percent and not form.pays.strip():
        read.fault("pays", "农户最多付百分之几没写")
    fixed = None if percent else read.money("fixed", required=True)
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
    return [*_before(stored, start), own]


def _before(stored: ProgrammeRecord | None, start: date | None) -> list[dict[str, Any]]:
    """Return the earlier terms of the programme, ending where the new ones begin."""
    kept: list[dict[str, Any]] = []
    for terms in stored.terms if stored and start else []:
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


def _sentences(read: _FormReader, stored: ProgrammeRecord | None, document: str) -> list[dict[str, Any]]:
    """Find the quotes in the document with their context; stored ones that the document still contains stay."""
    text = "".join(document.split())
    found: list[dict[str, Any]] = [
        {"of": each.subjects, "prefix": each.prefix, "quote": each.quote, "suffix": each.suffix}
        for each in (stored.sentences if stored else [])
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

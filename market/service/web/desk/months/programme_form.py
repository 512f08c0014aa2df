"""The form that sets a programme: convert it to a programmes file, and find its quotes in the document."""

import re
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from market.kernel.sheets.spreadsheet import decode_text, digest
from market.reports.programmes import ProgrammeView, SentenceView, TermsView
from market.service.web.forms import InvalidForm, PostedForm
from market.service.web.ui.format import yuan_input
from market.subsidies.engine.models import Proration
from market.subsidies.programmes.stored import build_idle_rule
from market.subsidies.terminology import list_types
from payments.money import BASIS_POINTS, format_percent

FUNDER_FIELDS = {
    "operator": "operator", "county": "county_share", "prefecture": "prefecture_share", "province": "province_share",
    "central": "central_share", "other": "other_share",
}  # fmt: skip
"""The fields of the form by funder."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_AROUND = 4
AS_TYPED = frozenset({"name", "document", "text", "quote", "quote_funders"})
"""Fields whose full-width characters are not folded."""
_MAX_TEXT_BYTES = 1024 * 1024


class ProgrammeFormInvalid(InvalidForm):
    """Fields of the form are invalid; nothing is stored."""

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
    prefecture_share: str = ""
    province_share: str = ""
    central_share: str = ""
    other_share: str = ""
    start: str = ""
    until: str = ""
    monitoring: list[str] = msgspec.field(default_factory=lambda: list(list_types()))
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
        pays=_format_share(terms.household_pays_bp),
        fixed=yuan_input(terms.fixed_fen),
        line_cap=yuan_input(terms.line_cap_fen),
        household_cap=yuan_input(terms.household_cap_fen),
        monitoring=terms.monitoring,
        **{field: _format_share(shares.get(funder)) for funder, field in FUNDER_FIELDS.items()},
    )


def _format_share(rate_bp: int | None) -> str:
    return "" if rate_bp is None else format_percent(rate_bp).removesuffix("%")


_SHARE_FAULT = "写 0 到 100 的百分数，最多两位小数"
_SUM_FAULT = "写金额，比如 19.50"
_DAY_FAULT = "写日期，比如 2019-01-01"


def write_programme_file(
    county: str, form: PostedForm, stored: ProgrammeRecord | None, uploaded: bytes
) -> tuple[bytes, dict[str, bytes]]:
    """Return the form as a programmes file, and its document by name; earlier terms of the programme stay.

    Raises:
        ProgrammeFormInvalid: fields are invalid, or a quote is not in the document.
    """
    code = form.get_text("code")
    if not _CODE.fullmatch(code):
        form.add_fault("code", "编号写 1 到 20 个字母、数字或 - _")
    name, number = form.read_text("name", missing="项目名称没写"), form.read_text("document", missing="文号没写")
    document = _document(form, stored, uploaded)
    terms = _terms(form, stored)
    sentences = _sentences(form, stored, document)
    max_lines = form.read_integer("max_lines", fault="写 1 到 99", minimum=1, maximum=99)
    if form.faults:
        raise ProgrammeFormInvalid(errors=tuple(form.faults))
    content = document.encode()
    file = f"documents/{code}.txt"
    before = stored.programme if stored else None
    rules = _get_rules(stored.terms[0] if stored and stored.terms else None)
    source = {
        "county_code": county,
        "programmes": [
            {
                "code": code,
                "name": name,
                "document": {"number": number, "file": file, "sha256": digest(content)},
                "sentences": sentences,
                "kinds": before.kinds if before else [form.get_text("kind")],
                "max_lines_per_household": max_lines,
                **rules,
                "terms": terms,
            }
        ],
    }
    return msgspec.json.encode(source), {file: content}


def _document(form: PostedForm, stored: ProgrammeRecord | None, uploaded: bytes) -> str:
    """Return the document's text: uploaded, typed, or stored."""
    if len(uploaded) > _MAX_TEXT_BYTES:
        form.add_fault("paper", "文件原文最多 1 MB")
        return ""
    text = decode_text("paper", uploaded) if uploaded else form.get_text("text").replace("\r\n", "\n")
    if not text.strip() and stored is not None:
        return stored.programme.document_text
    if not text.strip():
        form.add_fault("text", "附上文件原文，或者把它粘贴在这里")
    return text


def _terms(form: PostedForm, stored: ProgrammeRecord | None) -> list[dict[str, Any]]:
    start, until = form.read_day("start", fault=_DAY_FAULT), form.read_optional_day("until", fault=_DAY_FAULT)
    if start and until and until <= start:
        form.add_fault("until", "失效日要晚于生效日")
    percent = form.get_text("way") == "percent_off"
    pays = form.read_percent("pays", fault=_SHARE_FAULT) if percent else None
    if percent and not form.get_text("pays"):
        form.add_fault("pays", "农户最多付百分之几没写")
    fixed = None if percent else form.read_yuan("fixed", fault=_SUM_FAULT)
    line_cap, household_cap = [
        form.read_optional_yuan(each, fault=_SUM_FAULT) for each in ("line_cap", "household_cap")
    ]
    shares = {funder: form.read_percent(field, fault=_SHARE_FAULT) for funder, field in FUNDER_FIELDS.items()}
    if sum(shares.values()) != BASIS_POINTS:
        form.add_fault("operator", "各方负担的加起来要正好 100%")
    # The order decides who gets an odd fen (R11): that of the latest terms stays.
    before = stored.terms[-1].funders if stored and stored.terms else []
    order = [*before, *(funder for funder in FUNDER_FIELDS if funder not in before)]
    own = {
        "from": start,
        "until": until,
        "kind": "percent_off" if percent else "fixed",
        "household_pays_bp": pays,
        "fixed_fen": fixed,
        "line_cap_fen": line_cap,
        "household_cap_fen": household_cap,
        "funders": [{"funder": name, "share_bp": shares[name]} for name in order if shares[name]],
        "monitoring": [each for each in form.get_texts("monitoring") if each in list_types()],
        "rules": _get_rules(stored.terms[-1] if stored and stored.terms else None),
    }
    return [*_before(stored, start), own]


def _before(stored: ProgrammeRecord | None, start: date | None) -> list[dict[str, Any]]:
    """Return the earlier terms of the programme, ending when the new ones begin."""
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
                "monitoring": terms.monitoring,
                "rules": _get_rules(terms),
            }
        )
    return kept


def _get_rules(terms: TermsView | None) -> dict[str, Any]:
    """Return the proration and the idle rule of stored terms; those of a new programme reduce by days."""
    if terms is None:
        return {"proration": Proration.DAILY, "idle": None}
    return {"proration": terms.proration, "idle": build_idle_rule(terms.idle_days, terms.cure_days)}


def _sentences(form: PostedForm, stored: ProgrammeRecord | None, document: str) -> list[dict[str, Any]]:
    """Find the quotes in the document with their context; stored ones that the document still contains stay."""
    text = "".join(document.split())
    sentences: list[dict[str, Any]] = [
        {"of": each.subjects, "prefix": each.prefix, "quote": each.quote, "suffix": each.suffix}
        for each in (stored.sentences if stored else [])
        if "".join(f"{each.prefix}{each.quote}{each.suffix}".split()) in text
    ]
    amount = "household_pays_bp" if form.get_text("way") == "percent_off" else "fixed_fen"
    for field, subjects in (("quote", [amount, "line_cap_fen"]), ("quote_funders", ["funders"])):
        quote = "".join(form.read_text(field, missing="把文件里的原句写上，一字不差").split())
        at = text.find(quote) if quote else -1
        end = at + len(quote)
        if quote and at < 0:
            form.add_fault(field, "文件原文里没有这句话")
        elif quote and quote not in {"".join(each["quote"].split()) for each in sentences}:
            sentences.append(
                {"of": subjects, "prefix": text[max(at - _AROUND, 0) : at], "quote": quote,
                 "suffix": text[end : end + _AROUND]}
            )  # fmt: skip
    return sentences

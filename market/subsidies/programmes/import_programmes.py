"""Import programmes with their terms, documents, and the sentences that each figure is based on."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Query
from market.kernel.sheets.models import CellFault, FileUnreadable
from market.kernel.sheets.spreadsheet import CellFaults, decode_text, digest, malformed_file
from market.kernel.text import find_foreign_letters
from market.people.identity.models import Actor
from market.subsidies.engine.models import BadCase, Case, Programme
from market.subsidies.engine.read import read_case
from market.subsidies.imports.documents import match_documents
from market.subsidies.imports.formats.json_file import read_json
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    Upload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.models import FileId
from market.subsidies.names import ServiceKind
from market.subsidies.programmes.check_settings import find_setting_faults, sort_settings, store_check_settings
from market.subsidies.programmes.differences import find_programme_changes
from market.subsidies.programmes.source import ProgrammeSource, ProgrammesSource, ProgrammeTerms, TermsRules
from market.subsidies.programmes.stored import load_documents, load_programmes
from market.subsidies.terminology import list_types

MAX_PROGRAMMES = 100
MAX_CODE_LENGTH = 20
MAX_IDLE_DAYS = 3660
"""The most days before the notice of an idle line, and after it: ten years."""


class _ProgrammeKinds(Struct, frozen=True):
    code: str
    kinds: list[ServiceKind]


LIST_PROGRAMME_KINDS = Query(
    _ProgrammeKinds, "SELECT code, kinds FROM programmes WHERE county_code = :county ORDER BY code"
)
UPSERT_PROGRAMME = Query(
    None,
    """
    INSERT INTO programmes (county_code, code, name, kinds, max_lines, proration, idle_days, cure_days,
                            document_number, document_name, document_sha256, document_text, file_id)
    VALUES (:county, :code, :name, :kinds, :max_lines, :proration, :idle_days, :cure_days,
            :document_number, :document_name, :document_sha256, :document_text, :file_id)
    ON CONFLICT ON CONSTRAINT programmes_code DO UPDATE
       SET name = excluded.name, kinds = excluded.kinds, max_lines = excluded.max_lines,
           proration = excluded.proration, idle_days = excluded.idle_days, cure_days = excluded.cure_days,
           document_number = excluded.document_number, document_name = excluded.document_name,
           document_sha256 = excluded.document_sha256, document_text = excluded.document_text,
           file_id = excluded.file_id
    """,
)
DELETE_SENTENCES = Query(None, "DELETE FROM programme_sentences WHERE county_code = :county AND programme_code = :code")
ADD_SENTENCES = Query(
    None,
    """
    INSERT INTO programme_sentences (county_code, programme_code, position, subjects, prefix, quote, suffix, read_by,
                                     read_at, file_id)
    SELECT :county, :code, position, ARRAY(SELECT jsonb_array_elements_text(subjects)), prefix, quote, suffix,
           :account_id, :now, :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(position smallint, subjects jsonb, prefix text, quote text, suffix text)
    """,
)
DELETE_TERMS = Query(None, "DELETE FROM programme_terms WHERE county_code = :county AND programme_code = :code")
ADD_TERMS = Query(
    None,
    """
    INSERT INTO programme_terms (county_code, programme_code, valid_during, kind, household_pays_bp, fixed_fen,
                                 line_cap_fen, household_cap_fen, funders, shares_bp, monitoring, proration,
                                 idle_days, cure_days, file_id)
    SELECT :county, :code, daterange(start, until), kind, household_pays_bp, fixed_fen, line_cap_fen,
           household_cap_fen, ARRAY(SELECT jsonb_array_elements_text(funders)),
           ARRAY(SELECT jsonb_array_elements_text(shares_bp)::integer),
           ARRAY(SELECT jsonb_array_elements_text(monitoring)), proration, idle_days, cure_days, :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(start date, until date, kind text, household_pays_bp integer, fixed_fen bigint, line_cap_fen bigint,
             household_cap_fen bigint, funders jsonb, shares_bp jsonb, monitoring jsonb, proration text,
             idle_days integer, cure_days integer)
    """,
)


async def import_programmes(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import programmes with their documents; the terms of a programme are replaced as a whole.

    A document must have the SHA-256 stated in the file, and contain each quote between its prefix and suffix; one that
    is stored already need not be sent again. Programmes missing in the file stay, unchanged ones keep their file. New
    terms and the end of open ones are imported; any other change of a stored programme needs `take_changes`. The caller
    owns the transaction.

    Raises:
        FactsDiffer: stored programmes change and `take_changes` is not set.
        FileUnreadable: the file is not JSON of the shape of `ProgrammesSource`.
        FileMalformed: values violate rules; each is named by its path (row 1).
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    source = _read(upload)
    documents = match_documents(upload.content, upload.context.attachments)
    stored = {each.code: each for each in (await load_programmes(conn, upload.county)).programmes}
    texts = await load_documents(conn, upload.county)
    faults = CellFaults()
    faults += _find_faults(upload, source, documents, texts)
    if faults:
        raise malformed_file(upload.name, faults)
    source = _complete(source, stored)
    known = [(before, each) for each in source.programmes if (before := stored.get(each.code)) is not None]
    changes = [change for before, after in known for change in find_programme_changes(before, after)]
    counts = {
        "programmes": len(source.programmes),
        "terms": sum(len(programme.terms) for programme in source.programmes),
        "sentences": sum(len(programme.sentences) for programme in source.programmes),
        "changed": len(changes),
    }
    answer = build_result(upload, rows=len(source.programmes), counts=counts, changes=changes)
    if upload.dry_run:
        return answer
    require_changes_taken(upload, changes)
    file_id = await record_file(conn, actor, upload, rows=len(source.programmes))
    for programme in source.programmes:
        if programme != stored.get(programme.code):
            text = _get_text(programme, documents, texts)
            await _store(conn, actor, upload, programme, text, file_id=file_id)
    return answer


def _simplify_rules(programme: ProgrammeSource) -> ProgrammeSource:
    """Return a programme whose rules are those of its first terms, with rules only of terms that have others."""
    own = TermsRules(programme.proration, programme.idle)
    rules = [terms.rules or own for terms in programme.terms]
    _, first = min(zip((terms.start for terms in programme.terms), rules, strict=True), key=itemgetter(0))
    terms = [
        replace(terms, rules=None if rule == first else rule)
        for terms, rule in zip(programme.terms, rules, strict=True)
    ]
    return replace(programme, proration=first.proration, idle=first.idle, terms=terms)


def _complete(source: ProgrammesSource, stored: Mapping[str, ProgrammeSource]) -> ProgrammesSource:
    """Return the file as it is stored; the settings of checks stay where it has none."""
    programmes: list[ProgrammeSource] = []
    for each in source.programmes:
        known = stored.get(each.code)
        before = known.checks or [] if known is not None else []
        checks = before if each.checks is None else sort_settings(each.checks)
        programmes.append(replace(_simplify_rules(each), checks=checks))
    return replace(source, programmes=programmes)


async def load_programme_kinds(conn: Connection, county: str) -> dict[str, list[ServiceKind]]:
    """Return the services that each programme of a county is for, by its code."""
    return {each.code: each.kinds for each in await LIST_PROGRAMME_KINDS.all(conn, county=county)}


async def _store(
    conn: Connection,
    actor: Actor,
    upload: PreparedUpload,
    programme: ProgrammeSource,
    document_text: str,
    *,
    file_id: FileId,
) -> None:
    idle, county = programme.idle, upload.county
    await UPSERT_PROGRAMME.run(
        conn,
        county=county,
        code=programme.code,
        name=programme.name,
        kinds=programme.kinds,
        max_lines=programme.max_lines_per_household,
        proration=programme.proration,
        idle_days=idle.idle_days if idle else None,
        cure_days=idle.cure_days if idle else None,
        document_number=programme.document.number,
        document_name=programme.document.file,
        document_sha256=programme.document.sha256,
        document_text=document_text,
        file_id=file_id,
    )
    await DELETE_SENTENCES.run(conn, county=county, code=programme.code)
    await ADD_SENTENCES.run(
        conn,
        county=county,
        code=programme.code,
        account_id=actor.account_id,
        now=upload.now,
        file_id=file_id,
        rows=[
            {"position": at, "subjects": each.of, "prefix": each.prefix, "quote": each.quote, "suffix": each.suffix}
            for at, each in enumerate(programme.sentences, 1)
        ],
    )
    await DELETE_TERMS.run(conn, county=county, code=programme.code)
    await ADD_TERMS.run(
        conn,
        county=county,
        code=programme.code,
        file_id=file_id,
        rows=[_build_terms_row(each) for each in programme.terms],
    )
    await store_check_settings(conn, county, programme.code, programme.checks or [], file_id=file_id)


def _build_terms_row(terms: ProgrammeTerms) -> dict[str, object]:
    rules = terms.rules
    idle = rules.idle if rules else None
    return {
        "proration": rules.proration if rules else None,
        "idle_days": idle.idle_days if idle else None,
        "cure_days": idle.cure_days if idle else None,
        "start": terms.start,
        "until": terms.until,
        "kind": terms.kind,
        "household_pays_bp": terms.household_pays_bp,
        "fixed_fen": terms.fixed_fen,
        "line_cap_fen": terms.line_cap_fen,
        "household_cap_fen": terms.household_cap_fen,
        "funders": [share.funder for share in terms.funders],
        "shares_bp": [share.share_bp for share in terms.funders],
        "monitoring": terms.monitoring,
    }


def _read(upload: Upload) -> ProgrammesSource:
    source = read_json(upload.name, upload.content, ProgrammesSource)
    if len(source.programmes) > MAX_PROGRAMMES:
        raise FileUnreadable(name=upload.name, reason=f"超过 {MAX_PROGRAMMES} 个项目")
    return source


def _get_text(programme: ProgrammeSource, documents: Mapping[str, bytes], texts: Mapping[str, str]) -> str:
    """Return the text of a programme's document, which was sent, or else is stored under its SHA-256."""
    sent = documents.get(programme.document.file)
    return texts[programme.document.sha256] if sent is None else decode_text(programme.document.file, sent)


def _find_faults(
    upload: Upload, source: ProgrammesSource, documents: Mapping[str, bytes], texts: Mapping[str, str]
) -> list[CellFault]:
    faults: list[tuple[str, str, str]] = []
    if source.county_code != upload.county:
        faults.append(("county_code", f"应是 {upload.county}", source.county_code))
    # The reader of calculator cases reports every fault of terms and proration.
    programmes = [
        msgspec.convert(replace(each, idle=None), Programme, from_attributes=True) for each in source.programmes
    ]
    case = Case("2000-01", None, tuple(programmes), households=(), lines=())
    try:
        read_case(msgspec.json.encode(case))
    except BadCase as error:
        faults += [(fault.path, fault.message, "") for fault in error.faults]
    for at, programme in enumerate(source.programmes):
        path = f"programmes[{at}]"
        if foreign := find_foreign_letters(programme.code):
            faults.append((f"{path}.code", f"只能用汉字、英文字母和数字，“{foreign}”不是", programme.code))
        if not 1 <= len(programme.code) <= MAX_CODE_LENGTH:
            faults.append((f"{path}.code", f"应是 1 到 {MAX_CODE_LENGTH} 个字", programme.code[:60]))
        if not 1 <= programme.max_lines_per_household <= 99:
            faults.append((f"{path}.max_lines_per_household", "应是 1 到 99", str(programme.max_lines_per_household)))
        if not programme.kinds:
            faults.append((f"{path}.kinds", "至少有一种业务", ""))
        if not programme.terms:
            faults.append((f"{path}.terms", "至少有一个标准", ""))
        faults += _find_gap_faults(path, programme)
        faults += _find_rule_faults(path, programme)
        faults += _find_monitoring_faults(path, programme)
        faults += find_setting_faults(path, programme.checks or [])
        faults += _find_document_faults(path, programme, documents, texts)
    return [CellFault(path, message, 1, path, value) for path, message, value in faults]


def _find_gap_faults(path: str, programme: ProgrammeSource) -> list[tuple[str, str, str]]:
    """Return a fault for terms that begin after a gap, in which no month could be calculated."""
    positions = sorted(range(len(programme.terms)), key=lambda at: programme.terms[at].start)
    return [
        (
            f"{path}.terms[{after}].from",
            f"应是 {end}，接着前一段：{end} 到 {start - timedelta(days=1)} 没有标准；这些天不补，就写一段定额 0",
            str(start),
        )
        for before, after in pairwise(positions)
        if (end := programme.terms[before].until) is not None and (start := programme.terms[after].start) > end
    ]


def _find_rule_faults(path: str, programme: ProgrammeSource) -> list[tuple[str, str, str]]:
    """Return the idle rules that no month could have, and terms that change the rules within a month."""
    own = TermsRules(programme.proration, programme.idle)
    positions = sorted(range(len(programme.terms)), key=lambda at: programme.terms[at].start)
    rules = [(f"{path}.terms[{at}]", programme.terms[at].start, programme.terms[at].rules or own) for at in positions]
    faults = [
        (f"{where}.from", "折算或闲置变了，要从某月 1 日起", str(start))
        for (_, _, before), (where, start, after) in pairwise(rules)
        if before != after and start.day != 1
    ]
    named = [(path, own), *((f"{where}.rules", each) for where, _, each in rules if each is not own)]
    for where, idle in ((where, each.idle) for where, each in named):
        if idle is not None and not 1 <= idle.idle_days <= MAX_IDLE_DAYS:
            faults.append((f"{where}.idle.idle_days", f"应是 1 到 {MAX_IDLE_DAYS}", str(idle.idle_days)))
        if idle is not None and not 0 <= idle.cure_days <= MAX_IDLE_DAYS:
            faults.append((f"{where}.idle.cure_days", f"应是 0 到 {MAX_IDLE_DAYS}", str(idle.cure_days)))
    return faults


def _find_monitoring_faults(path: str, programme: ProgrammeSource) -> list[tuple[str, str, str]]:
    """Return the terms that name a type twice, or by a word that is not used on any of their days."""
    faults: list[tuple[str, str, str]] = []
    for at, terms in enumerate(programme.terms):
        known = list_types(terms.start, date.max if terms.until is None else terms.until - timedelta(days=1))
        if len(set(known).intersection(terms.monitoring)) != len(terms.monitoring):
            message = f"每种写一次，应是 {'、'.join(known)}"
            faults.append((f"{path}.terms[{at}].monitoring", message, "、".join(terms.monitoring)))
    return faults


def _find_document_faults(
    path: str, programme: ProgrammeSource, documents: Mapping[str, bytes], texts: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    name = programme.document.file
    document = documents.get(name)
    if document is None and programme.document.sha256 not in texts:
        return [(f"{path}.document.file", "没有这个文件", name)]
    if document is not None and digest(document) != programme.document.sha256:
        return [(f"{path}.document.sha256", f"文件的校验和是 {digest(document)}", programme.document.sha256)]
    # A quote may span line breaks of the document.
    text = "".join(_get_text(programme, documents, texts).split())
    return [
        (f"{path}.sentences[{at}].quote", "文件里没有这句话", sentence.quote)
        for at, sentence in enumerate(programme.sentences)
        if "".join(f"{sentence.prefix}{sentence.quote}{sentence.suffix}".split()) not in text
    ]


def list_document_names(upload: Upload) -> list[str]:
    """Return the names of the documents in a programmes file.

    Raises:
        FileUnreadable: the file is not JSON of the shape of `ProgrammesSource`.
    """
    return sorted({programme.document.file for programme in _read(upload).programmes})

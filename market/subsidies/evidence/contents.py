"""Build the contents of an evidence pack from a closed cycle: figures recomputed, records read, names as tokens."""

import asyncio
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from market.kernel import Connection
from market.kernel.seal import Seal
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json, result_json
from market.subsidies.engine.models import Case
from market.subsidies.evidence.packing import NAMES_MEMBER, encrypt_member
from market.subsidies.evidence.records import (
    GET_RUN,
    LIST_APPROVALS,
    LIST_AUDIT,
    LIST_CLAIMS,
    LIST_CONTROLS,
    LIST_DOCUMENTS,
    LIST_DUTIES,
    LIST_FILES,
    LIST_FINDINGS,
    LIST_PERSONS,
    LIST_POSTINGS,
    LIST_SENTENCES,
    LIST_STEPS,
    LIST_VERDICTS,
    FileRecord,
    RunRecord,
)
from market.subsidies.evidence.tokens import Tokens, restore_names
from market.subsidies.line_codes import show_lines
from market.subsidies.models import FileId, MonthRefusal
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.run import get_run_case

_KEY_BYTES = 32
type Plain = dict[str, Any]


class PackNotReproduced(MonthRefusal):
    """Calculating the month's case gives another result than the run that was settled."""

    code = "pack_not_reproduced"
    status = 409
    zh = "{month}的算式重算出来和当时的结果不一样，不能封存证据包；请告诉平台。"
    en = "Calculating the case of {month} again gives another result than the settled run; no pack is sealed."


class PackedFile(Struct, frozen=True):
    """A file whose bytes a pack has, and the member that has them."""

    file_id: FileId
    attached: bool
    name: str
    member: str


class PackContent(Struct, frozen=True):
    """What is stored of a pack: its keys, its members but the files, and which files they are.

    `key` opens this pack's files and names; `name_key` makes the tokens of all packs of the county.
    """

    key: bytes
    name_key: bytes
    members: dict[str, bytes]
    files: list[PackedFile]


async def build_content(conn: Connection, seal: Seal, cycle: Cycle, *, name_key: bytes | None) -> PackContent:
    """Return the contents of a closed cycle's pack, with a new key; without `name_key`, with a new one too.

    Raises:
        PackNotReproduced: the case no longer gives the result that was settled.
    """
    assert cycle.run_id is not None, "a closed cycle has a run"
    key, name_key = os.urandom(_KEY_BYTES), name_key or os.urandom(_KEY_BYTES)
    run = await GET_RUN.one(conn, run_id=cycle.run_id, county=cycle.county_code)
    case = msgspec.json.decode(await get_run_case(conn, seal, cycle.county_code, cycle.run_id), type=Case)
    facts = await _load_facts(conn, seal, cycle)
    tokens = Tokens(name_key)
    tokens.add("L", [*(line.id for line in case.lines), *facts.list_lines()])
    tokens.add("H", [household.id for household in case.households])
    persons = await _name_persons(conn, tokens, [*facts.list_persons(), run.person])
    terms = _build_terms(facts, case, persons)
    records = _Records(facts, tokens, persons)
    files, packed = _build_files(facts, tokens, persons)
    members = {
        "terms.json": terms,
        "decisions.json": {"month": cycle.name, "run": records.build_run(run), **records.build_decisions()},
        "ledger.json": records.build_ledger(),
        "files.json": {"files": files, "claims": [msgspec.to_builtins(each) for each in facts.claims]},
    }
    names = tokens.list_names()
    figures = await asyncio.to_thread(_build_figures, case, tokens, names, run)
    if figures is None:
        raise PackNotReproduced(month=cycle.name)
    encoded = {name: canonical_json(value) for name, value in members.items()}
    encoded = figures | encoded | {NAMES_MEMBER: encrypt_member(key, NAMES_MEMBER, canonical_json(names))}
    return PackContent(key, name_key, encoded, packed)


class _Facts(Struct, frozen=True, kw_only=True):
    """The records of a cycle, lines with their codes as people see them."""

    documents: list[Any]
    sentences: list[Any]
    duties: list[Any]
    steps: list[Any]
    approvals: list[Any]
    findings: list[Any]
    verdicts: list[Any]
    audit: list[Any]
    postings: list[Any]
    controls: list[Any]
    files: list[FileRecord]
    claims: list[Any]

    def list_lines(self) -> Iterable[str]:
        yield from (each.line for each in self.postings)
        for finding in self.findings:
            yield from finding.lines
        for verdict in self.verdicts:
            yield from (*verdict.pays, *verdict.stops)

    def list_persons(self) -> Iterable[UUID]:
        for rows in (self.sentences, self.duties, self.steps, self.approvals, self.verdicts, self.files):
            yield from (each.person for each in rows)


async def _load_facts(conn: Connection, seal: Seal, cycle: Cycle) -> _Facts:
    county, by_cycle = cycle.county_code, {"county": cycle.county_code, "cycle_id": cycle.id}
    findings = await LIST_FINDINGS.all(conn, **by_cycle)
    verdicts = await LIST_VERDICTS.all(conn, county=county, findings=[each.id for each in findings])
    return _Facts(
        documents=await LIST_DOCUMENTS.all(conn, county=county),
        sentences=await LIST_SENTENCES.all(conn, county=county),
        duties=await LIST_DUTIES.all(conn, **by_cycle),
        steps=await LIST_STEPS.all(conn, **by_cycle),
        approvals=await LIST_APPROVALS.all(conn, **by_cycle),
        findings=await show_lines(conn, seal, findings, "subject", "lines"),
        verdicts=await show_lines(conn, seal, verdicts, "pays", "stops"),
        audit=await LIST_AUDIT.all(conn, object=f"cycle:{county}:{cycle.name}"),
        postings=await show_lines(conn, seal, await LIST_POSTINGS.all(conn, **by_cycle), "line"),
        controls=await LIST_CONTROLS.all(conn, **by_cycle),
        files=await LIST_FILES.all(conn, county=county, run_id=cycle.run_id),
        claims=await LIST_CLAIMS.all(conn, county=county, run_id=cycle.run_id, month=cycle.month),
    )


async def _name_persons(conn: Connection, tokens: Tokens, accounts: Iterable[UUID]) -> dict[UUID, str]:
    """Return the token of each account's person, which all accounts of the person share."""
    rows = await LIST_PERSONS.all(conn, ids=sorted(set(accounts)))
    by_key: dict[bytes, list[str]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row.name)
    names = {key: "、".join(sorted(each)) for key, each in by_key.items()}
    tokens.add("P", names.values())
    return {row.id: tokens.get("P", names[row.key]) for row in rows}


def _build_figures(case: Case, tokens: Tokens, names: Mapping[str, str], run: RunRecord) -> dict[str, bytes] | None:
    """Return case and result with tokens, or None if they are not those of the run."""
    renamed = structs.replace(
        case,
        households=tuple(structs.replace(each, id=tokens.get("H", each.id)) for each in case.households),
        lines=tuple(
            structs.replace(
                line,
                id=tokens.get("L", line.id),
                households=tuple(
                    structs.replace(each, household=tokens.get("H", each.household)) for each in line.households
                ),
            )
            for line in case.lines
        ),
    )
    answer = calculate(renamed)
    figures = {"case.json": canonical_json(renamed), "result.json": result_json(answer.lines, answer.totals)}
    hashes = [hashlib.sha256(restore_names(content, names)).hexdigest() for content in figures.values()]
    return figures if hashes == [run.manifest_sha256, run.result_sha256] else None


def _build_terms(facts: _Facts, case: Case, persons: Mapping[UUID, str]) -> Plain:
    """Return the programmes of the case with their documents, and the sentences that their figures rest on."""
    documents = {each.programme: each for each in facts.documents}
    programmes: list[Plain] = []
    for programme in case.programmes:
        document = documents[programme.code]
        sentences = [
            _to_plain(each, "programme", person=persons[each.person])
            for each in facts.sentences
            if each.programme == programme.code
        ]
        told = _to_plain(document, "programme") | {"sentences": sentences}
        programmes.append({**msgspec.to_builtins(programme), "document": told})
    return {"programmes": programmes}


def _build_files(facts: _Facts, tokens: Tokens, persons: Mapping[UUID, str]) -> tuple[list[Plain], list[PackedFile]]:
    files: list[Plain] = []
    packed: list[PackedFile] = []
    for each in facts.files:
        member = f"files/{len(packed) + 1:04d}.bin" if each.kept else None
        if member:
            packed.append(PackedFile(each.id, each.attached, each.name, member))
        name, month = tokens.get_text(each.name), each.month and f"{each.month:%Y-%m}"
        files.append(
            _to_plain(each, "id", "kept", name=name, month=month, person=persons[each.person]) | {"member": member}
        )
    return files, packed


class _Records:
    """Decisions and postings, with tokens in place of lines, persons and what people wrote."""

    def __init__(self, facts: _Facts, tokens: Tokens, persons: Mapping[UUID, str]) -> None:
        self._facts, self._tokens, self._persons = facts, tokens, persons

    def build_run(self, run: RunRecord) -> Plain:
        return _to_plain(run, person=self._persons[run.person])

    def build_decisions(self) -> Plain:
        facts, text = self._facts, self._tokens.get_text
        return {
            "duties": [self._with_person(each) for each in facts.duties],
            "steps": [self._with_person(each, opinion=text(each.opinion)) for each in facts.steps],
            "approvals": [self._with_person(each, opinion=text(each.opinion)) for each in facts.approvals],
            "findings": [self._build_finding(each) for each in facts.findings],
            "audit": [_to_plain(each) for each in facts.audit],
        }

    def build_ledger(self) -> Plain:
        return {
            "postings": [_to_plain(each, line=self._tokens.get("L", each.line)) for each in self._facts.postings],
            "controls": [_to_plain(each) for each in self._facts.controls],
        }

    def _build_finding(self, finding: Any) -> Plain:
        text = self._tokens.get_text
        decisions = [
            self._with_person(
                each,
                "finding",
                pays=self._name_lines(each.pays),
                stops=self._name_lines(each.stops),
                why=text(each.why),
                evidence=text(each.evidence),
            )
            for each in self._facts.verdicts
            if each.finding == finding.id
        ]
        told = _to_plain(finding, "id", subject=text(finding.subject), evidence=text(finding.evidence))
        return told | {"lines": self._name_lines(finding.lines), "decisions": decisions}

    def _with_person(self, record: Any, *without: str, **changes: object) -> Plain:
        return _to_plain(record, *without, person=self._persons[record.person], **changes)

    def _name_lines(self, lines: Iterable[str]) -> list[str]:
        return [self._tokens.get("L", line) for line in lines]


def _to_plain(record: Struct, *without: str, **changes: object) -> Plain:
    """Return a record's fields; times are UTC with microseconds, so that they compare as text."""
    values = {name: value for name, value in structs.asdict(record).items() if name not in without} | changes
    return {
        name: value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in values.items()
    }

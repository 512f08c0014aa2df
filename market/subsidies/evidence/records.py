"""What an evidence pack says besides case and result: terms and documents, decisions, postings, files."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Query
from market.subsidies.models import FileId


class SentenceRecord(Struct, frozen=True, kw_only=True):
    """A sentence of a programme's document and who read it so."""

    programme: str
    subjects: list[str]
    prefix: str
    quote: str
    suffix: str
    person: UUID
    at: datetime


class DocumentRecord(Struct, frozen=True, kw_only=True):
    """The document of a programme."""

    programme: str
    name: str
    number: str
    sha256: str
    text: str


class DutyRecord(Struct, frozen=True, kw_only=True):
    """A duty of the cycle and who took it."""

    person: UUID
    duty: str
    at: datetime


class StepRecord(Struct, frozen=True, kw_only=True):
    """A state that the cycle reached, forwards or returned."""

    state: str
    person: UUID
    at: datetime
    returned: bool
    opinion: str


class ApprovalRecord(Struct, frozen=True, kw_only=True):
    """An approval of the cycle's run that counts."""

    duty: str
    scope: str
    person: UUID
    at: datetime
    opinion: str


class FindingRecord(Struct, frozen=True, kw_only=True):
    """A finding of the cycle, with its lines."""

    id: UUID
    check: str
    subject: str
    stops: bool
    state: str
    at_risk_fen: Fen
    evidence: str
    lines: list[str]


class VerdictRecord(Struct, frozen=True, kw_only=True):
    """A decision of a finding, taken in the cycle of `month`."""

    finding: UUID
    month: str
    person: UUID
    at: datetime
    pays: list[str]
    stops: list[str]
    why: str
    evidence: str


class AuditRecord(Struct, frozen=True, kw_only=True):
    """An entry of the audit record about the cycle: its place and its hash, which noted heads confirm."""

    chain: int
    sequence: int
    at: datetime
    action: str
    hash: str


class PostingRecord(Struct, frozen=True, kw_only=True):
    """A posting of the cycle."""

    line: str
    for_month: str
    revision: int
    operator: str
    kind: str
    approved_fen: int
    conceded_fen: int
    public_fen: int
    settled_before_fen: int
    shares: dict[str, int]
    why: str
    at: datetime


class ControlRecord(Struct, frozen=True, kw_only=True):
    """The control totals of an operator's settlement file."""

    operator: str
    rows: int
    pay_fen: int
    at: datetime


class FileRecord(Struct, frozen=True, kw_only=True):
    """An imported file, or one attached to it; `kept` if its bytes are."""

    id: FileId
    kind: str
    name: str
    attached: bool
    sha256: str
    bytes: int | None
    rows: int
    operator: str | None
    month: date | None
    sum_fen: int | None
    person: UUID
    at: datetime
    kept: bool


class ClaimsRecord(Struct, frozen=True, kw_only=True):
    """What a file claims for the month, corrections in later files included."""

    sha256: str
    operator: str
    rows: int
    reduction_fen: int


LIST_DOCUMENTS = Query(
    DocumentRecord,
    """
    SELECT code AS programme, name, document_number AS number, document_sha256 AS sha256, document_text AS text
      FROM programmes WHERE county_code = :county ORDER BY code
    """,
)
LIST_SENTENCES = Query(
    SentenceRecord,
    """
    SELECT programme_code AS programme, subjects, prefix, quote, suffix, read_by AS person, read_at AS at
      FROM programme_sentences WHERE county_code = :county ORDER BY programme_code, position
    """,
)
LIST_DUTIES = Query(
    DutyRecord,
    """
    SELECT account_id AS person, duty, taken_at AS at FROM cycle_duties
     WHERE county_code = :county AND cycle_id = :cycle_id ORDER BY taken_at, duty, account_id
    """,
)
LIST_STEPS = Query(
    StepRecord,
    """
    SELECT state, account_id AS person, at, returned, opinion FROM cycle_events
     WHERE county_code = :county AND cycle_id = :cycle_id ORDER BY id
    """,
)
LIST_APPROVALS = Query(
    ApprovalRecord,
    """
    SELECT a.duty, a.scope, a.account_id AS person, a.approved_at AS at, a.opinion
      FROM valid_approvals
      JOIN cycle_approvals a USING (county_code, cycle_id, run_id, duty, scope, account_id)
     WHERE a.county_code = :county AND a.cycle_id = :cycle_id
     ORDER BY a.approved_at, a.duty, a.scope
    """,
)
LIST_FINDINGS = Query(
    FindingRecord,
    """
    SELECT f.id, f.check_code AS "check", f.subject, f.stops, f.state, f.at_risk_fen, f.evidence,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code) AS lines
      FROM cycle_findings q JOIN findings f ON f.id = q.finding_id
     WHERE q.county_code = :county AND q.cycle_id = :cycle_id
     ORDER BY f.check_code, f.subject
    """,
)
LIST_VERDICTS = Query(
    VerdictRecord,
    """
    SELECT d.finding_id AS finding, to_char(q.month, 'YYYY-MM') AS month, d.account_id AS person, d.decided_at AS at,
           d.pays, d.stops, d.why, d.evidence
      FROM finding_decisions d JOIN cycles q ON q.id = d.cycle_id
     WHERE d.county_code = :county AND d.finding_id = ANY(:findings::uuid[])
     ORDER BY d.decided_at, d.id
    """,
)
LIST_AUDIT = Query(
    AuditRecord,
    """
    SELECT chain, sequence, at, action, encode(hash, 'hex') AS hash FROM audit_entries
     WHERE object = :object ORDER BY chain, sequence
    """,
)
LIST_POSTINGS = Query(
    PostingRecord,
    """
    SELECT line_code AS line, to_char(for_month, 'YYYY-MM') AS for_month, revision, operator, kind, approved_fen,
           conceded_fen, public_fen, settled_before_fen, shares, why, posted_at AS at
      FROM subsidy_postings WHERE county_code = :county AND cycle_id = :cycle_id
     ORDER BY for_month, line_code, revision
    """,
)
LIST_CONTROLS = Query(
    ControlRecord,
    """
    SELECT operator, rows, pay_fen, settled_at AS at FROM settlements
     WHERE county_code = :county AND cycle_id = :cycle_id ORDER BY operator
    """,
)
# A file belongs to the first pack whose run could read it; files of before originals were kept have no bytes.
LIST_FILES = Query(
    FileRecord,
    """
    SELECT i.id, i.kind, coalesce(o.name, i.name) AS name, coalesce(o.attached, false) AS attached,
           coalesce(o.sha256, i.sha256) AS sha256, o.bytes, i.rows, i.operator, i.month, i.sum_fen,
           i.account_id AS person, i.imported_at AS at, o.file_id IS NOT NULL AND o.redacted_at IS NULL AS kept
      FROM import_files i
      LEFT JOIN import_originals o ON o.file_id = i.id
     WHERE i.county_code = :county
       AND i.imported_at <= (SELECT ran_at FROM runs WHERE id = :run_id)
       AND i.imported_at > coalesce((SELECT max(ran_at) FROM evidence_packs p JOIN runs ON runs.id = p.run_id
                                      WHERE p.county_code = :county), '-infinity')
     ORDER BY i.imported_at, i.id, o.attached, o.name
    """,
)
LIST_CLAIMS = Query(
    ClaimsRecord,
    """
    SELECT i.sha256, c.operator, count(*)::integer AS rows, sum(c.reduction_fen)::bigint AS reduction_fen
      FROM claims c JOIN import_files i ON i.id = c.file_id
     WHERE c.county_code = :county AND i.imported_at <= (SELECT ran_at FROM runs WHERE id = :run_id)
       AND ((c.month = :month AND c.corrects_month IS NULL) OR c.corrects_month = :month)
     GROUP BY i.imported_at, i.sha256, c.operator
     ORDER BY i.imported_at, i.sha256, c.operator
    """,
)


class PersonName(Struct, frozen=True, kw_only=True):
    """An account with its name, and the key that all accounts of its person share."""

    id: UUID
    key: bytes
    name: str


LIST_PERSONS = Query(
    PersonName,
    """
    SELECT id, get_person_key(id) AS key, name || coalesce('（' || handle || '）', '') AS name
      FROM accounts WHERE id = ANY(:ids::uuid[]) ORDER BY id
    """,
)


class RunRecord(Struct, frozen=True, kw_only=True):
    """The run that was decided and settled."""

    n: int
    manifest_sha256: str
    result_sha256: str
    person: UUID
    at: datetime


GET_RUN = Query(
    RunRecord,
    """
    SELECT n, manifest_sha256, result_sha256, account_id AS person, ran_at AS at FROM runs
     WHERE id = :run_id AND county_code = :county
    """,
)

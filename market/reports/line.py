"""One line of a month explained: days, sums, the steps of the calculation, and the sentences it is based on."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import count_days_in_month
from market.kernel.seal import Seal, UnsealError
from market.kernel.sheets.redact import REDACTED
from market.kernel.structs import build_from
from market.kernel.text import mask_phone
from market.reports.line_history import KnownFact, TakenStep, list_known_facts, list_taken_steps
from market.reports.reasons import expand_reasons
from market.subsidies.engine.explain import explain_en, explain_zh
from market.subsidies.engine.reasons import REASON_NAMES
from market.subsidies.engine.steps import Step
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.line_codes import find_stored_codes, show_lines
from market.subsidies.models import SubsidyLineNotFound
from market.subsidies.month.cycles import Cycle
from market.subsidies.names import CHECK_NAMES
from market.subsidies.register.queries import NAME_CONTEXT

_CAPS = {"OVER_HOUSEHOLD_CAP": "household_cap_fen", "IN_CURE": "cure_days", "NO_USAGE_YET": "idle_days"}


class RuleSentence(Struct, frozen=True):
    """A sentence of the programme's document, quoted exactly, and the fields based on it."""

    subjects: list[str]
    prefix: str
    quote: str
    suffix: str


class LineRow(Struct, frozen=True, kw_only=True):
    """A line of the month's run; `duplicate` if a finding about two operators in one household includes it."""

    line: str
    operator: str
    kind: str
    programme: str
    programme_name: str
    document_number: str
    document_sha256: str
    in_snapshot: bool
    household: str | None
    village_code: str | None
    village: str | None
    payable_days: int
    claimed_fen: Fen | None
    entitled_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: dict[str, int]
    settled_fen: Fen | None
    reasons: list[str]
    causes: list[str]
    removed_on: date | None
    steps: tuple[Step, ...]
    duplicate: bool
    number_sealed: bytes | None
    name_sealed: bytes | None


class LineHold(Struct, frozen=True):
    """A stopping finding that holds a line; `verdict` is empty until it is decided."""

    check: str
    subject: str
    evidence: str
    verdict: str


class ExplainedLine(Struct, frozen=True, kw_only=True):
    """The result of a line and its reasons; `steps` and `steps_zh` explain the calculation in English and Chinese.

    `known` is what was known when, `taken` who took the steps of the month. A line with `holds` is not settled: nothing
    of its calculated sums is funded, and it does not count as matched.
    """

    county: str
    month: str
    line: str
    operator: str
    kind: str
    number: str
    person: str
    programme: str
    programme_name: str
    document_number: str
    document_sha256: str
    household: str | None
    village_code: str | None
    village: str | None
    in_snapshot: bool
    payable_days: int
    month_days: int
    claimed_fen: Fen | None
    entitled_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    funded_fen: Fen
    holds: list[LineHold]
    shares: dict[str, int]
    settled_fen: Fen | None
    reasons: list[str]
    reasons_zh: list[str]
    removed_on: date | None
    steps: list[str]
    steps_zh: list[str]
    sentences: list[RuleSentence]
    known: list[KnownFact]
    taken: list[TakenStep]


# The number and the person are those of the month, the earlier ones if they changed in it.
GET_LINE = Query(
    LineRow,
    """
    SELECT r.line_code AS line, r.operator, r.kind, r.programme_code AS programme, p.name AS programme_name,
           p.document_number, p.document_sha256, r.in_snapshot, r.household_code AS household, r.village_code,
           d.name AS village, r.payable_days, r.claimed_fen, r.entitled_fen, r.approved_fen, r.over_fen, r.under_fen,
           r.conceded_fen, r.public_fen, r.shares, r.settled_fen, r.reasons, r.causes, r.removed_on, x.steps,
           EXISTS (SELECT FROM finding_lines l JOIN findings f ON f.id = l.finding_id
                    WHERE l.county_code = :county AND l.line_code = r.line_code AND f.month = :month
                      AND f.check_code = 'two_operators_one_household' AND f.state <> 'lapsed') AS duplicate,
           b.value_sealed AS number_sealed, w.name_sealed
      FROM run_lines r
      JOIN run_explanations x ON x.run_id = r.run_id AND x.number = r.explanation
      JOIN programmes p ON p.county_code = r.county_code AND p.code = r.programme_code
      LEFT JOIN divisions d ON d.code = r.village_code
      CROSS JOIN (SELECT daterange(:month::date, (:month::date + interval '1 month')::date) AS days) AS s
      LEFT JOIN LATERAL (
           SELECT value_sealed, identity_index FROM bindings JOIN identifiers ON id = number_id
            WHERE county_code = :county AND line_code = r.line_code
            ORDER BY valid_during && s.days DESC, CASE WHEN valid_during && s.days THEN lower(valid_during) END,
                     lower(valid_during) DESC
            LIMIT 1) AS b ON true
      LEFT JOIN persons w ON w.county_code = :county AND w.identity_index = b.identity_index
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = :line
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(r.village_code, r.county_code), division)))
    """,
)
LIST_LINE_HOLDS = Query(
    LineHold,
    """
    SELECT f.check_code AS "check", f.subject, f.evidence, coalesce(l.verdict, '') AS verdict
      FROM withheld_lines h
      JOIN findings f ON f.id = h.finding_id
      JOIN finding_lines l ON l.finding_id = f.id AND l.line_code = h.line_code
     WHERE h.cycle_id = :cycle_id AND h.county_code = :county AND h.line_code = :line
     ORDER BY f.check_code, f.subject
     LIMIT 100
    """,
)
LIST_PROGRAMME_SENTENCES = Query(
    RuleSentence,
    """
    SELECT subjects, prefix, quote, suffix FROM programme_sentences
     WHERE county_code = :county AND programme_code = :programme
     ORDER BY position
     LIMIT 100
    """,
)


async def explain_line(
    conn: Connection, seal: Seal, cycle: Cycle, divisions: Sequence[str], line: str
) -> ExplainedLine:
    """Explain a line of a calculated month, with names and numbers masked and the most relevant sentence first.

    Raises:
        SubsidyLineNotFound: the month has no such line, or it is in a division that the official may not see.
    """
    [stored] = await find_stored_codes(conn, seal, cycle.county_code, [line])
    row = await GET_LINE.maybe(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        month=cycle.month,
        line=stored,
        divisions=list(divisions),
    )
    if row is None:
        raise SubsidyLineNotFound(month=cycle.name, line=line)
    [row] = await show_lines(conn, seal, [row], "line")
    stored_holds = await LIST_LINE_HOLDS.all(conn, cycle_id=cycle.id, county=cycle.county_code, line=stored)
    holds = await show_lines(conn, seal, stored_holds, "subject")
    sentences = await LIST_PROGRAMME_SENTENCES.all(conn, county=cycle.county_code, programme=row.programme)
    reasons = [*row.reasons, "DUPLICATE_OPERATOR"] if row.duplicate else row.reasons
    if holds:
        reasons = [reason for reason in reasons if reason != "MATCHED"]
    return build_from(
        ExplainedLine,
        row,
        county=cycle.county_code,
        month=cycle.name,
        number=mask_number(seal.open(row.number_sealed, IDENTIFIER_CONTEXT)) if row.number_sealed else "",
        person=unseal_masked_name(seal, row.name_sealed),
        month_days=count_days_in_month(cycle.month),
        funded_fen=Fen(0 if holds else row.conceded_fen + row.public_fen),
        holds=holds,
        reasons=reasons,
        reasons_zh=[
            *map(_describe_hold, holds),
            *(REASON_NAMES[reason] for reason in expand_reasons(reasons, row.causes)),
        ],
        steps=[explain_en(step) for step in row.steps],
        steps_zh=[explain_zh(step) for step in row.steps],
        sentences=_by_weight(sentences, reasons),
        known=await list_known_facts(conn, cycle, line=stored, programme=row.programme),
        taken=await list_taken_steps(conn, cycle, village=row.village_code),
    )


def _describe_hold(hold: LineHold) -> str:
    name = CHECK_NAMES.get(hold.check, hold.check)
    return f"{'决定停付' if hold.verdict else '停付，等乡镇处理'}：{name}（{hold.evidence}）"


def _by_weight(sentences: list[RuleSentence], reasons: list[str]) -> list[RuleSentence]:
    """Sort the sentences: first those of the line's reasons, then those that apply to every line."""
    reason_subjects = {_CAPS[reason] for reason in reasons if reason in _CAPS}
    reason_subjects |= {"idle_days", "cure_days"} if reason_subjects & {"idle_days", "cure_days"} else set()
    every, caps = {"household_pays_bp", "fixed_fen"}, {"line_cap_fen", "household_cap_fen"}

    def weight(sentence: RuleSentence) -> int:
        subjects = set(sentence.subjects)
        return 0 if subjects & reason_subjects else 1 if subjects & every else 2 if subjects & caps else 3

    return sorted(sentences, key=weight)


def mask_number(number: str) -> str:
    """Mask a phone number or an account so that only its owner recognises it: `170****0001`, `kd-****01`."""
    if number.isdigit():
        return mask_phone(number)
    return f"{number[:3]}****{number[-2:]}"


def mask_name(name: str) -> str:
    """Mask a name except its first character and a sample's 样例: `赵**`, `样例赵*`."""
    head = "样例" if name.startswith("样例") else ""
    rest = name.removeprefix(head)
    return f"{head}{rest[:1]}{'*' * max(len(rest) - 1, 1)}"


def unseal_masked_name(seal: Seal, name_sealed: bytes | None) -> str:
    """Return a person's masked name, empty if none is known."""
    if name_sealed is None:
        return ""
    try:
        name = seal.open(name_sealed, NAME_CONTEXT)
    except UnsealError:
        return ""
    return name if name == REDACTED else mask_name(name)

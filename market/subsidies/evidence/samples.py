"""Spot checks: lines of a settled month drawn by its result and a secret deposited before the month was opened.

The county cannot know the secret when it makes the result, and the auditor cannot know the result when the secret is
deposited, so that neither chooses the lines. Who has both draws the same ones.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import is_auditor, require_county_role
from market.people.identity.models import AccountId, Actor, NotAllowed, Role
from market.subsidies.line_codes import find_stored_codes, show_line_codes, show_lines
from market.subsidies.models import CycleState, MonthRefusal, SubsidyLineNotFound
from market.subsidies.month.cycles import LOCK_IMPORTS, find_cycle, lock_cycle, require_state
from market.subsidies.month.steps import SETTLED_STATES

MAX_SAMPLE = 500
_SHA256 = re.compile("[0-9a-f]{64}")


class CheckOutcome(StrEnum):
    """What a spot check found: the line is as the register says, is not, or could not be found."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_FOUND = "not_found"


class DepositRefused(MonthRefusal):
    """The month was opened, or has a deposit already."""

    code = "deposit_refused"
    status = 409
    zh = "{month}已经开账，或者已经存过一个。抽查的密语要在开账之前存，存了不能换。"
    en = "{month} was opened or has a deposit. A secret is deposited before a month is opened, and not replaced."


class AuditorSamples(NotAllowed):
    """The county has an auditor, who alone deposits, draws and checks."""

    code = "auditor_samples"
    zh = "本县有审计：存密语、抽、记结果都由审计来办。"
    en = "The county has an auditor, who alone deposits, draws and checks."


class DepositInvalid(Refusal):
    """What is deposited is no SHA-256."""

    code = "deposit_invalid"
    status = 422
    zh = "存的是密语的 SHA-256：64 位十六进制，用小写字母。"
    en = "The SHA-256 of the secret is deposited: 64 hexadecimal digits, in small letters."


class DepositMissing(MonthRefusal):
    """No secret was deposited for the month."""

    code = "no_deposit"
    status = 404
    zh = "{month}开账之前没有存过抽查的密语，不能抽。"
    en = "No secret was deposited before {month} was opened."


class SecretWrong(MonthRefusal):
    """The secret does not have the deposited hash."""

    code = "wrong_sample_secret"
    status = 422
    zh = "这句密语和{month}存的校验和对不上。"
    en = "The secret does not have the hash that was deposited for {month}."


class SampleDrawn(MonthRefusal):
    """The month's lines were drawn."""

    code = "sample_drawn"
    status = 409
    zh = "{month}已经抽过了，一个月抽一次。"
    en = "The lines of {month} were drawn; a month is drawn once."


class SpotCheck(Struct, frozen=True, kw_only=True):
    """A drawn line, in the order of the draw; `outcome` is null until it was checked, `checked_by` is a name."""

    position: int
    line: str
    outcome: CheckOutcome | None
    checked_at: datetime | None
    checked_by: str | None = None


class SampleMonth(Struct, frozen=True, kw_only=True):
    """A month with a deposit: its state or None before it is opened, and the draw, if it was drawn.

    `deposited_by` is a name, or None if the operator of the system deposited.
    """

    month: date
    secret_sha256: str
    deposited_at: datetime
    deposited_by: str | None
    state: CycleState | None
    secret: str | None
    result_sha256: str | None
    drawn_at: datetime | None
    lines: int
    checked: int


ADD_DEPOSIT = Query(
    int,
    """
    INSERT INTO sample_deposits (county_code, month, secret_sha256, deposited_at, deposited_by)
    VALUES (:county, :month, :secret_sha256, :now, :account_id)
    ON CONFLICT ON CONSTRAINT sample_deposits_pkey DO NOTHING
    RETURNING 1
    """,
)
HAS_AUDITOR = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM grants
                    WHERE role = 'auditor' AND starts_with(:county, scope) AND valid_during @> :day::date)
    """,
)
LIST_MONTHS = Query(
    SampleMonth,
    """
    SELECT d.month, d.secret_sha256, d.deposited_at, a.name AS deposited_by, c.state, s.secret, s.result_sha256,
           s.drawn_at, coalesce(n.lines, 0) AS lines, coalesce(n.checked, 0) AS checked
      FROM sample_deposits d
      LEFT JOIN accounts a ON a.id = d.deposited_by
      LEFT JOIN cycles c ON c.county_code = d.county_code AND c.month = d.month
      LEFT JOIN sample_draws s ON s.cycle_id = c.id
      LEFT JOIN LATERAL (SELECT count(*) AS lines, count(outcome) AS checked FROM sample_lines
                          WHERE cycle_id = c.id) n ON true
     WHERE d.county_code = :county
     ORDER BY d.month DESC
     LIMIT 240
    """,
)
FIND_DEPOSIT = Query(str, "SELECT secret_sha256 FROM sample_deposits WHERE county_code = :county AND month = :month")
GET_RESULT = Query(str, "SELECT result_sha256 FROM runs WHERE id = :run_id AND county_code = :county")
LIST_POSTED = Query(
    str,
    """
    SELECT line_code FROM subsidy_postings
     WHERE county_code = :county AND cycle_id = :cycle_id AND for_month = :month ORDER BY line_code
    """,
)
ADD_DRAW = Query(
    int,
    """
    INSERT INTO sample_draws (cycle_id, county_code, month, secret, result_sha256, drawn_at)
    VALUES (:cycle_id, :county, :month, :secret, :result_sha256, :now)
    ON CONFLICT ON CONSTRAINT sample_draws_pkey DO NOTHING
    RETURNING 1
    """,
)
ADD_SAMPLE_LINES = Query(
    None,
    """
    INSERT INTO sample_lines (cycle_id, position, county_code, line_code)
    SELECT :cycle_id, position, :county, line FROM unnest(:lines::text[]) WITH ORDINALITY AS drawn (line, position)
    """,
)
LIST_SAMPLE = Query(
    SpotCheck,
    """
    SELECT position, line_code AS line, outcome, checked_at,
           (SELECT name FROM accounts WHERE id = sample_lines.checked_by) AS checked_by
      FROM sample_lines
     WHERE county_code = :county AND cycle_id = :cycle_id ORDER BY position
    """,
)
SET_OUTCOME = Query(
    int,
    """
    UPDATE sample_lines SET outcome = :outcome, checked_by = :account_id, checked_at = :now
     WHERE county_code = :county AND cycle_id = :cycle_id AND line_code = :line AND outcome IS NULL
    RETURNING position
    """,
)


def draw_lines(lines: Iterable[str], *, secret: str, result_sha256: str, count: int) -> list[str]:
    """Return the lines that secret and result draw: those with the smallest hashes.

    The hash of a line is SHA-256 of `result_sha256`, the secret and the line's code, separated by line feeds; a line's
    chance depends on no other line.
    """
    seed = f"{result_sha256}\n{secret}\n"
    return sorted(lines, key=lambda line: hashlib.sha256(f"{seed}{line}".encode()).digest())[:count]


async def has_auditor(conn: Connection, county: str, *, now: datetime) -> bool:
    """Return whether the county has an auditor today, its own or of a wider division."""
    return await HAS_AUDITOR.one(conn, county=county, day=get_business_day(now))


async def require_sampler(conn: Connection, actor: Actor | None, county: str, *, now: datetime) -> None:
    """Require the county's auditor, or who decides for the county if it has none.

    `None` is the operator of the embedded server, who needs no role where there is no auditor.

    Raises:
        AuditorSamples: the county has an auditor, and the actor is another.
        NotAllowed, SecondFactorRequired: see `require_county_role`.
    """
    if await has_auditor(conn, county, now=now):
        if actor is None or not is_auditor(actor):
            raise AuditorSamples
        require_county_role(actor, Role.AUDITOR, county)
    elif actor is not None:
        require_county_role(actor, Role.COUNTY, county)


async def list_sample_months(conn: Connection, county: str) -> list[SampleMonth]:
    """Return the months of a county that have a deposit, latest first. The caller checks who may see them."""
    return await LIST_MONTHS.all(conn, county=county)


async def deposit_secret(
    conn: Connection,
    county: str,
    month: date,
    *,
    secret_sha256: str,
    account_id: AccountId | None,
    by: str,
    now: datetime,
) -> None:
    """Store the hash of an auditor's secret for a month that is not opened. The caller owns the transaction.

    Raises:
        DepositInvalid: `secret_sha256` is no SHA-256 in small letters.
        DepositRefused: the month was opened, or has a deposit.
    """
    if not _SHA256.fullmatch(secret_sha256):
        raise DepositInvalid
    await LOCK_IMPORTS.run(conn, county=county)
    name = f"{month:%Y-%m}"
    try:
        async with conn.transaction():
            values = {"county": county, "month": month, "secret_sha256": secret_sha256, "account_id": account_id}
            added = await ADD_DEPOSIT.maybe(conn, **values, now=now)
    except asyncpg.CheckViolationError as error:
        raise DepositRefused(month=name) from error
    if added is None:
        raise DepositRefused(month=name)
    await _record(conn, county, name, "deposit sample secret", {"secret_sha256": secret_sha256}, by=by, now=now)


async def draw_sample(
    conn: Connection, seal: Seal, county: str, month: date, *, secret: str, count: int, by: str, now: datetime
) -> list[SpotCheck]:
    """Draw lines among those that were posted, once. The caller owns the transaction.

    Raises:
        CycleNotFound, WrongState, CycleClosed: the month is not settled, so that its result may still change.
        DepositMissing, SecretWrong: the secret is not the deposited one.
        SampleDrawn: the month was drawn.
    """
    cycle = await lock_cycle(conn, county, month)
    require_state(cycle, SETTLED_STATES)
    deposited = await FIND_DEPOSIT.maybe(conn, county=county, month=month)
    if deposited is None:
        raise DepositMissing(month=cycle.name)
    if hashlib.sha256(secret.encode()).hexdigest() != deposited:
        raise SecretWrong(month=cycle.name)
    assert cycle.run_id is not None, "a settled cycle has a run"
    result = await GET_RESULT.one(conn, run_id=cycle.run_id, county=county)
    posted = await LIST_POSTED.all(conn, county=county, cycle_id=cycle.id, month=month)
    stored = dict(zip(await show_line_codes(conn, seal, posted), posted, strict=True))
    drawn = draw_lines(stored, secret=secret, result_sha256=result, count=min(count, MAX_SAMPLE))
    values = {"cycle_id": cycle.id, "county": county}
    if await ADD_DRAW.maybe(conn, **values, month=month, secret=secret, result_sha256=result, now=now) is None:
        raise SampleDrawn(month=cycle.name)
    await ADD_SAMPLE_LINES.run(conn, **values, lines=[stored[line] for line in drawn])
    await _record(conn, county, cycle.name, "draw sample", {"lines": len(drawn)}, by=by, now=now)
    return await list_sample(conn, seal, county, month)


async def list_sample(conn: Connection, seal: Seal, county: str, month: date) -> list[SpotCheck]:
    """Return the drawn lines of a month with the outcome of each check.

    Raises:
        CycleNotFound: the month was not opened.
    """
    cycle = await find_cycle(conn, county, month)
    return await show_lines(conn, seal, await LIST_SAMPLE.all(conn, county=county, cycle_id=cycle.id), "line")


async def record_check(
    conn: Connection,
    seal: Seal,
    county: str,
    month: date,
    *,
    line: str,
    outcome: CheckOutcome,
    account_id: AccountId | None,
    by: str,
    now: datetime,
) -> None:
    """Record what the check of a drawn line found, once.

    Raises:
        CycleNotFound: the month was not opened.
        SubsidyLineNotFound: the line was not drawn, or was checked.
    """
    cycle = await find_cycle(conn, county, month)
    [stored] = await find_stored_codes(conn, seal, county, [line])
    values = {"county": county, "cycle_id": cycle.id, "line": stored, "outcome": outcome, "account_id": account_id}
    if await SET_OUTCOME.maybe(conn, **values, now=now) is None:
        raise SubsidyLineNotFound(month=cycle.name, line=line)
    await _record(conn, county, cycle.name, "check sample", {"line": line, "outcome": outcome}, by=by, now=now)


async def _record(
    conn: Connection, county: str, month: str, action: str, detail: dict[str, object], *, by: str, now: datetime
) -> None:
    await add_audit_entry(conn, actor=by, action=action, object=f"cycle:{county}:{month}", detail=detail, now=now)

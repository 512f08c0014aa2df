"""Spot checks: lines of a settled month drawn by its result and a secret deposited before the month was opened.

The county cannot know the secret when it makes the result, and the auditor cannot know the result when the secret is
deposited, so that neither chooses the lines. Who has both draws the same ones.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import asyncpg
from msgspec import Struct

from market.audit.record import add_audit_entry
from market.identity.models import AccountId
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.line_codes import find_stored_codes, show_line_codes, show_lines
from market.subsidies.models import MonthRefusal, SubsidyLineNotFound
from market.subsidies.month.cycles import LOCK_IMPORTS, find_cycle, lock_cycle, require_state
from market.subsidies.month.steps import SETTLED_STATES

MAX_SAMPLE = 500


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
    """A drawn line, in the order of the draw; `outcome` is null until it was checked."""

    position: int
    line: str
    outcome: CheckOutcome | None
    checked_at: datetime | None


ADD_DEPOSIT = Query(
    int,
    """
    INSERT INTO sample_deposits (county_code, month, secret_sha256, deposited_at)
    VALUES (:county, :month, :secret_sha256, :now)
    ON CONFLICT ON CONSTRAINT sample_deposits_pkey DO NOTHING
    RETURNING 1
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
    SELECT position, line_code AS line, outcome, checked_at FROM sample_lines
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


async def deposit_secret(
    conn: Connection, county: str, month: date, *, secret_sha256: str, by: str, now: datetime
) -> None:
    """Store the hash of an auditor's secret for a month that is not opened. The caller owns the transaction.

    Raises:
        DepositRefused: the month was opened, or has a deposit.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    name = f"{month:%Y-%m}"
    try:
        async with conn.transaction():
            added = await ADD_DEPOSIT.maybe(conn, county=county, month=month, secret_sha256=secret_sha256, now=now)
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

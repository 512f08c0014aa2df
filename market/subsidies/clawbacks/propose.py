"""Propose a clawback from a decided finding: against an operator, or for fraud against a household."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.subsidies.clawbacks.models import (
    MAX_ITEMS,
    MAX_PROPOSED,
    MAX_TEXT_LENGTH,
    PROPOSERS,
    ClawbackInvalid,
    Debtor,
    NewClawback,
    NothingToRecover,
    TooManyClawbacks,
)
from market.subsidies.clawbacks.views import REASON_CONTEXT, STATEMENT_CONTEXT
from market.subsidies.month.cycles import LOCK_IMPORTS

_NOTHING = "P0215"
"""The error of the trigger `check_clawback_item`."""


class _Household(Struct, frozen=True, kw_only=True):
    person_id: UUID
    household_code: str
    village_code: str


COUNT_PROPOSED = Query(int, "SELECT count(*) FROM clawbacks WHERE county_code = :county AND state = 'proposed'")
# Who the lines are enrolled for, with the household and its village today, or the last ones.
LIST_ENROLLED = Query(
    _Household,
    """
    SELECT DISTINCT p.id AS person_id, e.household_code,
           (SELECT village_code FROM household_statuses s
             WHERE s.county_code = :county AND s.household_code = e.household_code
             ORDER BY lower(s.valid_during) > :day::date, lower(s.valid_during) DESC LIMIT 1) AS village_code
      FROM enrolments e JOIN persons p USING (county_code, identity_index)
     WHERE e.county_code = :county AND e.line_code = ANY(:lines::text[])
     LIMIT 2
    """,
)
LIST_OPERATORS = Query(
    str,
    """
    SELECT DISTINCT operator FROM subsidy_postings
     WHERE county_code = :county AND line_code = ANY(:lines::text[]) AND for_month = ANY(:months::date[])
     LIMIT 2
    """,
)
ADD_CLAWBACK = Query(
    UUID,
    """
    INSERT INTO clawbacks (county_code, debtor, operator, person_id, household_code, village_code, ground, finding_id,
                           amount_fen, reason_sealed, statement_sealed, state, proposed_by, proposed_at)
    VALUES (:county, :debtor, :operator, :person_id, :household, :village, :ground, :finding_id, :amount_fen,
            :reason_sealed, :statement_sealed, 'proposed', :account_id, :now)
    RETURNING id
    """,
)
ADD_ITEMS = Query(
    None,
    """
    INSERT INTO clawback_items (clawback_id, county_code, line_code, for_month, fen)
    SELECT :clawback_id, :county, line, month, fen
      FROM unnest(:lines::text[], :months::date[], :sums::bigint[]) AS i(line, month, fen)
    """,
)


async def propose_clawback(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewClawback, *, now: datetime
) -> UUID:
    """Propose a clawback in the caller's transaction of the county, and return its id; another person decides it.

    The lines are of one operator, or for a household enrolled for one person.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has none of the roles `PROPOSERS` for the county.
        ClawbackInvalid: fields are missing or wrong; `errors` lists them.
        TooManyClawbacks: 50 proposals of the county wait.
        NothingToRecover: a line was not settled so much, is in another clawback, or the finding does not stop it.
    """
    require_county_role(actor, PROPOSERS, county)
    new = replace(new, reason=clean_text(new.reason), statement=clean_text(new.statement))
    faults = _list_faults(new)
    if faults:
        raise ClawbackInvalid(errors=tuple(faults))
    await lock_quota(conn, f"clawbacks:{county}", None)
    if await COUNT_PROPOSED.one(conn, county=county) >= MAX_PROPOSED:
        raise TooManyClawbacks
    # Two proposals of one line are decided here: the second sees the first.
    await LOCK_IMPORTS.run(conn, county=county)
    attempt = conn.transaction()
    await attempt.start()
    try:
        clawback_id = await _store(conn, seal, actor, county, new, now=now)
    except (asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError) as error:
        await attempt.rollback()
        raise NothingToRecover from error
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _NOTHING:
            raise NothingToRecover from error
        raise
    await attempt.commit()
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="clawback propose", object=f"clawback:{clawback_id}",
        detail={"debtor": new.debtor, "finding": str(new.finding_id)}, now=now,
    )  # fmt: skip
    return clawback_id


def _list_faults(new: NewClawback) -> list[FieldFault]:
    """Return what is missing or wrong in a proposal whose texts are cleaned."""
    against_household = new.debtor is Debtor.HOUSEHOLD
    faults = [
        FieldFault(field, message)
        for field, wrong, message in (
            ("reason", not 0 < len(new.reason) <= MAX_TEXT_LENGTH, f"请写凭什么，最多 {MAX_TEXT_LENGTH} 字"),
            ("items", not 0 < len(new.items) <= MAX_ITEMS, f"请选业务和月份，最多 {MAX_ITEMS} 条"),
            ("ground", against_household and new.ground is None, "请选怎么骗的：不是骗取，不能向农户追"),
            ("ground", not against_household and new.ground is not None, "只有向农户追缴才写"),
            (
                "statement",
                against_household and not 0 < len(new.statement) <= MAX_TEXT_LENGTH,
                f"请写本人怎么说，找不到人就写怎么找的，最多 {MAX_TEXT_LENGTH} 字",
            ),
        )
        if wrong
    ]
    if len({(each.line, each.month) for each in new.items}) < len(new.items):
        faults.append(FieldFault("items", "一条业务的一个月只写一次"))
    return faults


async def _store(conn: Connection, seal: Seal, actor: Actor, county: str, new: NewClawback, *, now: datetime) -> UUID:
    """Store a proposal with its items, which the schema compares with what was settled."""
    lines = [each.line for each in new.items]
    household = await _find_household(conn, county, lines, now=now) if new.debtor is Debtor.HOUSEHOLD else None
    clawback_id = await ADD_CLAWBACK.one(
        conn, county=county, debtor=new.debtor, ground=new.ground, finding_id=new.finding_id, now=now,
        operator=None if household else await _find_operator(conn, county, new),
        person_id=household and household.person_id, household=household and household.household_code,
        village=household and household.village_code, amount_fen=sum(each.fen for each in new.items),
        reason_sealed=seal.seal(new.reason, REASON_CONTEXT), account_id=actor.account_id,
        statement_sealed=seal.seal(new.statement, STATEMENT_CONTEXT) if household else None,
    )  # fmt: skip
    await ADD_ITEMS.run(
        conn, clawback_id=clawback_id, county=county, lines=lines, months=[each.month for each in new.items],
        sums=[each.fen for each in new.items],
    )  # fmt: skip
    return clawback_id


async def count_proposed_clawbacks(conn: Connection, county: str) -> int:
    """Return how many proposals of a county wait for a decision."""
    return await COUNT_PROPOSED.one(conn, county=county)


async def _find_household(conn: Connection, county: str, lines: list[str], *, now: datetime) -> _Household:
    enrolled = await LIST_ENROLLED.all(conn, county=county, lines=lines, day=get_business_day(now))
    if len(enrolled) != 1:
        message = "选的业务不是登记在一个人名下" if enrolled else "选的业务没有登记的人"
        raise ClawbackInvalid(errors=(FieldFault("items", message),))
    return enrolled[0]


async def _find_operator(conn: Connection, county: str, new: NewClawback) -> str:
    operators = await LIST_OPERATORS.all(
        conn, county=county, lines=[each.line for each in new.items], months=[each.month for each in new.items]
    )
    if len(operators) > 1:
        raise ClawbackInvalid(errors=(FieldFault("items", "一笔只扣一家运营商的"),))
    if not operators:
        raise NothingToRecover
    return operators[0]

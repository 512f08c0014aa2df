"""Approve a file of programmes or plans that another person imported, and require that of a month."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_next_month
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.places.counties.load import load_county_settings
from market.subsidies.agreements.models import (
    APPROVER,
    AgreementDecided,
    AgreementMissing,
    AgreementNotFound,
    SecondTermsPart,
    TermsFile,
    TermsNotApproved,
)
from market.subsidies.models import RunId
from market.subsidies.names import OPERATOR_NAMES, Operator
from payments.money import format_percent

_INVOLVED, _NO_FILE = "P0171", "P0172"
"""The errors of the trigger `check_terms_approval`."""


class _AgreementProblem(Struct, frozen=True, kw_only=True):
    """An operator without an agreement for the whole month, or a programme at another rate than its terms."""

    operator: Operator
    programme: str | None
    agreed_bp: int | None
    terms_bp: int | None


# The files whose terms and plans have not been replaced by a later file.
LIST_TERMS_FILES = Query(
    TermsFile,
    """
    SELECT f.id, f.name, f.kind, a.name AS imported_by, f.imported_at, coalesce(b.name, '') AS approved_by,
           t.at AS approved_at
      FROM import_files f
      JOIN accounts a ON a.id = f.account_id
      LEFT JOIN terms_approvals t ON t.file_id = f.id
      LEFT JOIN accounts b ON b.id = t.account_id
     WHERE f.county_code = :county AND f.kind IN ('programmes', 'plans')
       AND (EXISTS (SELECT FROM programme_terms p WHERE p.county_code = :county AND p.file_id = f.id)
            OR EXISTS (SELECT FROM plans p WHERE p.county_code = :county AND p.file_id = f.id))
     ORDER BY t.at IS NOT NULL, f.imported_at DESC
     LIMIT 100
    """,
)
ADD_APPROVAL = Query(
    None,
    """
    INSERT INTO terms_approvals (file_id, county_code, account_id, at) VALUES (:file_id, :county, :account_id, :now)
    """,
)
# The files that brought the terms of the month's programmes, and the plans of its lines.
LIST_UNAPPROVED_FILES = Query(
    str,
    """
    WITH days AS (SELECT daterange(:month::date, :next::date) AS days),
    files AS (
        SELECT p.file_id FROM programme_terms p, days
         WHERE p.county_code = :county AND p.valid_during && days.days
           AND p.programme_code IN (SELECT programme_code FROM run_lines WHERE run_id = :run_id)
        UNION
        SELECT p.file_id
          FROM days
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county
          JOIN bindings b ON b.county_code = :county AND b.line_code = r.line_code AND b.valid_during && days.days
          JOIN plans p ON p.county_code = :county AND p.code = b.plan_code AND p.kind = b.kind
                      AND p.valid_during && days.days)
    SELECT DISTINCT f.name FROM files JOIN import_files f ON f.id = files.file_id
     WHERE NOT EXISTS (SELECT FROM terms_approvals t WHERE t.file_id = f.id)
     ORDER BY f.name
     LIMIT 20
    """,
)
# Operators of the month's lines without an approved agreement for all of its days, and those whose agreement has
# another rate than the terms of one of the lines' programmes on a day of the month. No rate is one of nothing.
LIST_AGREEMENT_PROBLEMS = Query(
    _AgreementProblem,
    """
    WITH days AS (SELECT daterange(:month::date, :next::date) AS days),
    used AS (
        SELECT DISTINCT operator, programme_code FROM run_lines
         WHERE run_id = :run_id AND county_code = :county AND approved_fen > 0)
    SELECT DISTINCT u.operator, NULL::text AS programme, NULL::integer AS agreed_bp, NULL::integer AS terms_bp
      FROM used u CROSS JOIN days
     WHERE NOT coalesce((SELECT range_agg(g.valid_during) @> days.days FROM agreements g
                          WHERE g.county_code = :county AND g.operator = u.operator AND g.outcome = 'approved'), false)
    UNION
    SELECT u.operator, u.programme_code, coalesce(r.concession_bp, 0),
           coalesce(t.shares_bp[array_position(t.funders, 'operator')], 0)
      FROM used u CROSS JOIN days
      JOIN programme_terms t ON t.county_code = :county AND t.programme_code = u.programme_code
                            AND t.valid_during && days.days
      JOIN agreements g ON g.county_code = :county AND g.operator = u.operator AND g.outcome = 'approved'
                       AND g.valid_during && t.valid_during * days.days
      LEFT JOIN agreement_rates r ON r.agreement_id = g.id AND r.programme_code = u.programme_code
     WHERE coalesce(r.concession_bp, 0) <> coalesce(t.shares_bp[array_position(t.funders, 'operator')], 0)
     ORDER BY 1, 2 NULLS FIRST
    """,
)


async def list_terms_files(conn: Connection, county: str) -> list[TermsFile]:
    """Return the files whose terms or plans are in force, those that nobody approved first, at most 100."""
    return await LIST_TERMS_FILES.all(conn, county=county)


async def approve_terms(conn: Connection, actor: Actor, county: str, file_id: UUID, *, now: datetime) -> None:
    """Approve a file of programmes or plans that another person imported, in the caller's transaction of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `APPROVER` for the county.
        AgreementNotFound: the county has no such file.
        AgreementDecided: it was approved before.
        SecondTermsPart: the actor imported it.
    """
    require_county_role(actor, APPROVER, county)
    attempt = conn.transaction()
    await attempt.start()
    try:
        await ADD_APPROVAL.run(conn, file_id=file_id, county=county, account_id=actor.account_id, now=now)
    except asyncpg.UniqueViolationError as error:
        await attempt.rollback()
        raise AgreementDecided from error
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _INVOLVED:
            raise SecondTermsPart from error
        if error.sqlstate == _NO_FILE:
            raise AgreementNotFound from error
        raise
    await attempt.commit()
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="terms approve", object=f"county:{county}",
        detail={"file_id": str(file_id)}, now=now,
    )  # fmt: skip


async def require_approved_terms(
    conn: Connection, county: str, month: date, *, run_id: RunId | None, now: datetime
) -> None:
    """Require that another person approved the terms of a month's run, if the county's `terms_approved` says so.

    Raises:
        TermsNotApproved: a file of them is not approved.
    """
    settings = await load_county_settings(conn, county, day=get_business_day(now))
    if not settings.terms_approved:
        return
    files = await LIST_UNAPPROVED_FILES.all(conn, county=county, month=month, next=get_next_month(month), run_id=run_id)
    if files:
        raise TermsNotApproved(month=f"{month:%Y-%m}", files="、".join(files))


async def require_agreements(
    conn: Connection, county: str, month: date, *, run_id: RunId | None, now: datetime
) -> None:
    """Require an agreement of each operator of a month's run, if the county's `agreements_required` says so.

    Raises:
        AgreementMissing: an operator has none for all days of the month, or one of other rates than the terms.
    """
    settings = await load_county_settings(conn, county, day=get_business_day(now))
    if not settings.agreements_required:
        return
    problems = await LIST_AGREEMENT_PROBLEMS.all(
        conn, county=county, month=month, next=get_next_month(month), run_id=run_id
    )
    if problems:
        raise AgreementMissing(month=f"{month:%Y-%m}", problems="；".join(_describe(each) for each in problems))


def _describe(problem: _AgreementProblem) -> str:
    name = OPERATOR_NAMES[problem.operator]
    if problem.programme is None or problem.agreed_bp is None or problem.terms_bp is None:
        return f"{name}没有管整个月的审定的协议"
    agreed, terms = format_percent(problem.agreed_bp), format_percent(problem.terms_bp)
    return f"{name} {problem.programme} 协议让利 {agreed}，标准 {terms}"

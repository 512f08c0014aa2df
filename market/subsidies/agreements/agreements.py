"""Propose an operator's agreement with its rates, validity and document; another person approves or refuses it."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import digest
from market.kernel.text import clean_name
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.people.storage.sent_bytes import count_sent_bytes
from market.subsidies.agreements.models import (
    APPROVER,
    MAX_DOCUMENT_BYTES,
    MAX_NAME_LENGTH,
    MAX_WAITING_AGREEMENTS,
    PROPOSER,
    Agreement,
    AgreementDecided,
    AgreementInvalid,
    AgreementNotFound,
    AgreementOutcome,
    NewAgreement,
    SecondTermsPart,
    TooManyAgreements,
)
from market.subsidies.month.cycles import LOCK_IMPORTS
from market.subsidies.programmes.import_programmes import load_programme_kinds
from payments.money import BASIS_POINTS

AGREEMENT_DOCUMENT_CONTEXT = "agreements.document"
_MAX_FILE_NAME = 200
_INVOLVED = "P0171"
"""The error of the trigger `check_agreement`: the person proposed it."""

_AGREEMENTS = """
    SELECT g.id, g.operator, g.name, lower(g.valid_during) AS start, upper(g.valid_during) AS until,
           g.document_name, g.document_sha256, p.name AS proposed_by, g.proposed_at, g.outcome,
           coalesce(d.name, '') AS decided_by, g.decided_at,
           coalesce((SELECT jsonb_agg(jsonb_build_object('programme', programme_code, 'concession_bp', concession_bp)
                                      ORDER BY programme_code COLLATE "C")
                       FROM agreement_rates r WHERE r.agreement_id = g.id), '[]') AS rates
      FROM agreements g
      JOIN accounts p ON p.id = g.proposed_by
      LEFT JOIN accounts d ON d.id = g.decided_by
     WHERE g.county_code = :county
"""
LIST_AGREEMENTS = Query(Agreement, _AGREEMENTS + " ORDER BY g.operator, g.valid_during DESC, g.id DESC LIMIT 200")
COUNT_WAITING_AGREEMENTS = Query(int, "SELECT count(*) FROM agreements WHERE county_code = :county AND outcome IS NULL")
LOCK_AGREEMENT = Query(Agreement, _AGREEMENTS + " AND g.id = :agreement_id FOR NO KEY UPDATE OF g")
ADD_AGREEMENT = Query(
    UUID,
    """
    INSERT INTO agreements (county_code, operator, name, valid_during, document_name, document_sha256, document_sealed,
                            proposed_by, proposed_at)
    VALUES (:county, :operator, :name, daterange(:start::date, :until::date), :document_name, :sha256, :document_sealed,
            :account_id, :now)
    RETURNING id
    """,
)
ADD_RATES = Query(
    None,
    """
    INSERT INTO agreement_rates (agreement_id, county_code, programme_code, concession_bp)
    SELECT :agreement_id, :county, programme, concession_bp
      FROM unnest(:programmes::text[], :rates::integer[]) AS r(programme, concession_bp)
    """,
)
END_EARLIER = Query(
    None,
    """
    UPDATE agreements SET valid_during = daterange(lower(valid_during), :start::date), replaced_by = :agreement_id
     WHERE county_code = :county AND operator = :operator AND outcome = 'approved' AND upper_inf(valid_during)
       AND lower(valid_during) < :start::date
    """,
)
DECIDE_AGREEMENT = Query(
    None,
    """
    UPDATE agreements SET outcome = :outcome, decided_by = :account_id, decided_at = :now
     WHERE county_code = :county AND id = :agreement_id
    """,
)
GET_DOCUMENT = Query(bytes, "SELECT document_sealed FROM agreements WHERE county_code = :county AND id = :agreement_id")


async def propose_agreement(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewAgreement, *, now: datetime
) -> UUID:
    """Propose an agreement in the caller's transaction of the county, and return its id; it counts once it is approved.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `PROPOSER` for the county.
        AgreementInvalid: fields are missing or wrong; `errors` lists them.
        TooManyAgreements: 20 proposals of the county wait.
        TooManyBytes: the actor has sent too much on this day.
    """
    require_county_role(actor, PROPOSER, county)
    name, file_name = clean_name(new.name), clean_name(new.document_name)
    faults: list[FieldFault] = []
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"请写协议的名字或编号，最多 {MAX_NAME_LENGTH} 字"))
    faults += _find_rate_faults(new, await load_programme_kinds(conn, county))
    if new.until is not None and new.until <= new.start:
        faults.append(FieldFault("until", f"应晚于 {new.start}"))
    if not new.document or not 0 < len(file_name) <= _MAX_FILE_NAME:
        faults.append(FieldFault("document", "请选协议的文件"))
    elif len(new.document) > MAX_DOCUMENT_BYTES:
        faults.append(FieldFault("document", f"文件最大 {MAX_DOCUMENT_BYTES // 1024 // 1024} MB"))
    if faults:
        raise AgreementInvalid(errors=tuple(faults))
    await lock_quota(conn, f"agreements:{county}", None)
    if await COUNT_WAITING_AGREEMENTS.one(conn, county=county) >= MAX_WAITING_AGREEMENTS:
        raise TooManyAgreements
    await count_sent_bytes(conn, actor.account_id, len(new.document), now=now)
    sha256 = digest(new.document)
    agreement_id = await ADD_AGREEMENT.one(
        conn, county=county, operator=new.operator, name=name, start=new.start, until=new.until,
        document_name=file_name, sha256=sha256, account_id=actor.account_id, now=now,
        document_sealed=seal.seal_bytes(new.document, AGREEMENT_DOCUMENT_CONTEXT),
    )  # fmt: skip
    await ADD_RATES.run(
        conn, agreement_id=agreement_id, county=county, programmes=[each.programme for each in new.rates],
        rates=[each.concession_bp for each in new.rates],
    )  # fmt: skip
    await _record(conn, actor, agreement_id, "propose", detail={"sha256": sha256}, now=now)
    return agreement_id


async def decide_agreement(
    conn: Connection, actor: Actor, county: str, agreement_id: UUID, *, approve: bool, now: datetime
) -> None:
    """Approve an agreement that another person proposed, which ends the operator's open one, or refuse it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `APPROVER` for the county.
        AgreementNotFound: the county has none of this id.
        AgreementDecided: it was decided before, or another approved one of the operator has some of its days.
        SecondTermsPart: the actor proposed it.
    """
    require_county_role(actor, APPROVER, county)
    await LOCK_IMPORTS.run(conn, county=county)
    agreement = await LOCK_AGREEMENT.maybe(conn, county=county, agreement_id=agreement_id)
    if agreement is None:
        raise AgreementNotFound
    if agreement.outcome is not None:
        raise AgreementDecided
    outcome = AgreementOutcome.APPROVED if approve else AgreementOutcome.REFUSED
    attempt = conn.transaction()
    await attempt.start()
    try:
        if approve:
            await END_EARLIER.run(
                conn, county=county, operator=agreement.operator, start=agreement.start, agreement_id=agreement_id
            )
        await DECIDE_AGREEMENT.run(
            conn, county=county, agreement_id=agreement_id, outcome=outcome, account_id=actor.account_id, now=now
        )
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _INVOLVED:
            raise SecondTermsPart from error
        if isinstance(error, asyncpg.ExclusionViolationError):
            raise AgreementDecided from error
        raise
    await attempt.commit()
    await _record(conn, actor, agreement_id, outcome, detail={}, now=now)


async def list_agreements(conn: Connection, county: str) -> list[Agreement]:
    """Return a county's agreements by operator, latest first, at most 200."""
    return await LIST_AGREEMENTS.all(conn, county=county)


async def read_agreement_document(conn: Connection, seal: Seal, county: str, agreement_id: UUID) -> bytes:
    """Return the document of an agreement.

    Raises:
        AgreementNotFound: the county has none of this id.
    """
    sealed = await GET_DOCUMENT.maybe(conn, county=county, agreement_id=agreement_id)
    if sealed is None:
        raise AgreementNotFound
    return seal.open_bytes(sealed, AGREEMENT_DOCUMENT_CONTEXT)


def _find_rate_faults(new: NewAgreement, known: Collection[str]) -> list[FieldFault]:
    """Return what is wrong with the rates of an agreement, each under `rates.PROGRAMME`."""
    if not new.rates:
        return [FieldFault("rates", "至少写一个项目的让利")]
    faults: list[FieldFault] = []
    stated = Counter(each.programme for each in new.rates)
    for each in new.rates:
        field = f"rates.{each.programme}"
        if each.programme not in known:
            faults.append(FieldFault(field, f"本县没有这个项目；有的是 {'、'.join(sorted(known)) or '还没有项目'}"))
        elif stated[each.programme] > 1:
            faults.append(FieldFault(field, "一个项目只写一次"))
        elif not 0 <= each.concession_bp <= BASIS_POINTS:
            faults.append(FieldFault(field, "让利比例应在 0 到 100% 之间"))
    return faults


async def _record(
    conn: Connection, actor: Actor, agreement_id: UUID, step: str, *, detail: dict[str, object], now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"agreement {step}", object=f"agreement:{agreement_id}",
        detail=detail, now=now,
    )  # fmt: skip

"""Apply to sell, and add certificates."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from market.catalogue.producers.models import (
    CERTIFICATE_NUMBER_CONTEXT,
    MAX_CERTIFICATES,
    AlreadyApplied,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    ProducerApplication,
    ProducerId,
    ProducerKind,
)
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.text import clean_name, clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.identity.sign_in import DEFAULT_NAME, update_account
from market.people.moderation.forbidden_words import list_name_faults, list_story_faults
from market.people.moderation.off_platform import require_public_text
from market.places.divisions.village_periods import find_village_fault

_PRODUCE_LENGTHS = range(1, 201)
_MAX_APPLICANT_LENGTH = 60
_SELF_GROWN_KINDS = frozenset({ProducerKind.HOUSEHOLD, ProducerKind.HOMESTAY})

COUNT_OWN_PHOTOS = Query(
    int,
    """
    SELECT count(DISTINCT id) FROM photos
     WHERE id = ANY(:ids::uuid[]) AND owner_id = :owner_id AND purpose = 'certificate'
    """,
)
# Producer, first step and owner in one statement; a unique index allows one pending application per person.
ADD_PRODUCER = Query(
    UUID,
    """
    WITH added AS (
        INSERT INTO producers (kind, name, village_code, produce, story, applied_by, applied_at, self_grown)
        VALUES (:kind, :name, :village_code, :produce, :story, :account_id, :now, :self_grown)
        ON CONFLICT (applied_by) WHERE state IN ('applied', 'confirmed', 'recommended') DO NOTHING
        RETURNING id),
    step AS (
        INSERT INTO producer_steps (producer_id, step, account_id, at)
        SELECT id, 'apply', :account_id, :now FROM added),
    owner AS (
        INSERT INTO producer_members (producer_id, account_id, role, valid_during)
        SELECT id, :account_id, 'owner', daterange(:day, NULL) FROM added)
    SELECT id FROM added
    """,
)
LOCK_PRODUCER = Query(UUID, "SELECT id FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
COUNT_CERTIFICATES = Query(int, "SELECT count(*) FROM certificates WHERE producer_id = :producer_id")
ADD_CERTIFICATE = Query(
    None,
    """
    INSERT INTO certificates (producer_id, kind, number_index, number_sealed, issuer, expires_on, photo_id, area,
                              submitted_by)
    VALUES (:producer_id, :kind, :number_index, :number_sealed, :issuer, :expires_on, :photo_id,
            :area::text[], :submitted_by)
    """,
)


async def _list_faults(
    conn: Connection, actor: Actor, application: ProducerApplication, *, day: date
) -> list[FieldFault]:
    faults = list_name_faults("name", application.name)
    if len(application.produce) not in _PRODUCE_LENGTHS:
        faults.append(FieldFault("produce", "写上种什么、养什么，最多 200 个字"))
    faults += list_story_faults(application.story)
    applicant = actor.name if application.applicant is None else application.applicant
    if not 0 < len(applicant) <= _MAX_APPLICANT_LENGTH or applicant == DEFAULT_NAME:
        faults.append(FieldFault("applicant", f"写上您的姓名，最多 {_MAX_APPLICANT_LENGTH} 个字，村里照着它找您"))
    if fault := await find_village_fault(conn, application.village_code, day=day):
        faults.append(FieldFault("village_code", fault))
    return faults + await _list_certificate_faults(conn, actor, application.certificates)


async def _list_certificate_faults(conn: Connection, actor: Actor, claims: list[CertificateClaim]) -> list[FieldFault]:
    if any(claim.photo_id is None and not claim.number for claim in claims):
        return [FieldFault("certificates", "每份证件要有照片或证号")]
    if any(claim.area and claim.kind is not CertificateKind.GEOGRAPHICAL_INDICATION for claim in claims):
        return [FieldFault("certificates", "只有地理标志才有保护范围")]
    ids = {claim.photo_id for claim in claims if claim.photo_id is not None}
    if await COUNT_OWN_PHOTOS.one(conn, ids=list(ids), owner_id=actor.account_id) != len(ids):
        return [FieldFault("certificates", "没有这张证件照片，请重新上传")]
    return []


async def _add_certificates(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, claims: list[CertificateClaim]
) -> None:
    numbers = [clean_text(claim.number) for claim in claims]
    await ADD_CERTIFICATE.run_many(
        conn,
        [
            {
                "producer_id": producer_id,
                "kind": claim.kind,
                "number_index": seal.index(number) if number else None,
                "number_sealed": seal.seal(number, CERTIFICATE_NUMBER_CONTEXT) if number else None,
                "issuer": clean_text(claim.issuer),
                "expires_on": claim.expires_on,
                "photo_id": claim.photo_id,
                "area": sorted({get_scope(code) for code in claim.area}),
                "submitted_by": actor.account_id,
            }
            for claim, number in zip(claims, numbers, strict=True)
        ],
    )


async def apply_producer(
    conn: Connection, seal: Seal, actor: Actor, application: ProducerApplication, *, now: datetime
) -> ProducerId:
    """Submit an application to sell, in the caller's transaction; the applicant becomes the owner.

    The village confirms it next.

    Raises:
        BadApplication: fields are invalid; `errors` lists all of them.
        ForbiddenWord: a text contains a forbidden word, or leads away from the platform.
        AlreadyApplied: another application of the person is pending.
    """
    application = msgspec.structs.replace(
        application,
        name=clean_name(application.name),
        produce=clean_text(application.produce),
        story=clean_text(application.story),
        applicant=None if application.applicant is None else clean_name(application.applicant),
    )
    require_public_text(name=application.name, produce=application.produce, story=application.story)
    faults = await _list_faults(conn, actor, application, day=get_business_day(now))
    if faults:
        raise BadApplication(errors=tuple(faults))
    producer_id = await ADD_PRODUCER.maybe(
        conn,
        kind=application.kind,
        name=application.name,
        village_code=application.village_code,
        produce=application.produce,
        story=application.story,
        account_id=actor.account_id,
        now=now,
        day=get_business_day(now),
        self_grown=application.kind in _SELF_GROWN_KINDS,
    )
    if producer_id is None:
        raise AlreadyApplied
    await _add_certificates(conn, seal, actor, producer_id, application.certificates)
    if application.applicant is not None:
        await update_account(conn, actor, name=application.applicant, elder=actor.elder)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="producer.apply",
        object=f"producer:{producer_id}",
        detail={"kind": str(application.kind), "village": application.village_code},
        now=now,
    )
    return ProducerId(producer_id)


async def add_certificate(
    conn: Connection, seal: Seal, actor: Actor, producer_id: ProducerId, claim: CertificateClaim, *, now: datetime
) -> None:
    """Add a certificate to a producer of the actor, for the county to verify.

    Raises:
        NotFound: the actor does not work for the producer.
        BadApplication: there is neither photo nor number, the photo belongs to someone else, or the producer has 50
            certificates already.
    """
    require_producer(actor, producer_id)
    faults = await _list_certificate_faults(conn, actor, [claim])
    await LOCK_PRODUCER.one(conn, producer_id=producer_id)
    if await COUNT_CERTIFICATES.one(conn, producer_id=producer_id) >= MAX_CERTIFICATES:
        faults.append(FieldFault("certificates", f"交过的证已有 {MAX_CERTIFICATES} 样，请问县里"))
    if faults:
        raise BadApplication(errors=tuple(faults))
    await _add_certificates(conn, seal, actor, producer_id, [claim])
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="producer.certificate",
        object=f"producer:{producer_id}",
        detail={"kind": str(claim.kind)},
        now=now,
    )

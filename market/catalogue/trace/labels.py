"""Make and revoke labels, and read one that somebody scanned.

The keys come from MARKET_SECRET and change with it (ADR 35); the public ones are stored, so that labels of an earlier
secret still verify.
"""

import hashlib
from datetime import datetime
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from market.catalogue.trace.harvests import get_lot, get_own_lot
from market.catalogue.trace.models import (
    MAX_LISTED,
    MAX_REASON_LENGTH,
    MUST_PROMISE,
    HarvestLot,
    LabelRun,
    LotUsedUp,
    NewLabels,
    PromiseNeeded,
    ScannedLabel,
    SignedLabel,
    TraceInvalid,
)
from market.catalogue.trace.plots import require_open_producer
from market.catalogue.trace.rules import normalize_gtin, write_payload
from market.catalogue.trace.verify_label import LabelFacts, LabelKeys, check_signature, encode_signature, sign_input
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role, require_producer
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound

_PURPOSE = "labels"
_SEALED_BY = "{payload}&sig={key_id}.{signature}"


class _Producer(Struct, frozen=True):
    number: int
    kind: str


class _NewRun(Struct, frozen=True):
    id: UUID
    number: int
    first_serial: int


class _LabelRow(Struct, frozen=True):
    serial: int
    payload: str
    key_id: str
    signature: bytes
    revoked: bool


GET_PRODUCER = Query(_Producer, "SELECT number, kind FROM producers WHERE id = :producer_id")
ADD_KEY = Query(
    None,
    """
    INSERT INTO label_keys (key_id, public_key, added_at) VALUES (:key_id, :public_key, :now)
    ON CONFLICT (key_id) DO NOTHING
    """,
)
ADD_RUN = Query(
    _NewRun,
    """
    INSERT INTO label_runs (lot_id, count, grams, gtin, promise, issued_by, issued_at)
    VALUES (:lot_id, :count, :grams, :gtin, :promise, :account_id, :now)
    RETURNING id, number, first_serial
    """,
)
ADD_LABELS = Query(
    None,
    """
    INSERT INTO labels (lot_id, serial, run_id, payload, key_id, signature)
    SELECT :lot_id, serial, :run_id, payload, :key_id, signature
      FROM unnest(:serials::integer[], :payloads::text[], :signatures::bytea[]) AS t (serial, payload, signature)
    """,
)
_RUN_COLUMNS = """
    SELECT r.number, l.number AS lot, l.producer_id, r.first_serial, r.count, r.grams, r.gtin, r.promise, r.issued_at,
           (SELECT count(*)::integer FROM labels WHERE run_id = r.id AND revoked_at IS NOT NULL) AS revoked
      FROM label_runs r JOIN harvest_lots l ON l.id = r.lot_id
"""
GET_RUN = Query(LabelRun, _RUN_COLUMNS + " WHERE r.number = :number")
LIST_RUNS = Query(LabelRun, _RUN_COLUMNS + " WHERE r.lot_id = :lot_id ORDER BY r.first_serial DESC LIMIT :limit")
LIST_LABELS = Query(
    _LabelRow,
    """
    SELECT serial, payload, key_id, signature, revoked_at IS NOT NULL AS revoked
      FROM labels JOIN label_runs r ON r.id = run_id
     WHERE r.number = :number ORDER BY serial
    """,
)
REVOKE = Query(
    int,
    """
    UPDATE labels SET revoked_at = :now, revoked_by = :account_id, revoke_reason = :reason
     WHERE lot_id = :lot_id AND revoked_at IS NULL AND (:serial::integer IS NULL OR serial = :serial)
    RETURNING serial
    """,
)
FIND_SCANNED = Query(
    ScannedLabel,
    """
    SELECT l.number AS lot, b.serial, l.crop, coalesce(p.name, '') AS plot, l.harvested_on, r.grams::bigint AS grams,
           r.promise, r.issued_at, s.name AS producer, s.number AS producer_number, s.state = 'open' AS producer_open,
           d.name AS village, (SELECT count(*)::integer FROM lot_parts WHERE lot_id = l.id) AS parents, k.packed_at,
           b.revoked_at, b.revoke_reason
      FROM labels b
      JOIN label_runs r ON r.id = b.run_id
      JOIN harvest_lots l ON l.id = b.lot_id
      JOIN producers s ON s.id = l.producer_id
      JOIN divisions d ON d.code = s.village_code
      LEFT JOIN plots p ON p.id = l.plot_id
      LEFT JOIN packed_labels k ON k.lot_id = b.lot_id AND k.serial = b.serial
     WHERE l.number = :lot AND b.serial = :serial
    """,
)


class _Key(Struct, frozen=True):
    key_id: str
    public: str


LIST_KEYS = Query(_Key, "SELECT key_id, encode(public_key, 'hex') AS public FROM label_keys ORDER BY added_at, key_id")
LIST_REVOKED = Query(
    str,
    """
    SELECT l.number || '.' || b.serial FROM labels b JOIN harvest_lots l ON l.id = b.lot_id
     WHERE b.revoked_at IS NOT NULL ORDER BY l.number, b.serial
    """,
)


async def make_labels(
    conn: Connection, seal: Seal, actor: Actor, lot_number: int, new: NewLabels, *, now: datetime
) -> LabelRun:
    """Sign labels of a lot of the actor's and use their weight of it; two at once never use more than there is.

    Raises:
        NotFound: there is no such lot of a producer of the actor's, or that may not sell.
        TraceInvalid: the product code is none.
        PromiseNeeded: a co-operative or an enterprise makes no labels without a 承诺达标合格证.
        LotUsedUp: less is left of the lot.
    """
    lot = await get_own_lot(conn, actor, lot_number)
    await require_open_producer(conn, actor, lot.producer_id)
    gtin = normalize_gtin(new.gtin) if new.gtin else None
    if new.gtin and gtin is None:
        raise TraceInvalid(errors=(FieldFault("gtin", "商品条码是 8、12、13 或 14 位数字；没有就空着"),))
    producer = await GET_PRODUCER.one(conn, producer_id=lot.producer_id)
    if new.promise is None and producer.kind in MUST_PROMISE:
        raise PromiseNeeded
    try:
        async with conn.transaction():
            run = await ADD_RUN.one(
                conn, lot_id=lot.id, count=new.count, grams=new.grams, gtin=gtin, promise=new.promise,
                account_id=actor.account_id, now=now,
            )  # fmt: skip
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "harvest_lots_not_overused":
            raise LotUsedUp from None
        raise
    key = Ed25519PrivateKey.from_private_bytes(seal.derive_keys(_PURPOSE)[0])
    public = key.public_key().public_bytes_raw()
    key_id = hashlib.sha256(public).hexdigest()[:8]
    await ADD_KEY.run(conn, key_id=key_id, public_key=public, now=now)
    serials = list(range(run.first_serial, run.first_serial + new.count))
    payloads = [_write_label(lot, producer, new.grams, gtin, serial) for serial in serials]
    await ADD_LABELS.run(
        conn, lot_id=lot.id, run_id=run.id, key_id=key_id, serials=serials, payloads=payloads,
        signatures=[key.sign(sign_input(each)) for each in payloads],
    )  # fmt: skip
    return await get_own_run(conn, actor, run.number)


def _write_label(lot: HarvestLot, producer: _Producer, grams: int, gtin: str | None, serial: int) -> str:
    return write_payload(
        LabelFacts(
            gtin=gtin or "",
            lot=lot.number,
            serial=serial,
            grams=grams,
            harvested_on=lot.harvested_on,
            producer_number=producer.number,
            crop=lot.crop,
        )
    )


async def get_own_run(conn: Connection, actor: Actor, number: int) -> LabelRun:
    """Return a run of labels of a producer of the actor's.

    Raises:
        NotFound: there is none.
    """
    found = await GET_RUN.maybe(conn, number=number)
    if found is None:
        raise NotFound
    require_producer(actor, found.producer_id)
    return found


async def list_runs(conn: Connection, lot_id: UUID) -> list[LabelRun]:
    """Return the runs of labels of a lot, the latest first."""
    return await LIST_RUNS.all(conn, lot_id=lot_id, limit=MAX_LISTED)


async def list_signed_labels(conn: Connection, actor: Actor, number: int) -> list[SignedLabel]:
    """Return the labels of a run as they are printed.

    Raises:
        NotFound: there is no such run of a producer of the actor's.
    """
    await get_own_run(conn, actor, number)
    return [
        SignedLabel(
            serial=each.serial,
            text=_SEALED_BY.format(
                payload=each.payload, key_id=each.key_id, signature=encode_signature(each.signature)
            ),
            revoked=each.revoked,
        )
        for each in await LIST_LABELS.all(conn, number=number)
    ]


async def revoke_labels(
    conn: Connection, actor: Actor, lot_number: int, *, serial: int | None, reason: str, now: datetime
) -> list[int]:
    """Revoke a label of a lot, or all of them; return their serials. Their weight stays used.

    A member of the producer may, and who keeps the pages of its county.

    Raises:
        NotFound: there is no such lot, or no label that may still be revoked.
        NotAllowed, SecondFactorRequired: the actor is neither.
        TraceInvalid: the reason is missing or too long.
    """
    lot = await get_lot(conn, lot_number)
    if lot.producer_id not in actor.producers:
        require_county_role(actor, COUNTY_KEEPERS, lot.county_code)
    written = clean_text(reason)
    if not 0 < len(written) <= MAX_REASON_LENGTH:
        raise TraceInvalid(errors=(FieldFault("reason", f"写为什么作废，最多 {MAX_REASON_LENGTH} 字"),))
    revoked = await REVOKE.all(conn, lot_id=lot.id, serial=serial, reason=written, account_id=actor.account_id, now=now)
    if not revoked:
        raise NotFound
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="labels.revoke", object=f"harvest_lot:{lot.number}",
        detail={"labels": len(revoked), "reason": written}, now=now,
    )  # fmt: skip
    return sorted(revoked)


async def load_label_keys(conn: Connection, *, now: datetime) -> LabelKeys:
    """Return the published file: all public keys, and all revoked labels."""
    keys = {each.key_id: each.public for each in await LIST_KEYS.all(conn)}
    return LabelKeys(at=now, keys=keys, revoked=await LIST_REVOKED.all(conn))


async def scan_label(conn: Connection, text: str) -> ScannedLabel:
    """Return what the market knows of a label that somebody scanned, a revoked one too.

    Raises:
        LabelForged: the market did not sign this text.
        NotFound: it signed it, and has no such label: the key is known to somebody else.
    """
    keys = {each.key_id: each.public for each in await LIST_KEYS.all(conn)}
    facts = check_signature(text, keys)
    found = await FIND_SCANNED.maybe(conn, lot=facts.lot, serial=facts.serial)
    if found is None:
        raise NotFound
    return found

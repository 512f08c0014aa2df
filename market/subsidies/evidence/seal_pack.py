"""Seal the evidence pack of a closed month once, and write it as often as it is asked for."""

import asyncio
import hashlib
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import batched
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry, record_export
from market.subsidies.evidence.contents import PackContent, PackedFile, PackNotReproduced, build_content
from market.subsidies.evidence.packing import (
    PackOrigin,
    PackSignature,
    chain_digests,
    chain_members,
    encrypt_member,
    sign_erasures,
    sign_head,
    write_zip,
)
from market.subsidies.imports.originals import Original, open_original
from market.subsidies.models import MonthRefusal
from market.subsidies.month.cycles import LOCK_IMPORTS, Cycle, lock_cycle, require_state
from market.subsidies.month.steps import CLOSE
from payments.retries import BatchSummary, describe_error, run_each

log = structlog.get_logger()

PACK_CONTEXT = "evidence_packs.content"


class PackChanged(MonthRefusal):
    """What is stored of a pack, or a file in it, is not what was sealed."""

    code = "pack_changed"
    status = 409
    zh = "{month}的证据包和封存时不一样了：存的内容被改过；请告诉平台和审计。"
    en = "The evidence pack of {month} is not what was sealed: its stored contents were changed."


class EvidencePack(Struct, frozen=True, kw_only=True):
    """A sealed pack: the number among its county's packs, its head, and the signature of the head."""

    county_code: str
    month: date
    number: int
    previous_sha256: str | None
    head_sha256: str
    public_key: str
    signature: str
    sealed_at: datetime
    content_sealed: bytes

    @property
    def origin(self) -> PackOrigin:
        """Which pack it is."""
        return PackOrigin(
            county=self.county_code, month=f"{self.month:%Y-%m}", number=self.number, previous=self.previous_sha256
        )


FIND_PACK = Query(
    EvidencePack,
    """
    SELECT p.county_code, q.month, p.number, p.previous_sha256, p.head_sha256, p.public_key, p.signature, p.sealed_at,
           p.content_sealed
      FROM evidence_packs p JOIN cycles q ON q.id = p.cycle_id
     WHERE p.county_code = :county AND q.month = :month
    """,
)
FIND_LAST_PACK = Query(
    EvidencePack,
    """
    SELECT p.county_code, q.month, p.number, p.previous_sha256, p.head_sha256, p.public_key, p.signature, p.sealed_at,
           p.content_sealed
      FROM evidence_packs p JOIN cycles q ON q.id = p.cycle_id
     WHERE p.county_code = :county
     ORDER BY p.number DESC LIMIT 1
    """,
)
ADD_PACK = Query(
    None,
    """
    INSERT INTO evidence_packs (cycle_id, county_code, number, previous_sha256, head_sha256, public_key, signature,
                                run_id, sealed_at, content_sealed)
    VALUES (:cycle_id, :county, :number, :previous_sha256, :head_sha256, :public_key, :signature, :run_id, :now,
            :content_sealed)
    """,
)
GET_PACKED_FILE = Query(
    Original,
    """
    SELECT name, attached, sha256, bytes AS size, content_sealed, redacted_sha256, redacted_bytes FROM import_originals
     WHERE county_code = :county AND file_id = :file_id AND attached = :attached AND name = :name
    """,
)


class ErasedMember(Struct, frozen=True):
    """A file of a pack that is not handed out any more, because persons in it were erased; and when."""

    member: str
    sha256: str
    erased_at: datetime


class _SealedContent(Struct, frozen=True):
    cycle_id: UUID
    content_sealed: bytes


LIST_ERASED_MEMBERS = Query(
    ErasedMember,
    """
    SELECT m.member, m.sha256, m.erased_at FROM erased_members m JOIN cycles q ON q.id = m.cycle_id
     WHERE m.county_code = :county AND q.month = :month ORDER BY m.member
    """,
)
LIST_PACK_CONTENTS = Query(
    _SealedContent, "SELECT cycle_id, content_sealed FROM evidence_packs WHERE county_code = :county ORDER BY number"
)
ADD_ERASED_MEMBER = Query(
    None,
    """
    INSERT INTO erased_members (cycle_id, member, county_code, sha256, erased_at)
    VALUES (:cycle_id, :member, :county, :sha256, :now)
    """,
)


class UnsealedMonth(Struct, frozen=True):
    """A closed month that has no pack yet."""

    county_code: str
    month: date


LIST_PACKED_MONTHS = Query(
    date,
    """
    SELECT c.month FROM evidence_packs p JOIN cycles c ON c.id = p.cycle_id
     WHERE p.county_code = :county ORDER BY c.month DESC LIMIT 240
    """,
)
LIST_UNSEALED_BEFORE = Query(
    date,
    """
    SELECT c.month FROM cycles c
     WHERE c.county_code = :county AND c.month < :month AND c.state = :closed
       AND NOT EXISTS (SELECT FROM evidence_packs p WHERE p.cycle_id = c.id)
     ORDER BY c.month LIMIT 240
    """,
)
LIST_UNSEALED_MONTHS = Query(UnsealedMonth, "SELECT county_code, month FROM list_unsealed_months(:most::integer)")
MAX_AT_ONCE = 50
_MAX_LISTED = 5_000


async def seal_closed_months(db: Database, seal: Seal, *, now: datetime) -> BatchSummary:
    """Seal the packs of closed months, in each county in the order of the months, one transaction each.

    At most 50 are sealed at once. A month that cannot be sealed is logged and tried again, and takes no other's place.
    """
    async with db.connection() as conn:
        months = await LIST_UNSEALED_MONTHS.all(conn, most=_MAX_LISTED)
    sealed = failed = 0

    async def work(unsealed: UnsealedMonth) -> None:
        async with db.transaction(scope=unsealed.county_code) as conn:
            await seal_pack(conn, seal, unsealed.county_code, unsealed.month, by="seal_packs", now=now)

    async def fail(unsealed: UnsealedMonth, error: Exception) -> None:
        log.error("pack_not_sealed", county=unsealed.county_code, month=unsealed.month, error=describe_error(error))

    for some in batched(months, MAX_AT_ONCE):
        summary = await run_each(some, work, fail)
        sealed, failed = sealed + summary.done, failed + summary.failed
        if sealed >= MAX_AT_ONCE:
            break
    return BatchSummary(done=sealed, failed=failed)


async def list_packed_months(conn: Connection, county: str) -> list[date]:
    """Return the months of a county whose packs are sealed, latest first. The caller checks who may see them."""
    return await LIST_PACKED_MONTHS.all(conn, county=county)


async def load_pack(
    conn: Connection, seal: Seal, county: str, month: date, *, by: str, now: datetime
) -> tuple[EvidencePack, bytes]:
    """Return the pack of a closed month and its ZIP file; seal it first if it is not sealed yet.

    The file is the same each time. `by` names who reads it in the audit record. The caller has checked that they may,
    and owns the transaction.

    Raises:
        CycleNotFound, WrongState: the month is not closed.
        PackNotReproduced: the month's case no longer gives the result that was settled.
        PackChanged: what is stored is not what was sealed.
    """
    pack = await seal_pack(conn, seal, county, month, by=by, now=now)
    content = _open_content(seal, pack.content_sealed)
    erased = {each.member: each for each in await LIST_ERASED_MEMBERS.all(conn, county=county, month=month)}
    files = [each for each in content.files if each.member not in erased]
    members = content.members | await _load_files(conn, seal, county, content.key, files)
    digests = {name: hashlib.sha256(each).hexdigest() for name, each in members.items()}
    digests |= {each.member: each.sha256 for each in erased.values()}
    order = [*content.members, *(each.member for each in content.files)]
    chain = chain_digests(pack.origin, [(name, digests[name]) for name in order])
    if chain[-1].link != pack.head_sha256:
        raise PackChanged(month=pack.origin.month)
    signature = PackSignature(pack.public_key, pack.signature)
    told = sign_erasures(seal, pack.head_sha256, {each.member: each.erased_at for each in erased.values()})
    written = await asyncio.to_thread(write_zip, pack.origin, members, chain, signature, told)
    detail = {"month": pack.origin.month, "head": pack.head_sha256}
    await record_export(conn, actor=by, name="pack", county=county, detail=detail, now=now)
    return pack, written


async def read_pack_key(conn: Connection, seal: Seal, county: str, month: date, *, by: str, now: datetime) -> str:
    """Return the key that opens the files and names of a sealed pack, in hexadecimal.

    The caller has checked that `by` may, whom the audit record names.

    Raises:
        CycleNotFound, WrongState: the month is not closed.
        PackNotReproduced: see `load_pack`.
    """
    pack = await seal_pack(conn, seal, county, month, by=by, now=now)
    detail = {"month": pack.origin.month, "head": pack.head_sha256}
    await record_export(conn, actor=by, name="pack key", county=county, detail=detail, now=now)
    return _open_content(seal, pack.content_sealed).key.hex()


async def seal_pack(conn: Connection, seal: Seal, county: str, month: date, *, by: str, now: datetime) -> EvidencePack:
    """Return the pack of a closed month; seal it, after the county's earlier ones, if it is not sealed yet.

    So packs are numbered in the order of their months, unless a month is closed after a later one was sealed. The
    caller owns the transaction.

    Raises:
        CycleNotFound, WrongState: the month is not closed.
        PackNotReproduced: see `load_pack`.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    pack = await FIND_PACK.maybe(conn, county=county, month=month)
    before = [] if pack else await LIST_UNSEALED_BEFORE.all(conn, county=county, month=month, closed=CLOSE.after)
    earlier = [await lock_cycle(conn, county, each) for each in before]
    cycle = await lock_cycle(conn, county, month)
    require_state(cycle, (CLOSE.after,))
    if pack is not None:
        return pack
    for each in earlier:
        try:
            await _seal(conn, seal, each, by=by, now=now)
        except PackNotReproduced as refusal:
            # Nothing was written of it, and it must not keep a later month from being sealed.
            log.warning("pack_not_sealed", county=county, month=each.name, error=describe_error(refusal))
    return await _seal(conn, seal, cycle, by=by, now=now)


async def _seal(conn: Connection, seal: Seal, cycle: Cycle, *, by: str, now: datetime) -> EvidencePack:
    county = cycle.county_code
    last = await FIND_LAST_PACK.maybe(conn, county=county)
    name_key = _open_content(seal, last.content_sealed).name_key if last else None
    content = await build_content(conn, seal, cycle, name_key=name_key)
    members = content.members | await _load_files(conn, seal, county, content.key, content.files)
    pack = EvidencePack(
        county_code=county,
        month=cycle.month,
        number=last.number + 1 if last else 1,
        previous_sha256=last.head_sha256 if last else None,
        head_sha256="",
        public_key="",
        signature="",
        sealed_at=now,
        content_sealed=seal.seal_bytes(zlib.compress(msgspec.msgpack.encode(content), 6), PACK_CONTEXT),
    )
    head = chain_members(pack.origin, members.items())[-1].link
    signed = sign_head(seal, head)
    pack = msgspec.structs.replace(pack, head_sha256=head, public_key=signed.public_key, signature=signed.signature)
    await ADD_PACK.run(
        conn,
        cycle_id=cycle.id,
        county=county,
        number=pack.number,
        previous_sha256=pack.previous_sha256,
        head_sha256=head,
        public_key=pack.public_key,
        signature=pack.signature,
        run_id=cycle.run_id,
        content_sealed=pack.content_sealed,
        now=now,
    )
    detail: dict[str, object] = {"number": pack.number, "head": head, "public_key": pack.public_key}
    object_ = f"cycle:{county}:{cycle.name}"
    await add_audit_entry(conn, actor=by, action="seal pack", object=object_, detail=detail, now=now)
    return pack


def _open_content(seal: Seal, sealed: bytes) -> PackContent:
    return msgspec.msgpack.decode(zlib.decompress(seal.open_bytes(sealed, PACK_CONTEXT)), type=PackContent)


async def note_erased_members(
    conn: Connection, seal: Seal, county: str, *, file_id: UUID, name: str, content: bytes, now: datetime
) -> None:
    """Keep the hash that a file has in the county's packs, before its original is kept without some of its cells."""
    for pack in await LIST_PACK_CONTENTS.all(conn, county=county):
        packed = _open_content(seal, pack.content_sealed)
        for each in packed.files:
            if UUID(str(each.file_id)) == file_id and not each.attached and each.name == name:
                encrypted = await asyncio.to_thread(encrypt_member, packed.key, each.member, content)
                digest = hashlib.sha256(encrypted).hexdigest()
                await ADD_ERASED_MEMBER.run(
                    conn, cycle_id=pack.cycle_id, member=each.member, county=county, sha256=digest, now=now
                )


async def _load_files(
    conn: Connection, seal: Seal, county: str, key: bytes, files: Sequence[PackedFile]
) -> dict[str, bytes]:
    """Return the encrypted bytes of files by member, in their order."""
    return {each.member: await _load_file(conn, seal, county, key, each) for each in files}


async def _load_file(conn: Connection, seal: Seal, county: str, key: bytes, file: PackedFile) -> bytes:
    original = await GET_PACKED_FILE.one(
        conn, county=county, file_id=UUID(str(file.file_id)), attached=file.attached, name=file.name
    )
    return await asyncio.to_thread(lambda: encrypt_member(key, file.member, open_original(seal, original)))

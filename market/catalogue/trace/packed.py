"""Say which labels were put on what an order line sends, and name the lots of a parcel."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.trace.models import MAX_LABELS, MAX_LISTED, TraceInvalid
from market.kernel import Connection, FieldFault, Query
from market.kernel.text import normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

_CODES = re.compile(r"([0-9]{1,18})-([0-9]{1,6})(?:(?:到|至|~)([0-9]{1,6}))?")
_BETWEEN = re.compile(r"[\s,，、;；]+")
_WRONG_LABEL = frozenset({"P0915", "P0916"})
"""The errors of the trigger `check_packed_label`."""


class LabelCode(Struct, frozen=True):
    """What is printed on a label: the number of its lot, and its serial."""

    lot: int
    serial: int

    def __str__(self) -> str:
        return f"{self.lot}-{self.serial}"


class PackedLot(Struct, frozen=True, kw_only=True):
    """A lot of which labels are on an order line; `plot` is empty for a mixed one."""

    order_line_id: UUID
    lot: int
    crop: str
    plot: str
    harvested_on: date
    serials: list[int]


class OwnLine(Struct, frozen=True):
    """The suborder and the producer of an order line."""

    suborder_id: UUID
    producer_id: UUID


GET_LINE = Query(
    OwnLine,
    """
    SELECT l.suborder_id, s.producer_id FROM order_lines l JOIN suborders s ON s.id = l.suborder_id
     WHERE l.id = :line_id
    """,
)
# Two that pack one label at once are decided by the key.
PACK = Query(
    int,
    """
    INSERT INTO packed_labels (lot_id, serial, order_line_id, packed_by, packed_at)
    SELECT b.lot_id, b.serial, :line_id, :account_id, :now
      FROM labels b JOIN harvest_lots h ON h.id = b.lot_id AND h.number = :lot
     WHERE b.serial = :serial
    ON CONFLICT ON CONSTRAINT packed_labels_pkey DO NOTHING
    RETURNING serial
    """,
)
IS_PACKED_HERE = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM packed_labels p JOIN harvest_lots h ON h.id = p.lot_id
                    WHERE h.number = :lot AND p.serial = :serial AND p.order_line_id = :line_id)
    """,
)
LIST_PACKED = Query(
    PackedLot,
    """
    SELECT p.order_line_id, h.number AS lot, h.crop, coalesce(g.name, '') AS plot, h.harvested_on,
           array_agg(p.serial ORDER BY p.serial) AS serials
      FROM order_lines l
      JOIN packed_labels p ON p.order_line_id = l.id
      JOIN harvest_lots h ON h.id = p.lot_id
      LEFT JOIN plots g ON g.id = h.plot_id
     WHERE l.suborder_id = :suborder_id
     GROUP BY p.order_line_id, h.number, h.crop, g.name, h.harvested_on
     ORDER BY h.number, p.order_line_id LIMIT :limit
    """,
)


def read_label_codes(text: str) -> list[LabelCode]:
    """Return the labels that a person typed, `12-3、12-5到8`, each once.

    Raises:
        TraceInvalid: it says something else, or names too many.
    """
    words = [word for word in _BETWEEN.split(normalize_text(text)) if word]
    matches = [match for word in words if (match := _CODES.fullmatch(word))]
    spans = [(int(match[1]), int(match[2]), int(match[3] or match[2])) for match in matches]
    count = sum(last - first + 1 for _, first, last in spans)
    if len(matches) < len(words) or count > MAX_LABELS or any(last < first for _, first, last in spans):
        raise TraceInvalid(errors=(FieldFault("labels", "照标签上的写，比如 12-3 或者 12-3到8，一次最多 60 张"),))
    return list(
        dict.fromkeys(LabelCode(lot, serial) for lot, first, last in spans for serial in range(first, last + 1))
    )


async def get_own_line(conn: Connection, actor: Actor, line_id: UUID) -> OwnLine:
    """Return an order line of a producer that the actor works for.

    Raises:
        NotFound: it is of none.
    """
    line = await GET_LINE.maybe(conn, line_id=line_id)
    if line is None or line.producer_id not in actor.producers:
        raise NotFound
    return line


async def pack_labels(
    conn: Connection, actor: Actor, line_id: UUID, codes: Sequence[LabelCode], *, now: datetime
) -> list[PackedLot]:
    """Say that labels are on what an order line sends; return the lots of its parcel. Those that are stay.

    Raises:
        NotFound: the line is of no producer that the actor works for.
        TraceInvalid: a label is not the shop's, was revoked, or is on something else; or the parcel waits for its
            balance, arrived, or is none.
    """
    line = await get_own_line(conn, actor, line_id)
    wrong: list[LabelCode] = []
    packed = 0
    # In one order, so that two parcels with the same labels wait for each other and not both.
    for code in sorted(codes, key=lambda each: (each.lot, each.serial)):
        try:
            async with conn.transaction():
                serial = await PACK.maybe(
                    conn, line_id=line_id, lot=code.lot, serial=code.serial, account_id=actor.account_id, now=now
                )
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _WRONG_LABEL:
                raise
            wrong.append(code)
            continue
        packed += serial is not None
        if serial is None and not await IS_PACKED_HERE.one(conn, line_id=line_id, lot=code.lot, serial=code.serial):
            wrong.append(code)
    if wrong:
        listed = "、".join(map(str, wrong))
        raise TraceInvalid(
            errors=(FieldFault("labels", f"{listed}：不是这家店的、作废了、贴过别的，或者包裹已经收到了"),)
        )
    if packed:
        await add_audit_entry(
            conn, actor=str(actor.account_id), action="labels.pack", object=f"suborder:{line.suborder_id}",
            detail={"line": str(line_id), "labels": packed}, now=now,
        )  # fmt: skip
    return await list_packed_lots(conn, line.suborder_id)


async def list_packed_lots(conn: Connection, suborder_id: UUID) -> list[PackedLot]:
    """Return the lots of which labels are on a parcel; the caller checks who may read it."""
    return await LIST_PACKED.all(conn, suborder_id=suborder_id, limit=MAX_LISTED)

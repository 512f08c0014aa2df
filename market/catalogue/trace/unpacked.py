"""Take labels off a parcel that were put on it by mistake, until it is sent; what was taken off stays known."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.trace.models import MAX_LISTED, TraceInvalid
from market.catalogue.trace.packed import LabelCode, PackedLot, get_own_line, list_packed_lots
from market.kernel import Connection, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor

_SENT, _NOT_ON_LINE = "P0917", "P0918"
"""The errors of the trigger `unpack_label`."""


class UnpackedLabel(Struct, frozen=True, kw_only=True):
    """A label that was taken off an order line again, by whom and when."""

    order_line_id: UUID
    lot: int
    serial: int
    by: str
    unpacked_at: datetime


UNPACK = Query(
    int,
    """
    INSERT INTO unpacked_labels (lot_id, serial, order_line_id, unpacked_by, unpacked_at)
    SELECT id, :serial, :line_id, :account_id, :now FROM harvest_lots WHERE number = :lot
    RETURNING serial
    """,
)
LIST_UNPACKED = Query(
    UnpackedLabel,
    """
    SELECT u.order_line_id, h.number AS lot, u.serial, a.name AS by, u.unpacked_at
      FROM order_lines l
      JOIN unpacked_labels u ON u.order_line_id = l.id
      JOIN harvest_lots h ON h.id = u.lot_id
      JOIN accounts a ON a.id = u.unpacked_by
     WHERE l.suborder_id = :suborder_id
     ORDER BY u.unpacked_at DESC, h.number, u.serial LIMIT :limit
    """,
)


async def unpack_labels(
    conn: Connection, actor: Actor, line_id: UUID, codes: Sequence[LabelCode], *, now: datetime
) -> list[PackedLot]:
    """Say that labels are not on what an order line sends after all; return the lots of its parcel.

    They may be put on something else. All are taken off, or none.

    Raises:
        NotFound: the line is of no producer that the actor works for.
        TraceInvalid: no label is named, the parcel was sent, or a label is not on this line.
    """
    line = await get_own_line(conn, actor, line_id)
    if not codes:
        raise TraceInvalid(errors=(FieldFault("labels", "请选要去掉的标签"),))
    wrong: list[LabelCode] = []
    for code in sorted(codes, key=lambda each: (each.lot, each.serial)):
        try:
            async with conn.transaction():
                serial = await UNPACK.maybe(
                    conn, line_id=line_id, lot=code.lot, serial=code.serial, account_id=actor.account_id, now=now
                )
        except asyncpg.PostgresError as error:
            if error.sqlstate == _SENT:
                raise TraceInvalid(errors=(FieldFault("labels", "发出了的，标签不能再去掉"),)) from None
            if error.sqlstate != _NOT_ON_LINE:
                raise
            serial = None
        if serial is None:
            wrong.append(code)
    if wrong:
        raise TraceInvalid(errors=(FieldFault("labels", f"{'、'.join(map(str, wrong))}：没有贴在这样东西上"),))
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="labels.unpack", object=f"suborder:{line.suborder_id}",
        detail={"line": str(line_id), "labels": len(codes)}, now=now,
    )  # fmt: skip
    return await list_packed_lots(conn, line.suborder_id)


async def list_unpacked_labels(conn: Connection, suborder_id: UUID) -> list[UnpackedLabel]:
    """Return the labels that were taken off a parcel, the latest first; the caller checks who may read it."""
    return await LIST_UNPACKED.all(conn, suborder_id=suborder_id, limit=MAX_LISTED)

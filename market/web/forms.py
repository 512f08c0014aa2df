"""What the forms of farmers share: reading sums and ids, telling faults under the names of the form."""

import re
from uuid import UUID

from market.identity import Actor
from market.kernel import Connection, FieldFault, Refusal
from market.producers import list_own

_YUAN = re.compile(r"(\d{1,7})(?:\.(\d{1,2}))?")
_FIELD_NAMES = {
    "price_fen": "price", "unit": "pack", "quantity": "left", "photo_id": "photo", "category": "pack",
    "certificates": "photo",
}  # fmt: skip


def read_yuan(text: str) -> int | None:
    """Read a price as a person types it, `39` or `39.5`, into fen; None where it is none."""
    match = _YUAN.fullmatch(text.strip().removeprefix("¥").removesuffix("元").replace(",", ""))
    return None if match is None else int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def faults_of(refusal: Refusal, otherwise: str) -> list[FieldFault]:
    """Return a refusal's faults under the names of the form; one that names no field is told at `otherwise`."""
    found = [FieldFault(_FIELD_NAMES.get(fault.field, fault.field), fault.message) for fault in refusal.errors]
    return found or [FieldFault(otherwise, refusal.text("zh"))]


def read_uuid(text: str) -> UUID | None:
    """Read an id; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def houses_of(conn: Connection, actor: Actor) -> list[tuple[str, str]]:
    """Return for whom a person may sell, where there is a choice."""
    return [(str(each.id), each.name) for each in await list_own(conn, actor)] if len(actor.producers) > 1 else []

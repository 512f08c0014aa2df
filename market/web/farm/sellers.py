"""Shared parts of the sellers' pages: producers to sell for, and rows of tasks."""

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection
from market.producers.queries import list_own_producers

FIELD_NAMES = {
    "price_fen": "price", "unit": "pack", "quantity": "left", "photo_id": "photo", "category": "pack",
    "certificates": "photo",
}  # fmt: skip
"""Form fields by the field that a refusal names, if they differ."""


class FarmRow(Struct, frozen=True):
    """A row of a list, with its link."""

    href: str
    title: str
    lines: list[str]
    symbol: str
    state: str = ""


def is_seller(actor: Actor) -> bool:
    """Return whether a person works for any producer."""
    return bool(actor.producers)


async def list_producer_options(conn: Connection, actor: Actor) -> list[tuple[str, str]]:
    """Return the producers that a person may choose to sell for, as (id, name); empty if there is no choice."""
    if len(actor.producers) <= 1:
        return []
    return [(str(producer.id), producer.name) for producer in await list_own_producers(conn, actor)]

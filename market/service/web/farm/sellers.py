"""Shared parts of the sellers' pages: producers to sell for, and rows of tasks."""

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Refusal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.shop.cards import PhotoView

FIELD_NAMES = {
    "price_fen": "price", "unit": "pack", "quantity": "left", "photo_id": "photo", "category": "pack",
    "certificates": "photo", "ceiling_bp": "ceiling", "gross_g": "gross",
}  # fmt: skip
"""Form fields by the field that a refusal names, if they differ."""


type Note = tuple[str, str, str]
"""A note above a page: its kind, heading and sentence."""


class FarmRow(Struct, frozen=True):
    """A row of a list, with its link."""

    href: str
    title: str
    lines: list[str]
    symbol: str
    state: str = ""
    photo: PhotoView | None = None


def list_notes(request: HttpRequest, said: Mapping[str, Note], refusal: Refusal | None = None) -> list[Note]:
    """Return the note of what the last form did, which `?said=` names, and that of a refusal."""
    done = said.get(request.query_params.get("said", ""))
    return [*([done] if done else []), *([("no", "没有办成", refusal.text("zh"))] if refusal else [])]


def is_seller(actor: Actor) -> bool:
    """Return whether a person works for any producer."""
    return bool(actor.producers)


async def list_producer_options(conn: Connection, actor: Actor) -> list[tuple[str, str]]:
    """Return the producers that a person may choose to sell for, as (id, name); empty if there is no choice."""
    if len(actor.producers) <= 1:
        return []
    return [(str(producer.id), producer.name) for producer in await list_own_producers(conn, actor)]


def show_drawings_once(*lists: list[FarmRow], shown: Collection[str] = ()) -> list[list[FarmRow]]:
    """Return the lists of a page so that no drawing appears twice; a later row has none."""
    seen = set(shown)
    result: list[list[FarmRow]] = []
    for rows in lists:
        result.append([])
        for row in rows:
            repeated = row.symbol in seen and row.photo is None
            result[-1].append(structs.replace(row, symbol="") if repeated else row)
            seen |= set() if row.photo else {row.symbol}
    return result


async def load_shop_links(
    conn: Connection, actor: Actor, producer_id: UUID, path: str
) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of the shop that a page acts for, and links to the same page of the person's other shops."""
    shops = await list_own_producers(conn, actor)
    name = next((shop.name for shop in shops if shop.id == producer_id), "")
    return name, [(f"{path}?of={shop.id}", shop.name) for shop in shops if shop.id != producer_id]

"""The slots of activities: read by everyone, added, closed, opened and cancelled by their host."""

from typing import Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import NewSlots, add_slots, move_slot
from market.catalogue.slots.list_slots import list_coming_slots
from market.catalogue.slots.models import CancelReason, Slot, SlotState
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.settings import Settings
from market.people.identity.models import Actor


class SlotCancellation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the host cancels a slot, which the guests are told."""

    reason: Literal["weather", "host"]


class ActivityController(Controller):
    """The slots of an activity."""

    path = "/api/v1/activities"
    tags = ("slots",)

    @get("/{listing_id:uuid}/slots", operation_id="ListSlots")
    async def slots(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        after: FromQuery[UUID | None] = None,
    ) -> list[Slot]:
        """List the coming slots of an activity with free places and refunds, 100 at a time, after the slot `after`."""
        async with db.connection() as conn:
            return await list_coming_slots(conn, listing_id, now=clock.now(), after=after)

    @post("/{listing_id:uuid}/slots", operation_id="AddSlots")
    async def add(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[NewSlots],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
    ) -> list[UUID]:
        """Add a slot on each of some days; returns their ids."""
        async with db.transaction() as conn:
            hours = settings.slot_minimum_hours
            return await add_slots(conn, actor, listing_id, data, minimum_hours=hours, now=clock.now())


class SlotController(Controller):
    """A slot, as its host changes it."""

    path = "/api/v1/slots"
    tags = ("slots",)

    @post("/{slot_id:uuid}/closure", operation_id="CloseSlot", status_code=204)
    async def close(
        self,
        *,
        slot_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Take no more guests in a slot; those who have places keep them."""
        async with db.transaction() as conn:
            await move_slot(conn, actor, slot_id, SlotState.CLOSED, now=clock.now())

    @post("/{slot_id:uuid}/opening", operation_id="OpenSlot", status_code=204)
    async def open(
        self,
        *,
        slot_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Take guests in a closed slot again."""
        async with db.transaction() as conn:
            await move_slot(conn, actor, slot_id, SlotState.OPEN, now=clock.now())

    @post("/{slot_id:uuid}/cancellation", operation_id="CancelSlot", status_code=204)
    async def cancel(
        self,
        *,
        slot_id: FromPath[UUID],
        data: JSONBody[SlotCancellation],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Cancel a slot; all of its guests are told, and get their money back whole."""
        async with db.transaction() as conn:
            await cancel_slot(conn, actor, slot_id, CancelReason(data.reason), now=clock.now())


ROUTES = [ActivityController, SlotController]

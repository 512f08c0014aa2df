"""Slots of activities: their places, who reserved them, and their refusals.

Exports what an application needs to offer the slots of activities without HTTP; see docs/library.md.
"""

from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import NewSlots, add_slots
from market.catalogue.slots.list_slots import list_coming_slots
from market.catalogue.slots.models import CancelReason, Slot, SlotId

__all__ = [
    "CancelReason",
    "NewSlots",
    "Slot",
    "SlotId",
    "add_slots",
    "cancel_slot",
    "list_coming_slots",
]

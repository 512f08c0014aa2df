"""The slots of orders that are being placed."""

from collections.abc import Mapping
from datetime import datetime

from market.catalogue.listings.models import ListingKind
from market.catalogue.slots.models import Slot, SlotId, SlotNeeded, SlotNotOffered
from market.catalogue.slots.rules import find_slot_refusal
from market.kernel import FieldFault
from market.kernel.language import say
from market.sales.orders.checkout.pricing import GoodsOffer
from market.sales.orders.models import Line


def find_slot(offer: GoodsOffer, line: Line, slots: Mapping[SlotId, Slot], *, field: str, now: datetime) -> Slot | None:
    """Return the slot of a line of an activity, or None for goods.

    Raises:
        SlotNeeded: the activity has no such slot.
        SlotNotOffered: goods have no slots, and the line names one.
        SlotStarted, SlotClosed, PartyTooLarge: nobody, or no such party, can have places in it.
    """
    if offer.listing_kind != ListingKind.ACTIVITY:
        if line.slot_id is not None:
            raise SlotNotOffered(title=offer.title, errors=(FieldFault(field, say("这一样不用选时间")),))
        return None
    slot = slots.get(line.slot_id) if line.slot_id else None
    if slot is None or slot.listing_id != offer.listing_id:
        raise SlotNeeded(title=offer.title, errors=(FieldFault(field, say("选一场")),))
    if refusal := find_slot_refusal(slot, party=line.quantity, title=offer.title, field=field, now=now):
        raise refusal
    return slot

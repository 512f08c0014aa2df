"""Whether a party may have places in a slot, and what cancelling them refunds. Pure."""

from datetime import datetime

from market.catalogue.bookings.models import CancellationTerms
from market.catalogue.bookings.tiers import make_terms
from market.catalogue.slots.models import PartyTooLarge, Slot, SlotClosed, SlotStarted, SlotState
from market.kernel import FieldFault, Refusal
from market.kernel.clock import get_business_day
from market.kernel.language import say


def find_slot_refusal(slot: Slot, *, party: int, title: str, field: str, now: datetime) -> Refusal | None:
    """Return why no party of this size may have places in the slot, however many are free; or None.

    `field` names the field of the slot; a party that is too large is a fault of the field `quantity` beside it.
    """
    if now >= slot.starts_at:
        return SlotStarted(title=title, errors=(FieldFault(field, say("这一场已经开始了")),))
    if slot.state is not SlotState.OPEN:
        return SlotClosed(title=title, errors=(FieldFault(field, say("这一场不接人了")),))
    if party > slot.capacity:
        fault = FieldFault(field.replace("slot_id", "quantity"), say("一场一共 {0} 个名额", slot.capacity))
        return PartyTooLarge(title=title, capacity=slot.capacity, errors=(fault,))
    return None


def get_slot_terms(slot: Slot, now: datetime) -> CancellationTerms:
    """Return the refund of cancelling places in the slot now, by the same rule as for stays."""
    return make_terms(slot.tiers, days_left=(slot.day - get_business_day(now)).days, holiday=slot.holiday)

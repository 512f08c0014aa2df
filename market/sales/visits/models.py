"""Changes of a booking, and their refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Refusal

ANSWER_HOURS = 24
ANSWER_PERIOD = timedelta(hours=ANSWER_HOURS)
"""How long the other side has to answer a proposed change; then it lapses, and the booking stays as it was."""


class Proposer(StrEnum):
    """Who proposes new days: the buyer asks, the host offers."""

    BUYER = "buyer"
    HOST = "host"


class BookingChangeState(StrEnum):
    """The state of a change: proposed, or how it ended."""

    PROPOSED = "proposed"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class BookingChange(Struct, frozen=True, kw_only=True):
    """New days for a stay; of `paid_fen`, what the new days do not cost is refunded."""

    id: UUID
    suborder_id: UUID
    order_number: int
    position: int
    title: str
    rooms: int
    proposed_by: Proposer
    state: BookingChangeState
    arrive_on: date
    leave_on: date
    old_arrive_on: date
    old_leave_on: date
    paid_fen: Fen
    price_fen: Fen
    proposed_at: datetime
    expires_at: datetime

    @property
    def refund_fen(self) -> Fen:
        """The amount that goes back to the buyer."""
        return Fen(self.paid_fen - self.price_fen)


class BookingChangeQuote(Struct, frozen=True, kw_only=True):
    """What other days would cost: the list price of the rooms, what was paid, and what goes back.

    `extra_fen` is what they cost more than was paid; a buyer cannot change to them. `at_once`: the change needs no
    consent of the host, because the stay could be cancelled today for all of its money.
    """

    arrive_on: date
    leave_on: date
    price_fen: Fen
    paid_fen: Fen
    refund_fen: Fen
    extra_fen: Fen
    at_once: bool


class BookingNotChangeable(Refusal):
    """The stay is not paid, has begun or ended, or was cancelled."""

    code = "booking_not_changeable"
    zh = "这个订单现在不能改日子：还没付款、已经住下，或者已经取消。"
    en = "The stay cannot be changed now: it is not paid, has begun, or was cancelled."


class PackageStayNotChangeable(BookingNotChangeable):
    """The stay is part of a package: its price and its other parts are for these days."""

    code = "package_stay_not_changeable"
    zh = "套餐里的住宿不能单独改日子。要换日子，整套退了再订。"
    en = "A stay of a package is not changed alone; cancel the package and book it again."


class ChangeInvalid(Refusal):
    """The new days cannot be booked, or are those of the booking; `errors` names the field."""

    code = "booking_change_wrong"
    status = 422
    zh = "新日子要改一改。"
    en = "The new days are invalid; see errors."


class ChangeCostsMore(Refusal):
    """The new days cost more than was paid: a booking is paid once, so the buyer cannot change to them."""

    code = "booking_change_costs_more"
    status = 422
    zh = "新日子比付过的多 {extra} 元，不能改成这几晚。换便宜的日子，请店家不加钱改给您，或者退了重订。"
    en = "The new days cost {extra} yuan more than was paid. Choose others, ask the host for an offer, or book again."


class ChangePriceMoved(Refusal):
    """The price of the new days differs from what the buyer saw; nothing was changed."""

    code = "booking_change_price"
    zh = "新日子的价钱刚变了，现在是 {price} 元，没有改。看清楚再改。"
    en = "The price of the new days is now {price} yuan; nothing was changed."


class ChangeNotOpen(Refusal):
    """The proposed change was answered, withdrawn, has lapsed, or no longer fits the booking."""

    code = "booking_change_ended"
    zh = "这次改日子已经有结果了，或者过了时间。看看订单现在的日子。"
    en = "The proposed change has ended."


class TooManyChanges(Refusal):
    """One side proposed as many changes of the booking as may be: each sends messages, withdrawn ones too."""

    code = "too_many_booking_changes"
    zh = "这次住宿已经提过 {limit} 次改日子，不能再提。请打电话商量。"
    en = "{limit} changes of this booking were proposed from this side; no more can be."


class ChangeOpen(Refusal):
    """Another change of the booking waits for an answer."""

    code = "booking_change_open"
    zh = "已经有一次改日子在等答复，先等它有结果，或者撤回。"
    en = "Another change of this booking waits for an answer."


class StayGuestInvalid(Refusal):
    """A guest as the host registers them is invalid; `errors` names the field."""

    code = "stay_guest_wrong"
    status = 422
    zh = "登记的有几处要改。"
    en = "Some fields of the guest are invalid; see errors."


class RegisterClosed(Refusal):
    """The guests of a stay are registered from its first day to its last."""

    code = "guest_register_closed"
    zh = "客人到店那天起才能登记，走了以后就不用登记了。"
    en = "Guests are registered from the first day of the stay to its last."

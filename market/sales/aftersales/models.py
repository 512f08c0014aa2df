"""Limits and refusals after the sale."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from market.kernel import Refusal

MAX_WITHDRAWN_RETURNS = 10
"""How many returns of a parcel may be withdrawn, or lapse, before no other can be asked for."""
MAX_REQUESTS = 10
"""How many refunds of a suborder may be requested that need a second person, withdrawn ones included."""
SELLER_REFUND_WINDOW = timedelta(days=90)
"""How long after receipt a producer may refund by itself; payment methods accept refunds for 180 days."""
MAX_CLAIM_PHOTOS = 3
MAX_CLAIM_TEXT_LENGTH = 300
MAX_CLAIM_TOTAL = 100_000
OWN_DELIVERY = "自己送"
"""The carrier value for delivery by the producer itself; neither a carrier nor a tracking number is stored."""


class LineRefundReason(StrEnum):
    """Why part of a line is refunded."""

    BAD_FRUIT = "bad_fruit"
    AGREED = "agreed"


class NotShippable(Refusal):
    """The suborder is not a parcel to ship: unpaid, shipped, cancelled, or not goods."""

    code = "not_shippable"
    zh = "这一单现在不能发：没有付款，取消了，或者已经发走了。"
    en = "This parcel cannot be shipped now; it is {state}."


class InvalidTracking(Refusal):
    """The carrier or the tracking number is missing or invalid."""

    code = "tracking_wrong"
    status = 422
    zh = "请写快递公司和 4 到 40 位的快递单号。"
    en = "Enter the carrier and a tracking number of 4 to 40 letters and digits."


class NotWeighed(Refusal):
    """A line of the parcel is sold by weight and was not weighed; it is weighed before it is sent."""

    code = "not_weighed"
    zh = "这一单有按重量卖的，卖家还没写称得多重：先称，再发货。"
    en = "The seller has to weigh the lines that are sold by weight first."


class InvalidWeights(Refusal):
    """No weight is given, or one of a line that is not sold by weight."""

    code = "weights_wrong"
    status = 422
    zh = "请写每一样称得多重。"
    en = "Give the weight of each line that is sold by weight, once."


class WeightAboveCeiling(Refusal):
    """The weight is above the most that is charged: the seller takes the surplus out, or gives it away."""

    code = "weight_above_ceiling"
    status = 422
    zh = "超过上限了，最多按 {ceiling}收钱。"
    en = "The weight is above the ceiling; enter at most {ceiling}."


class WeightTooLow(Refusal):
    """The weight is below half of what was ordered."""

    code = "weight_below_half"
    status = 422
    zh = "不到订的一半（{least}），看看是不是写错了。"
    en = "The weight is below half of what was ordered ({least})."


class WeighedBefore(Refusal):
    """The line was weighed with another result, by which its difference was refunded."""

    code = "weighed_before"
    zh = "已经称过（{weight}），钱也按这个退了，不能再改。"
    en = "The line was weighed before ({weight})."


class NothingToReceive(Refusal):
    """Nothing can be received now: unpaid, cancelled, finished, or a stay before the day of arrival."""

    code = "not_receivable"
    zh = "现在没有可以确认收货的东西。"
    en = "There is nothing to confirm now."


class NothingSent(NothingToReceive):
    """Goods were paid, and none of them was sent."""

    code = "nothing_sent"
    zh = "卖家还没有发货，收到了再确认。"
    en = "Nothing was sent yet; to confirm goods that were handed over in person, name their positions."


class InvalidCheckInCode(Refusal):
    """No guest of this producer has the code."""

    code = "code_wrong"
    status = 422
    zh = "码不对，请客人再看一下。"
    en = "None of your guests has this code."


class TooManyCheckInCodes(Refusal):
    """The host tried too many wrong check-in codes in the last hour; `retry_after` is in seconds."""

    code = "too_many_check_ins"
    status = 429
    zh = "码错得太多了，请过一个小时再试；客人等着的话，打电话给我们。"
    en = "Too many wrong check-in codes; try again in {retry_after} s."


class CheckInCodeUsed(Refusal):
    """The guest has already checked in."""

    code = "code_used"
    zh = "这个码已经用过了。"
    en = "This code was already used."


class VisitCancelled(Refusal):
    """The stay or the places of a check-in code were cancelled; the code is void."""

    code = "visit_cancelled"
    zh = "这一单取消了，码作废了。"
    en = "The visit was cancelled; its code is void."


class CheckInOutsideStay(Refusal):
    """Today is outside the visit."""

    code = "not_the_day"
    zh = "这个码从 {arrive_on} 起才能用，到 {leave_on} 为止。"
    en = "This code is valid from {arrive_on} to {leave_on}."


class InvalidRefundAmount(Refusal):
    """A refund needs either an amount or a share."""

    code = "refund_wrong"
    status = 422
    zh = "请写退款金额，或者坏果所占比例，只写一种。"
    en = "Give either amount_fen or share_bp (1 to 10,000)."


class NotRefundable(Refusal):
    """The line was not paid or its suborder was cancelled."""

    code = "not_refundable"
    zh = "这一项现在不能退款。"
    en = "This line cannot be refunded now."


class TooLateToRefund(Refusal):
    """The refund window has passed."""

    code = "too_late_to_refund"
    zh = "收货已经过了 {days} 天，不能这样退款了。"
    en = "More than {days} days have passed since receipt."


class SecondPersonNeeded(Refusal):
    """The refund needs the consent of a person who neither requested it nor bought the goods."""

    code = "second_person_needed"
    status = 403
    zh = "这笔退款是您提的，或者货是您买的，要另一个人同意。"
    en = "You requested this refund or bought the goods; another person has to consent."


class TooManyRefundRequests(Refusal):
    """As many refunds of the parcel were requested as may be: each sends messages, withdrawn ones too."""

    code = "too_many_refund_requests"
    status = 409
    zh = "这个包裹的退款已经提过 {limit} 次，不能再提。请打电话给县里。"
    en = "Refunds of this parcel were requested {limit} times; no more can be requested."


class RefundRequestEnded(Refusal):
    """The requested refund was decided otherwise, or has lapsed."""

    code = "refund_request_ended"
    zh = "这笔退款已经有结果了，刷新就看得到。"
    en = "This refund request has ended: {state}."


class ClaimRefusal(Refusal):
    """A claim for bad fruit that is not accepted; `field` is the field of its form that shows the reason."""

    field: ClassVar[str] = "line"


class ClaimInvalid(ClaimRefusal):
    """Fields of a claim for bad fruit are missing or wrong; `errors` lists them."""

    code = "claim_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the claim are missing or wrong."


class ClaimTooEarly(ClaimRefusal):
    """The parcel was not shipped yet; an order that was not shipped can be cancelled."""

    code = "claim_too_early"
    zh = "还没有发货，不想要了可以取消订单。"
    en = "The parcel was not shipped yet; the order can be cancelled."


class ClaimTooLate(ClaimRefusal):
    """The period for claims after receipt has passed."""

    code = "claim_too_late"
    zh = "收到已经过了 {hours} 小时，不能再申请坏果包赔了。回到订单，按“问卖家”商量；谈不成，按“有事要投诉”。"
    en = "More than {hours} hours have passed since receipt. Ask the seller from your order, or complain there."


class ClaimedBefore(ClaimRefusal):
    """The line was claimed before; each is claimed once."""

    code = "claimed_before"
    zh = "这一样已经申请过坏果包赔，结果在订单里看。"
    en = "This line was already claimed."


class NothingLeftToClaim(ClaimRefusal):
    """What was asked for exceeds what is left of the line after refunds."""

    code = "nothing_left_to_claim"
    field = "bad"
    zh = "这一样已经退过钱，剩下的不够退这么多。"
    en = "At most {left_fen} fen of this line are left."


class GoodsReturnInvalid(Refusal):
    """Fields of a goods return are missing or wrong; `errors` lists them."""

    code = "goods_return_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the return are missing or wrong."


class GoodsReturnTooEarly(Refusal):
    """The parcel was not shipped yet; an order that was not shipped can be cancelled."""

    code = "goods_return_too_early"
    zh = "还没有发货，不想要了可以取消订单。"
    en = "The parcel was not shipped yet; the order can be cancelled."


class GoodsReturnTooLate(Refusal):
    """The period for returns after receipt has passed."""

    code = "goods_return_too_late"
    zh = "收到已经过了 {days} 天，不能退货了。回到订单，按“问卖家”商量；谈不成，按“有事要投诉”。"
    en = "More than {days} days have passed since receipt. Ask the seller from your order, or complain there."


class GoodsPerishable(Refusal):
    """Fresh and perishable goods are not returned. Source: 消费者权益保护法 25."""

    code = "goods_perishable"
    zh = "“{title}”是鲜货，容易坏，没有七天无理由退货。坏了可以申请坏果包赔。"
    en = "“{title}” is perishable and cannot be returned."


class GoodsReturnedBefore(Refusal):
    """A return of the line was asked for before; each line is returned once."""

    code = "goods_returned_before"
    zh = "“{title}”已经申请过退货，结果在订单里看。"
    en = "A return of “{title}” was asked for before."


class TooManyGoodsReturns(Refusal):
    """As many returns of the parcel were withdrawn as may be: each sends messages to the seller."""

    code = "too_many_goods_returns"
    zh = "这个包裹申请退货又撤回了 {limit} 次，不能再申请。请打电话给县里。"
    en = "Returns of this parcel were withdrawn {limit} times; no more can be asked for."


class GoodsClaimed(Refusal):
    """A line that was claimed for bad fruit is not returned as well."""

    code = "goods_claimed"
    zh = "“{title}”已经申请过坏果包赔，不能再退货。"
    en = "“{title}” was claimed for bad fruit."


class GoodsRefunded(Refusal):
    """Less than the price of what is returned is left of the line after refunds."""

    code = "goods_refunded"
    zh = "“{title}”已经退过钱，剩下的不够这样退。"
    en = "“{title}” was refunded before; less than the price of the return is left."


class CaseTextInvalid(Refusal):
    """A question, an answer to it, or a reason is missing or too long; `errors` says so."""

    code = "case_text_invalid"
    status = 422
    zh = "请写一下要说的。"
    en = "A text is missing or too long."

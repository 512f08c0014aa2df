"""Limits, reasons and refusals of reviews."""

from datetime import timedelta
from enum import StrEnum

from market.kernel import Refusal

MAX_REVIEW_LENGTH = 500
MAX_ANSWER_LENGTH = 500
MAX_APPEAL_LENGTH = 300
MAX_RATING = 5
MAX_REVIEW_PHOTOS = 3
EDITING_PERIOD = timedelta(days=7)
"""How long after writing it the buyer may change a review; what it said before is kept."""


class HidingReason(StrEnum):
    """Why the text and photos of a review are not shown; its stars count all the same.

    Sources: 个人信息保护法 10; 民法典 1024; 网络信息内容生态治理规定 6. No other reason hides a review: 电子商务法 39.
    """

    PERSONAL_DATA = "personal_data"
    INSULT = "insult"
    FORBIDDEN = "forbidden"


HIDING_REASON_NAMES = {
    HidingReason.PERSONAL_DATA: "写了别人的电话、住址这些个人信息（个人信息保护法第十条）",
    HidingReason.INSULT: "辱骂、造谣伤人名声（民法典第一千零二十四条）",
    HidingReason.FORBIDDEN: "法律不准在网上发的内容（网络信息内容生态治理规定第六条）",
}


class InvalidReview(Refusal):
    """A review has 1 to 5 stars and at most 500 characters."""

    code = "review_wrong"
    status = 422
    zh = "评价要 1 到 5 分，文字不超过 500 字。"
    en = "A review has 1 to 5 stars and at most 500 characters."


class NotReceivedYet(Refusal):
    """Only received purchases can be reviewed."""

    code = "not_received_yet"
    zh = "收到以后才能评价。"
    en = "You can review it once you have received it."


class OwnListingReviewed(Refusal):
    """Members of a producer cannot review its listings."""

    code = "own_listing"
    status = 403
    zh = "自己家的东西，请让买的人来评价。"
    en = "You sell this listing; only other buyers can review it."


class ReviewerTied(OwnListingReviewed):
    """The account or the parcel is tied to the seller: one phone, one device."""

    code = "reviewer_tied"
    zh = "{reason}，这家的东西请让别的买家来评价。"
    en = "Your account is tied to the seller (one phone or one device); only other buyers can review this listing."


class ReceiptUnproven(Refusal):
    """The reviewer has the seller's name, and nobody but the two says that the parcel arrived."""

    code = "receipt_unproven"
    status = 403
    zh = "您和卖家的人同名。快递签收了，或在自提点凭码取了，就能评价。"
    en = "You have a seller's name; you can review what a carrier delivered or a pickup point handed over."


class StayNotOver(NotReceivedYet):
    """A stay can be reviewed once its nights are over."""

    code = "not_slept_yet"
    zh = "住完了再评价：{leave_on} 起能写。"
    en = "You can review the stay once it is over, from {leave_on} on."


class AlreadyReviewed(Refusal):
    """The purchase was already reviewed."""

    code = "already_reviewed"
    zh = "这一单已经评价过了。"
    en = "This purchase was already reviewed."


class ReviewNotEditable(Refusal):
    """The period for changing a review has passed, or its text is hidden."""

    code = "review_not_editable"
    zh = "评价写了超过 {days} 天，或者文字没有显示，不能再改了。"
    en = "The review can be changed for {days} days, and not once its text is hidden."


class InvalidReviewAnswer(Refusal):
    """An answer to a review is missing or too long."""

    code = "review_answer_invalid"
    status = 422
    zh = "请写一句回的话，不超过 500 字。"
    en = "An answer has 1 to 500 characters."


class ReviewAnsweredBefore(Refusal):
    """A review is answered once, and again only if its buyer changed it after the answer."""

    code = "review_answered_before"
    zh = "这条评价已经回过了。买家改了评价，才能再回。"
    en = "The review was already answered; it can be answered again once its buyer changes it."


class InvalidAppeal(Refusal):
    """The text of an appeal, or the reason of its decision, is missing or too long."""

    code = "review_appeal_invalid"
    status = 422
    zh = "请写原因，不超过 300 字。"
    en = "Give a reason of at most 300 characters."


class AppealedBefore(Refusal):
    """A review is appealed once."""

    code = "review_appealed_before"
    zh = "这条评价已经申诉过，结果在评价里看。"
    en = "The review was already appealed."

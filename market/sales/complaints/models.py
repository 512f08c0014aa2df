"""Categories, limits and refusals of complaints."""

from enum import StrEnum

from market.kernel import Refusal

MAX_COMPLAINT_LENGTH = 500
MAX_OPEN_COMPLAINTS = 5


class ComplaintCategory(StrEnum):
    """What a complaint is about, which decides who answers it and by when (`case_categories`).

    The seller answers first about goods and service. A fraud goes to the county at once, and the seller does not learn
    of it; a complaint about an office starts one level above it. What a seller reports of a buyer goes to the county.
    """

    GOODS = "complaint_goods"
    SERVICE = "complaint_service"
    FRAUD = "complaint_fraud"
    OFFICE = "complaint_office"
    BUYER = "complaint_buyer"


# Of buyers.
COMPLAINT_NAMES = {
    ComplaintCategory.GOODS: "东西跟页面说的不一样",
    ComplaintCategory.SERVICE: "卖家态度不好、不回话",
    ComplaintCategory.FRAUD: "要我加微信、私下转钱，怕是骗人",
    ComplaintCategory.OFFICE: "县里、村里的人办得不好",
}
SELLERS_CATEGORIES = frozenset({ComplaintCategory.GOODS, ComplaintCategory.SERVICE})
"""The categories that the seller answers first and sees."""


class InvalidComplaint(Refusal):
    """Fields of a complaint or of its answer are missing or too long; `errors` lists them."""

    code = "complaint_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the complaint are missing or too long."


class ComplainedBefore(Refusal):
    """The buyer complained of this before about the same purchase."""

    code = "complained_before"
    zh = "这一单已经投诉过这一条，办到哪一步在下面看。"
    en = "There is a complaint of this category about the purchase already."


class TooManyComplaints(Refusal):
    """A person has at most five complaints that are not answered yet."""

    code = "too_many_complaints"
    status = 429
    zh = "您有几件投诉还在办，办完再写新的；着急请打电话。"
    en = "At most five complaints of a person can be open at the same time."


class NothingToComplain(Refusal):
    """The purchase was not paid."""

    code = "nothing_to_complain"
    zh = "没有付款的订单不用投诉，有事请打电话。"
    en = "The purchase was not paid."

"""Limits, set answers and refusals of conversations."""

from datetime import timedelta
from enum import StrEnum

from market.kernel import Refusal

MAX_MESSAGE_LENGTH = 300
MAX_MESSAGE_PHOTOS = 3
MAX_REPORT_LENGTH = 150
"""Of the reason of a report: with the message it is at most as long as a complaint."""
MAX_MESSAGES = 200
"""How many messages a conversation has at most; the schema bounds it too."""
MAX_DAILY_MESSAGES = 20
"""How many messages one side of a conversation writes at most within 24 hours."""
TELL_AGAIN_AFTER = timedelta(hours=6)
"""How long after a text message about a conversation its side gets the next one."""
CONVERSATION_LIFETIME = timedelta(days=3 * 366)
"""How long a conversation is kept after its last message. Source: 电子商务法 31, three years for a sale."""

SET_ANSWERS = ("看到了，我去看看，看好了回您。", "今明两天给您发，发了有短信。", "好的，照您说的办。")
"""What a seller says with one tap."""


class Side(StrEnum):
    """Who writes or reads: the buyer, or a member of the seller."""

    BUYER = "buyer"
    SELLER = "seller"


class InvalidMessage(Refusal):
    """A message has neither text nor a photo, or too much of one; `errors` lists the fields."""

    code = "message_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "A message has 1 to 300 characters, or up to three photos."


class NotBought(Refusal):
    """The order was never paid."""

    code = "conversation_not_bought"
    zh = "付了款的订单才能给卖家留话；没付以前有事，打页面上的电话。"
    en = "Messages are for orders that were paid."


class TooManyMessages(Refusal):
    """The side has written `MAX_DAILY_MESSAGES` within 24 hours, or the conversation is full."""

    code = "too_many_messages"
    status = 429
    zh = f"一单一天最多写 {MAX_DAILY_MESSAGES} 条，着急请打电话。"
    en = f"At most {MAX_DAILY_MESSAGES} messages a day are accepted, and {MAX_MESSAGES} in all."

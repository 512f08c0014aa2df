"""What the buyer and the seller of a suborder write to each other, with photos, without leaving the platform.

Exports what an application needs to write and read messages without HTTP; see docs/library.md.
"""

from market.sales.conversations.models import Side
from market.sales.conversations.views import ConversationMessage, count_unread, list_messages
from market.sales.conversations.write import mark_read, write_message

__all__ = [
    "ConversationMessage",
    "Side",
    "count_unread",
    "list_messages",
    "mark_read",
    "write_message",
]

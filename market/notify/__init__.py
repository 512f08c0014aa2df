"""Messages to people: queued sealed in the doer's transaction, sent by the worker through a port."""

from market.notify.ports import ConsolePort, FilePort, Message, Port, SilentPort, port_of
from market.notify.queue import MESSAGES, queue
from market.notify.send import Sent, send_due
from market.notify.templates import TEMPLATES

__all__ = [
    "MESSAGES",
    "TEMPLATES",
    "ConsolePort",
    "FilePort",
    "Message",
    "Port",
    "Sent",
    "SilentPort",
    "port_of",
    "queue",
    "send_due",
]

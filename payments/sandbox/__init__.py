"""A Stripe-shaped counterparty for demos and tests: real HTTP, signed messages, and faults on demand.

It moves no money. Payments are opened through the real `stripe` library and paid on its page by whoever looks at it.
"""

from payments.sandbox.app import create_app
from payments.sandbox.intents import Paid, remember
from payments.sandbox.server import Sandbox, running, serve

__all__ = ["Paid", "Sandbox", "create_app", "remember", "running", "serve"]

"""A Stripe-shaped counterparty for demos and tests: real HTTP, signed messages, and faults on demand.

It moves no money. Payments are created through the real `stripe` library and paid on the sandbox's own page.
"""

from payments.sandbox.app import create_app
from payments.sandbox.intents import SeededPayment, SeededRefund, seed_payments
from payments.sandbox.payouts import SeededPayout, seed_payouts
from payments.sandbox.server import Sandbox, running, serve

__all__ = [
    "Sandbox",
    "SeededPayment",
    "SeededPayout",
    "SeededRefund",
    "create_app",
    "running",
    "seed_payments",
    "seed_payouts",
    "serve",
]

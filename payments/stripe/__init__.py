"""Payments through Stripe: the gateway, its calls, and the objects that they bring."""

from payments.stripe.gateway import STRIPE_ACCOUNT_KINDS, Stripe

__all__ = ["STRIPE_ACCOUNT_KINDS", "Stripe"]

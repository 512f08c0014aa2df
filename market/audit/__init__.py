"""The record of who did what to whom: append-only, hash-chained on 16 chains, written in the doer's transaction."""

from market.audit.record import AuditFault, record, verify

__all__ = ["AuditFault", "record", "verify"]

"""The floor of `market`: the database, the clock, refusals, text and pages of lists; no word of the domain."""

from payments.errors import Busy, FieldFault, GatewayUnavailable, Refusal
from payments.money import BASIS, Fen, rate_down, ratio_half_up, split
from payments.sql import Connection, Database, Query, open_database

__all__ = [
    "BASIS",
    "Busy",
    "Connection",
    "Database",
    "Fen",
    "FieldFault",
    "GatewayUnavailable",
    "Query",
    "Refusal",
    "open_database",
    "rate_down",
    "ratio_half_up",
    "split",
]

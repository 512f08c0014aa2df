"""The lowest layer of `market`: database, clock, refusals, text, pagination. It contains no domain code."""

from market.kernel.database import open_database
from payments.errors import Busy, FieldFault, GatewayUnavailable, Refusal
from payments.money import BASIS_POINTS, Fen, apply_rate, divide_half_up, split
from payments.sql import Connection, Database, Query

__all__ = [
    "BASIS_POINTS",
    "Busy",
    "Connection",
    "Database",
    "Fen",
    "FieldFault",
    "GatewayUnavailable",
    "Query",
    "Refusal",
    "apply_rate",
    "divide_half_up",
    "open_database",
    "split",
]

"""How much is left: lots, what orders hold of them, and counts."""

from market.stock.lots import count_units, lots_of, open_lot, set_left
from market.stock.models import LessThanNothing, Lot, LotId, NothingToCount, Reason
from market.stock.move import release_held, return_sold, sell_held, take_again

__all__ = [
    "LessThanNothing",
    "Lot",
    "LotId",
    "NothingToCount",
    "Reason",
    "count_units",
    "lots_of",
    "open_lot",
    "release_held",
    "return_sold",
    "sell_held",
    "set_left",
    "take_again",
]

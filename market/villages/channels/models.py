"""Channels, the counties in them, and rates of other currencies."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from market.kernel import Fen, Refusal
from payments.money import ZERO_DECIMAL_CURRENCIES, Amount, divide_half_up

MAX_RATE_AGE_DAYS = 10
"""A rate older than this is not shown; a long holiday has eight days without new ones."""
UNITS_OF_RATE = 10_000


class ChannelKind(StrEnum):
    """Whose channel it is: a buying city's, or a county's own."""

    CITY = "city"
    COUNTY = "county"


class Channel(Struct, frozen=True, kw_only=True):
    """A channel with the counties in it today, by code; the English name is empty for a county."""

    code: str
    kind: ChannelKind
    name: str
    name_en: str
    counties: list[str]


class PairedCounty(Struct, frozen=True, kw_only=True):
    """A county in a channel: its names, since when, and the document that says so."""

    code: str
    name: str
    prefecture: str
    since: date
    basis: str


class Rate(Struct, frozen=True, kw_only=True):
    """What 10,000 units of a currency are worth in fen, of a day, and who published it."""

    currency: str
    day: date
    fen_per_10000: int
    source: str

    def convert(self, fen: Fen) -> Amount:
        """Return about what an amount is in this currency, rounded half up to its smallest unit.

        It is for information, so nobody gains from the half: what is charged is the amount in yuan.
        """
        units = UNITS_OF_RATE * (1 if self.currency in ZERO_DECIMAL_CURRENCIES else 100)
        return Amount(divide_half_up(fen * units, self.fen_per_10000), self.currency)


class CurrencyWithoutRate(Refusal):
    """No rate of the currency is recent enough to show a price in it."""

    code = "no_rate"
    status = 404
    zh = "没有 {currency} 最近 {days} 天的汇率，不能折算；付款都按人民币。"
    en = "There is no rate of {currency} of the last {days} days; everything is charged in CNY."

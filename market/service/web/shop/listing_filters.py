"""The filters of a list of listings: county, category, season and price."""

from urllib.parse import urlencode

from msgspec import Struct, structs

from market.catalogue.listings.models import Sort
from market.kernel import Fen, FieldFault
from market.kernel.language import say
from market.kernel.text import clean_text
from market.service.http import HttpRequest
from market.service.web.forms import parse_typed_yuan

_MAX_QUERY_LENGTH = 60
_COUNTY_DIGITS = 6
_MAX_PRICE_LENGTH = 12
_SORT_NAMES = ((Sort.SCORE, "综合"), (Sort.SOLD, "卖得多"), (Sort.PRICE, "便宜"), (Sort.NEW, "新上"))


class ListingFilters(Struct, frozen=True, kw_only=True):
    """The filters of a list of listings; a filter without options is not shown."""

    action: str
    q: str = ""
    county: str = ""
    kind: str = ""
    sort: str = Sort.SCORE
    season: bool = False
    low: str = ""
    high: str = ""
    """The lowest and highest price in yuan, as typed."""
    errors: list[FieldFault] = []
    count_words: str = ""
    counties: list[tuple[str, list[tuple[str, str]]]] = []
    """Counties by prefecture; the first group has no heading."""
    kinds: list[tuple[str, str]] = []

    @property
    def query(self) -> str:
        """The chosen filters as a query string, for the next page."""
        return urlencode(self._list_chosen(self.sort))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the filter form keeps: the typed words and the order."""
        return self._list_pairs(sort=self.sort)

    @property
    def cleared(self) -> str:
        """The link to the same list without filters."""
        return self._link(self.kept)

    @property
    def sort_links(self) -> list[tuple[str, str, bool]]:
        """The orders to choose from: (URL, words, whether it is the present one)."""
        return [(self._link(self._list_chosen(value)), say(words), value == self.sort) for value, words in _SORT_NAMES]

    @property
    def summary(self) -> str:
        """The chosen filters in words."""
        counties = {code: words.partition(say("，"))[0] for _, group in self.counties for code, words in group}
        words = [
            counties.get(self.county, "") if self.county else "",
            dict(self.kinds).get(self.kind, "") if self.kind else "",
            say("当季") if self.season else "",
            "" if self.errors else self._describe_prices(),
        ]
        return say("、").join(word for word in words if word)

    def _describe_prices(self) -> str:
        if self.low and self.high:
            return say("{0} 到 {1} 元", self.low, self.high)
        return say("{0} 元起", self.low) if self.low else say("{0} 元以内", self.high) if self.high else ""

    def _list_chosen(self, sort: str) -> list[tuple[str, str]]:
        chosen = [
            ("county", self.county),
            ("kind", self.kind),
            ("season", "1" if self.season else ""),
            ("low", self.low),
            ("high", self.high),
        ]
        return [*self._list_pairs(sort=""), *(pair for pair in chosen if pair[1]), *self._list_pairs(sort=sort, q="")]

    def _list_pairs(self, *, sort: str, q: str | None = None) -> list[tuple[str, str]]:
        pairs = [("q", self.q if q is None else q), ("sort", "" if sort == Sort.SCORE else sort)]
        return [pair for pair in pairs if pair[1]]

    def _link(self, pairs: list[tuple[str, str]]) -> str:
        return f"{self.action}?{urlencode(pairs)}" if pairs else self.action


def read_filters(request: HttpRequest, action: str) -> ListingFilters:
    """Read the chosen filters; unknown values are ignored."""
    query = request.query_params
    county = str(query.get("county", ""))
    sort = str(query.get("sort", ""))
    return ListingFilters(
        action=action,
        q=clean_text(str(query.get("q", "")))[:_MAX_QUERY_LENGTH],
        county=county if county.isdecimal() and len(county) == _COUNTY_DIGITS else "",
        kind=str(query.get("kind", "")),
        sort=sort if sort in {str(each) for each in Sort} else str(Sort.SCORE),
        season=query.get("season") == "1",
        low=clean_text(str(query.get("low", "")))[:_MAX_PRICE_LENGTH],
        high=clean_text(str(query.get("high", "")))[:_MAX_PRICE_LENGTH],
    )


def read_prices(filters: ListingFilters) -> tuple[ListingFilters, Fen | None, Fen | None]:
    """Read the typed range of prices; one with faults does not filter."""
    low, high = (parse_typed_yuan(text) if text else None for text in (filters.low, filters.high))
    errors = [
        FieldFault(name, say("{0}没写对，写几元，比如 {1}", words, example))
        for name, words, example, text, fen in (
            ("low", say("最低价"), "20", filters.low, low),
            ("high", say("最高价"), "50.5", filters.high, high),
        )
        if text and fen is None
    ]
    if low is not None and high is not None and low > high:
        errors = [FieldFault("high", say("最高价要比最低价高，写 {0} 元或者更多", filters.low))]
    filters = structs.replace(filters, errors=errors)
    return (filters, None, None) if errors else (filters, low, high)

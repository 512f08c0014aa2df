"""Divisions from province to village, by code and by date, and the days on which the country rests."""

from market.places.codes import level_of, scope_of, whole
from market.places.load import load_places
from market.places.queries import (
    Division,
    FoundDivision,
    Holiday,
    ListedCounty,
    NoSuchPlace,
    children_of,
    county_of_code,
    list_holidays,
    list_listed_counties,
    name_on,
    path_of,
    search_divisions,
)
from market.places.regions import REGIONS, Region

__all__ = [
    "REGIONS",
    "Division",
    "FoundDivision",
    "Holiday",
    "ListedCounty",
    "NoSuchPlace",
    "Region",
    "children_of",
    "county_of_code",
    "level_of",
    "list_holidays",
    "list_listed_counties",
    "load_places",
    "name_on",
    "path_of",
    "scope_of",
    "search_divisions",
    "whole",
]

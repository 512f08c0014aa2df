"""Sample data of a real province: a shop, its orders, and a county's subsidies; every person in it is a sample."""

from market.sample.load import SampleSummary, load_sample
from market.sample.people import DemoAccount

__all__ = ["DemoAccount", "SampleSummary", "load_sample"]

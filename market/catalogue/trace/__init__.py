"""溯源: plots, what they gave, lots bounded by yield, and signed labels that verify without a network."""

from market.catalogue.trace.verify_label import (
    LabelFacts,
    LabelForged,
    LabelKeys,
    LabelRevoked,
    read_label_keys,
    verify_label,
)

__all__ = ["LabelFacts", "LabelForged", "LabelKeys", "LabelRevoked", "read_label_keys", "verify_label"]

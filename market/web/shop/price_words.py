"""Words for the rule that decides what a night or a day costs."""

from market.catalogue.night_rules import RuleKind


def describe_price_rule(rule: RuleKind, holiday: str | None) -> str:
    """Describe a price by the rule that decides it: `国庆价`."""
    names = {RuleKind.ALWAYS: "平常价", RuleKind.WEEKEND: "周末价", RuleKind.HOLIDAY: f"{holiday or '节日'}价"}
    return names.get(rule, "这天的价")

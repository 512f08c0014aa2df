"""Words for the rule that decides what a night or a day costs."""

from market.catalogue.listings.night_rules import RuleKind
from market.kernel.language import say


def describe_price_rule(rule: RuleKind, holiday: str | None) -> str:
    """Describe a price by the rule that decides it: `国庆价`."""
    names = {
        RuleKind.ALWAYS: say("平常价"),
        RuleKind.WEEKEND: say("周末价"),
        RuleKind.HOLIDAY: say("{0}价", say(holiday or "节日")),
    }
    return names.get(rule, say("这天的价"))

"""Words about pairings that the village's page, the organisation's and the desk's share."""

from collections.abc import Sequence
from datetime import date

from market.kernel.language import say
from market.service.web.ui.format import count, day_zh, yuan
from market.villages.pairing.models import (
    PAIRING_STATES,
    PLEDGE_NAMES,
    PLEDGE_UNITS,
    Pairing,
    PairingItem,
    PairingState,
    PairingStatement,
    PledgeKind,
    PledgeProgress,
    PublicPairing,
)

PROGRESS_HEAD = ["承诺", "做了", "要做到", "从哪天到哪天"]
ITEM_HEAD = ["哪天", "什么", "多少"]
HOW_COUNTED = (
    "买货：单位的账号下的单，村里店家的货，买家收到了才算，退的不算；买自己人开的店不算。",
    "办课：县里登记的课，主办是这个单位，签到来的人次。",
    "投资：只数县里立项、写明这个单位出钱、另一个人验收过的通信建设；别的投资这里没有记录，不算。",
    "招工：这个单位在村里招的，本人确认来上工的人次。",
)
"""What the figures are counted from; nobody types them."""
MAX_SHOWN_ITEMS = 200


def format_amount(kind: PledgeKind, amount: int) -> str:
    """Return an amount of a pledge with its unit."""
    return f"{yuan(amount) if kind.is_money else count(amount)} {say(PLEDGE_UNITS[kind])}"


def format_term(first: date, last: date) -> str:
    """Return the days of a term, both included."""
    return say("{0}到{1}", day_zh(first), day_zh(last))


def describe_pairing(pairing: Pairing | PublicPairing) -> list[str]:
    """Return from when to when a pairing is, where it is, and the years that were stated."""
    shown = pairing.stated and pairing.state is not PairingState.STATED
    years = say("、").join(str(each) for each in pairing.stated)
    state = say(PAIRING_STATES[pairing.state])
    return [
        format_term(pairing.first, pairing.last),
        say("{0}，交了{1}年的年报", state, years) if shown else state,
    ]


def list_progress_rows(pledges: Sequence[PledgeProgress]) -> list[list[str]]:
    """Return the rows of `PROGRESS_HEAD`."""
    return [
        [
            PLEDGE_NAMES[each.kind],
            format_amount(each.kind, each.done),
            format_amount(each.kind, each.target),
            format_term(each.first, each.last),
        ]
        for each in pledges
    ]


def list_item_tables(items: Sequence[PairingItem]) -> list[tuple[str, list[list[str]], list[str], int]]:
    """Return for each kind with items its name, its rows of `ITEM_HEAD`, its sum, and how many rows are left out."""
    tables: list[tuple[str, list[list[str]], list[str], int]] = []
    for kind in PledgeKind:
        counted = [each for each in items if each.kind is kind]
        if counted:
            rows = [[day_zh(each.on_day), each.what, format_amount(kind, each.amount)] for each in counted]
            total = format_amount(kind, sum(each.amount for each in counted))
            left_out = max(len(rows) - MAX_SHOWN_ITEMS, 0)
            tables.append((PLEDGE_NAMES[kind], rows[:MAX_SHOWN_ITEMS], ["合计", "", total], left_out))
    return tables


def build_figures(found: Pairing | PairingStatement) -> dict[str, object]:
    """Return the context of the macro `figures`: what was done for each pledge, and what that counts."""
    return {
        "head": PROGRESS_HEAD,
        "rows": list_progress_rows(found.pledges),
        "item_head": ITEM_HEAD,
        "tables": list_item_tables(found.items),
        "how": HOW_COUNTED,
    }

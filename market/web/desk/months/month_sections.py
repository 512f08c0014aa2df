"""Sections of the page of a month: what is paid, and the files that came after its calculation."""

from typing import Any

from market.kernel import Connection
from market.reports.imports import count_uncounted_files
from market.reports.month_view import MonthView
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.month.cycles import read_month
from market.subsidies.month.steps import REVIEWABLE_STATES
from market.subsidies.names import format_month_zh
from market.web.desk.presenters import get_operator_name
from market.web.ui.format import capitals


async def describe_uncounted(conn: Connection, county: str, view: MonthView) -> str:
    """Return the files that came after the last calculation of a month that is not decided, or nothing."""
    if view.state not in REVIEWABLE_STATES:
        return ""
    counts = await count_uncounted_files(conn, county, read_month(view.month))
    return "、".join(f"{IMPORT_KINDS[each.kind].name_zh} {each.files} 份" for each in counts)


def present_settlement(view: MonthView) -> dict[str, Any]:
    """Return the context of the sections on adjustments and payment."""
    settlement = view.settlement
    pay = settlement.control.pay_fen if settlement else 0
    return {
        "adjustments": [
            [f"{format_month_zh(row.for_month)}　{row.line}", row.settled_fen, row.funded_fen, row.adjustment_fen,
             row.conceded_fen, row.public_fen, row.why]
            for row in view.adjustments
        ],
        "settled": [
            [get_operator_name(name), each.rows, each.public_fen, each.adjustment_public_fen, each.pay_fen]
            for name, each in (settlement.operators.items() if settlement else ())
        ],
        "settled_sum": _sum_settlement(view),
        "payees": [(name, get_operator_name(name)) for name in (settlement.operators if settlement else ())],
        "pay": pay,
        "pay_words": capitals(pay) if settlement and pay >= 0 else "",
    }  # fmt: skip


def _sum_settlement(view: MonthView) -> list[str | int] | None:
    """Return the total row of the payments."""
    if view.settlement is None:
        return None
    parts = list(view.settlement.operators.values())
    own = sum(each.public_fen for each in parts)
    earlier = sum(each.adjustment_public_fen for each in parts)
    return ["合计", view.settlement.control.rows, own, earlier, view.settlement.control.pay_fen]

"""Sections of the page of a month: what is paid, and the files that came after its calculation."""

from collections.abc import Sequence
from typing import Any

from market.kernel import Connection
from market.reports.imports import count_uncounted_files
from market.reports.month_view import MonthView
from market.service.web.desk.presenters import get_operator_name
from market.service.web.ui.format import capitals
from market.subsidies.clawbacks.set_off import Withheld, list_withheld, preview_withheld
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.month.cycles import read_month
from market.subsidies.month.settle import OperatorSettlement, Settlement
from market.subsidies.month.steps import DECIDE, REVIEWABLE_STATES, SETTLED_STATES
from market.subsidies.names import format_month_zh


async def describe_uncounted(conn: Connection, county: str, view: MonthView) -> str:
    """Return the files that came after the last calculation of a month that is not decided, or nothing."""
    if view.state not in REVIEWABLE_STATES:
        return ""
    counts = await count_uncounted_files(conn, county, read_month(view.month))
    return "、".join(f"{IMPORT_KINDS[each.kind].name_zh} {each.files} 份" for each in counts)


async def list_month_withheld(conn: Connection, view: MonthView) -> list[Withheld]:
    """Return what the settlement of a month withheld, or would withhold of a month that is decided."""
    if view.settlement is None:
        return []
    if view.state is DECIDE.after:
        pays = {operator: each.pay_fen for operator, each in view.settlement.operators.items()}
        return await preview_withheld(conn, view.county, view.cycle_id, pays)
    return await list_withheld(conn, view.county, view.cycle_id) if view.state in SETTLED_STATES else []


def present_settlement(view: MonthView, withheld: Sequence[Withheld]) -> dict[str, Any]:
    """Return the context of the sections on adjustments and payment; `pay` is what is transferred after set-off."""
    settlement = view.settlement
    taken = {each.operator: each.set_off_fen for each in withheld}
    due = settlement.control.pay_fen if settlement else 0
    pay = due - sum(taken.values())
    head = ["运营商", "申请行数", "本月财政补贴", "调整（财政）"]
    return {
        "adjustments": [
            [f"{format_month_zh(row.for_month)}　{row.line}", row.settled_fen, row.funded_fen, row.adjustment_fen,
             row.conceded_fen, row.public_fen, row.why]
            for row in view.adjustments
        ],
        "settled": [
            _list_settled_cells(get_operator_name(name), each, taken.get(name, 0) if taken else None)
            for name, each in (settlement.operators.items() if settlement else ())
        ],
        "settled_head": [*head, "本次应拨", "抵扣应退回的", "本次拨付"] if taken else [*head, "本次拨付"],
        "settled_sum": _sum_settlement(settlement, sum(taken.values()) if taken else None),
        "payees": [(name, get_operator_name(name)) for name in (settlement.operators if settlement else ())],
        "due": due,
        "set_off": due - pay,
        "pay": pay,
        "pay_words": capitals(pay) if settlement and pay >= 0 else "",
    }  # fmt: skip


def _list_settled_cells(name: str, paid: OperatorSettlement, set_off: int | None) -> list[str | int]:
    """Return the cells of an operator's payment; `set_off` is None if nothing is set off of anybody."""
    cells = [name, paid.rows, paid.public_fen, paid.adjustment_public_fen, paid.pay_fen]
    return cells if set_off is None else [*cells, set_off, paid.pay_fen - set_off]


def _sum_settlement(settlement: Settlement | None, set_off: int | None) -> list[str | int] | None:
    """Return the total row of the payments."""
    if settlement is None:
        return None
    parts = list(settlement.operators.values())
    own = sum(each.public_fen for each in parts)
    earlier = sum(each.adjustment_public_fen for each in parts)
    due = settlement.control.pay_fen
    cells = ["合计", settlement.control.rows, own, earlier, due]
    return cells if set_off is None else [*cells, set_off, due - set_off]

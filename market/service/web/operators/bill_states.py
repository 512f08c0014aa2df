"""What has come of an operator's month, in words."""

from datetime import date

from market.service.web.ui.format import count, day_zh, yuan
from market.subsidies.operators.lateness import FileState


def describe_state(state: FileState, today: date) -> str:
    """Return what has come of a month, and whether it is late."""
    late = state.count_late_days(today)
    if not state.files:
        due = f"{day_zh(state.due_on)}前交"
        return f"还没有收到，已经晚了 {late} 天" if late else f"还没有收到，{due}"
    words = f"收下 {count(state.rows)} 行，{yuan(state.sum_fen)} 元"
    words += f"，退回过 {count(state.rejected)} 行" if state.rejected else ""
    return words + (f"；晚了 {late} 天" if late else "")

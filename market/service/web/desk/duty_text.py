"""Texts about the separation of duties (R14): what an official cannot do, why, and who can."""

from collections.abc import Sequence
from datetime import date

from market.kernel import Connection
from market.subsidies.models import DUTY_NAMES, CycleId, Duty
from market.subsidies.month.staffing import MAX_NAMED_VILLAGES, check_staffing

APPROVALS = frozenset({Duty.VILLAGE, Duty.TOWNSHIP, Duty.COUNTY})
HOLDER_NAMES = {
    Duty.IMPORT: "导入人",
    Duty.TERMS: "定政策的人",
    Duty.VILLAGE: "村级核实人",
    Duty.TOWNSHIP: "乡镇审核人",
    Duty.COUNTY: "县级审定人",
    Duty.SETTLEMENT: "结算人",
    Duty.RECONCILIATION: "对账人",
}
_DUTY_TEXT = {
    Duty.IMPORT: "这个月的文件是您导入的",
    Duty.TERMS: "这个月的标准是您定的",
    Duty.VILLAGE: "这个月的村级核实是您办的",
    Duty.TOWNSHIP: "这个月的乡镇审核是您办的",
    Duty.COUNTY: "这个月的县级审定是您办的",
    Duty.SETTLEMENT: "这个月的结算是您办的",
    Duty.RECONCILIATION: "这个月的对账是您办的",
}


def explain_exclusion(own_duty: Duty, refused: Duty) -> str:
    """Explain why an official with one duty of a month cannot take another."""
    if own_duty is Duty.IMPORT and refused in APPROVALS:
        return f"{_DUTY_TEXT[own_duty]}，导入人不能审批。"
    return f"{_DUTY_TEXT[own_duty]}，{DUTY_NAMES[refused]}要由另一个人办。"


def describe_eligible(names: Sequence[str]) -> str:
    """Describe who can take a step."""
    return f"能办的人：{'、'.join(names)}。" if names else "现在没有别的人能办，请联系系统管理员加人。"


async def describe_missing_people(
    conn: Connection, county: str, *, day: date, cycle_id: CycleId | None = None
) -> list[str]:
    """Describe the people that a month lacks, by default one that nobody has begun; empty if nobody is missing."""
    staffing = await check_staffing(conn, county, day=day, cycle_id=cycle_id)
    texts: list[str] = []
    if staffing.short:
        duties = "、".join(DUTY_NAMES[duty] for duty in staffing.short)
        texts.append(
            f"一个月的账要 {staffing.needed} 个人分头办，现在的人只够办 {staffing.staffed} 项，"
            f"还差：{duties}。请先加人，或者给不在的人定一个代理。"
        )
    if staffing.villages:
        more = " 等" if len(staffing.villages) == MAX_NAMED_VILLAGES else ""
        texts.append(f"没有人核实的村：{'、'.join(staffing.villages)}{more}。")
    return texts

"""Changed facts in the officials' words."""

from datetime import date, timedelta

from market.reports.changed_facts import FactChange
from market.service.web.ui.format import day_zh, yuan

_FACT_NAMES = {
    "enrolments": "申请和公示",
    "bindings": "绑定",
    "persons": "名册里的人",
    "memberships": "名册里的成员",
    "household_statuses": "名册里的户",
    "programmes": "项目",
    "programme_terms": "标准",
    "plans": "套餐",
    "claims": "账单",
}
_FIELD_NAMES = {
    "identity_index": "身份证号",
    "household_code": "户编号",
    "programme_code": "项目",
    "applied_on": "申请日",
    "notice": "公示",
    "decided_on": "审定日",
    "entitled_from": "享受起",
    "status": "状态",
    "agent": "代办人",
    "assessor": "村级评议人",
    "agent_identity_index": "代办人身份证号",
    "assessor_identity_index": "评议人身份证号",
    "number": "业务号码",
    "plan_code": "套餐编码",
    "device": "设备标识",
    "sim": "卡号",
    "change": "变更类型",
    "realname": "实名核验结果",
    "valid_during": "有效期",
    "born_on": "出生日期",
    "died_on": "死亡日期",
    "registered": "原建档立卡",
    "monitoring": "监测类型",
    "risk_removed_on": "风险消除日期",
    "leave_reason": "离户原因",
    "charge_fen": "账单金额",
    "reduction_fen": "优惠减免",
    "billed_fen": "实收金额",
}
_HIDDEN_FIELDS = frozenset({"identity_index", "agent_identity_index", "assessor_identity_index"})


def describe_change(change: FactChange) -> str:
    """Describe a change: when, by whom and in which file, and the old and new value, or the fact that was added."""
    source = f"{change.by}（{change.file}）" if change.by else "不是从文件改的"
    if not change.field:
        return f"{day_zh(change.changed_at)}，{source}：新加了{_FACT_NAMES[change.fact]}"
    what = f"{_FACT_NAMES[change.fact]}的{_FIELD_NAMES.get(change.field, '其他内容')}"
    values = f"，原来{_describe(change, change.old)}，现在{_describe(change, change.new)}"
    return f"{day_zh(change.changed_at)}，{source}：{what}{'换了' if change.field in _HIDDEN_FIELDS else values}"


def _describe(change: FactChange, value: str) -> str:
    if not value:
        return "空着"
    if change.field in {"notice", "valid_during"}:
        return f"是 {_describe_period(value)}"
    if change.field in {"charge_fen", "reduction_fen", "billed_fen"}:
        return f"是 {yuan(int(value))} 元"
    return f"是 {({'true': '是', 'false': '否'}).get(value, value)}"


def _describe_period(text: str) -> str:
    """Describe a period stored as `[2018-09-20,2018-09-27)`, whose last day is the one before its end."""
    start, _, until = text.strip("[)").partition(",")
    return f"{start} 到 {date.fromisoformat(until) - timedelta(days=1)}" if until else f"{start} 起"

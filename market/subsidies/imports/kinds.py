"""The table of imports: every kind of file that a county imports; API, command line and desk are built from it."""

from msgspec import Struct

from market.subsidies.imports.spreadsheet import Column
from market.subsidies.models import Duty

SPREADSHEET = (".csv", ".xlsx")
JSON = (".json",)


class Attachment(Struct, frozen=True, kw_only=True):
    """Files attached to a file; `field` is the name of their form field."""

    field: str
    name_zh: str
    hint_zh: str
    file_types: tuple[str, ...]
    multiple: bool = False


class ImportKind(Struct, frozen=True, kw_only=True):
    """One kind of file.

    `name` is its path segment, its command, and its value in `import_files`. `revisable`: a file may be imported again
    under its name with other content. `unique_content`: the same content is refused under another name.
    `takes_changes`: changes of known facts are imported only on request. `count_names_zh` names the counts of an
    `ImportResult`.
    """

    name: str
    name_zh: str
    hint_zh: str
    summary: str
    duty: Duty
    file_types: tuple[str, ...] = SPREADSHEET
    columns: tuple[Column, ...] = ()
    attachment: Attachment | None = None
    revisable: bool = False
    unique_content: bool = False
    takes_changes: bool = False
    count_names_zh: dict[str, str]


MANIFEST = Attachment(
    field="manifest",
    name_zh="清单",
    hint_zh="运营商随账单发来的 JSON：文件名、校验和、行数、金额",
    file_types=JSON,
)
DOCUMENTS = Attachment(
    field="documents",
    name_zh="文件原文",
    hint_zh="项目写到的每一个文件，可以选几个",
    file_types=(".txt",),
    multiple=True,
)
REGISTER = ImportKind(
    name="register",
    name_zh="名册",
    hint_zh="每行一个人：户编号、身份证号、村代码、成员自、成员至",
    summary="Import the register of households and persons (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("household", "户编号"),
        Column("seat", "成员序号"),
        Column("name", "姓名"),
        Column("relation", "与户主关系"),
        Column("identity", "身份证号"),
        Column("born_on", "出生日期"),
        Column("sex", "性别"),
        Column("village", "村代码"),
        Column("village_name", "村名"),
        Column("registered", "原建档立卡"),
        Column("monitoring", "监测类型"),
        Column("risk_removed_on", "风险消除日期"),
        Column("tier", "保障档"),
        Column("member_from", "成员自"),
        Column("member_until", "成员至"),
        Column("leave_reason", "离户原因"),
        Column("died_on", "死亡日期"),
        Column("split_from", "来源户", optional=True),
    ),
    revisable=True,
    takes_changes=True,
    count_names_zh={
        "persons": "新增人",
        "persons_changed": "人有变化",
        "households": "新增户",
        "households_changed": "户有变化",
        "memberships_begun": "入户",
        "memberships_ended": "成员关系有变化",
    },
)
PROGRAMMES = ImportKind(
    name="programmes",
    name_zh="项目和标准",
    hint_zh="JSON，连同它写到的文件原文",
    summary="Import programmes, their terms and the documents they are based on (JSON).",
    duty=Duty.TERMS,
    file_types=JSON,
    attachment=DOCUMENTS,
    revisable=True,
    count_names_zh={"programmes": "项目", "terms": "标准", "sentences": "依据"},
)
PLANS = ImportKind(
    name="plans",
    name_zh="套餐",
    hint_zh="每行一个套餐：编码、运营商、减免前月费、生效日",
    summary="Import the operators' plans (XLSX or CSV).",
    duty=Duty.TERMS,
    columns=(
        Column("code", "套餐编码"),
        Column("operator", "运营商"),
        Column("name", "套餐名称"),
        Column("kind", "业务类型"),
        Column("plan", "减免前月费"),
        Column("market", "资费表价格", optional=True),
        Column("valid_from", "生效日"),
        Column("valid_until", "失效日"),
        Column("weights", "分摊比例", optional=True),
        Column("basis", "依据", optional=True),
    ),
    revisable=True,
    takes_changes=True,
    count_names_zh={"plans": "套餐", "changed": "改动"},
)
BUDGET = ImportKind(
    name="budget",
    name_zh="预算",
    hint_zh="JSON，每月的财政补贴，单位分",
    summary="Import the public money of each month (JSON, in fen).",
    duty=Duty.TERMS,
    file_types=JSON,
    revisable=True,
    count_names_zh={"months": "月"},
)
ENROLMENTS = ImportKind(
    name="enrolments",
    name_zh="申请和公示",
    hint_zh="每行一条业务：申请日、公示起止、审定日、享受起",
    summary="Import enrolments with their public notice (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("line", "业务编号"),
        Column("programme", "项目"),
        Column("identity", "身份证号"),
        Column("household", "户编号"),
        Column("applied_on", "申请日"),
        Column("notice_from", "公示起"),
        Column("notice_to", "公示止"),
        Column("decided_on", "审定日"),
        Column("entitled_from", "享受起"),
        Column("status", "状态"),
        Column("agent", "代办人", optional=True),
        Column("assessor", "村级评议人", optional=True),
    ),
    takes_changes=True,
    count_names_zh={"enrolments": "申请", "decided": "已审定", "changed": "改动"},
)
BINDINGS = ImportKind(
    name="bindings",
    name_zh="绑定",
    hint_zh="每行一条业务：号码、身份证号、套餐、设备、卡、生效日",
    summary="Import bindings of person, device, SIM and number (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("line", "业务编号"),
        Column("operator", "运营商"),
        Column("kind", "业务类型"),
        Column("number", "业务号码"),
        Column("name", "姓名", optional=True),
        Column("identity", "身份证号"),
        Column("plan", "套餐编码"),
        Column("device", "设备标识"),
        Column("sim", "卡号"),
        Column("valid_from", "生效日"),
        Column("valid_until", "失效日"),
        Column("change", "变更类型"),
        Column("realname", "实名核验结果"),
    ),
    takes_changes=True,
    count_names_zh={"versions": "绑定", "lines": "业务", "ended": "有失效日", "changed": "改动"},
)
OPENING = ImportKind(
    name="opening",
    name_zh="期初数",
    hint_zh="本系统启用之前已经结算的",
    summary="Import opening balances: what was settled before this system began (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("line", "业务编号"),
        Column("operator", "运营商"),
        Column("kind", "业务类型"),
        Column("programme", "项目"),
        Column("household", "户编号"),
        Column("months", "已结月数"),
        Column("conceded_fen", "让利_分"),
        Column("public_fen", "财政补贴_分"),
    ),
    count_names_zh={"lines": "业务"},
)
BILLING = ImportKind(
    name="billing",
    name_zh="账单",
    hint_zh="运营商一个月一份，连同清单",
    summary="Import an operator's bills of a month with their manifest (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("month", "账期"),
        Column("number", "业务号码"),
        Column("kind", "业务类型"),
        Column("programme", "项目"),
        Column("charge", "账单金额"),
        Column("reduction", "优惠减免"),
        Column("billed", "实收金额"),
        Column("corrects_month", "冲正账期"),
    ),
    attachment=MANIFEST,
    unique_content=True,
    count_names_zh={"claims": "账单行"},
)
USAGE = ImportKind(
    name="usage",
    name_zh="使用记录",
    hint_zh="每行一个号码用过的一天；没有业务类型这一列，数字是手机，别的是宽带",
    summary="Import known days of use, for programmes that end idle lines (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=(
        Column("number", "业务号码"),
        Column("operator", "运营商"),
        Column("kind", "业务类型", optional=True),
        Column("used_on", "使用日期"),
    ),
    count_names_zh={"days": "使用日"},
)
IMPORT_KINDS = {
    kind.name: kind for kind in (REGISTER, PROGRAMMES, PLANS, BUDGET, ENROLMENTS, BINDINGS, OPENING, BILLING, USAGE)
}
"""Every kind by name, in the order in which a county's files are first imported."""

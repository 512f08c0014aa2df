"""The table of imports: every kind of file that a county imports; API, command line and desk are built from it."""

from msgspec import Struct

from market.kernel.sheets.spreadsheet import Column
from market.subsidies.imports.formats.columns import (
    BILLING_COLUMNS,
    BINDING_COLUMNS,
    BUDGET_COLUMNS,
    ENROLMENT_COLUMNS,
    LIST_COLUMNS,
    OPENING_COLUMNS,
    PLAN_COLUMNS,
    PROGRAMME_FIELDS,
    REGISTER_COLUMNS,
    RETURN_COLUMNS,
    USAGE_COLUMNS,
)
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
    `takes_changes`: changes of known facts are imported only on request; `takes_fewer`: so are far fewer rows than in
    the month before. `sent_by_operators`: an operator's account may send its own too. `keeps_rows`:
    the county can download what it holds in the form of the file. `fields` explain a file that is no spreadsheet.
    `count_names_zh` names the counts of an `ImportResult`.
    """

    name: str
    name_zh: str
    hint_zh: str
    summary: str
    duty: Duty
    file_types: tuple[str, ...] = SPREADSHEET
    columns: tuple[Column, ...] = ()
    fields: tuple[Column, ...] = ()
    attachment: Attachment | None = None
    revisable: bool = False
    unique_content: bool = False
    takes_changes: bool = False
    takes_fewer: bool = False
    sent_by_operators: bool = False
    keeps_rows: bool = True
    count_names_zh: dict[str, str]


MANIFEST = Attachment(
    field="manifest",
    name_zh="清单",
    hint_zh="运营商随账单发来的 JSON：文件名、校验和、行数、金额",
    file_types=JSON,
)
RETURN_MANIFEST = Attachment(
    field="manifest",
    name_zh="清单",
    hint_zh="运营商随回单发来的 JSON：文件名、月份、校验和、行数、入账合计、所答结算文件的校验和",
    file_types=JSON,
)
MANIFESTS = (MANIFEST, RETURN_MANIFEST)
"""Attachments that describe their file; on the command line NAME.manifest.json in its folder."""
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
    columns=REGISTER_COLUMNS,
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
    fields=PROGRAMME_FIELDS,
    attachment=DOCUMENTS,
    revisable=True,
    takes_changes=True,
    count_names_zh={"programmes": "项目", "terms": "标准", "sentences": "依据", "changed": "改动"},
)
PLANS = ImportKind(
    name="plans",
    name_zh="套餐",
    hint_zh="每行一个套餐：编码、运营商、减免前月费、生效日",
    summary="Import the operators' plans (XLSX or CSV).",
    duty=Duty.TERMS,
    columns=PLAN_COLUMNS,
    revisable=True,
    takes_changes=True,
    count_names_zh={"plans": "套餐", "changed": "改动"},
)
BUDGET = ImportKind(
    name="budget",
    name_zh="预算",
    hint_zh="每行一个月：月份、财政补贴（元）；也收 JSON，单位分",
    summary="Import the public money of each month (XLSX or CSV in yuan, or JSON in fen).",
    duty=Duty.TERMS,
    file_types=(*SPREADSHEET, *JSON),
    columns=BUDGET_COLUMNS,
    revisable=True,
    takes_changes=True,
    count_names_zh={"months": "月", "changed": "改动"},
)
ENROLMENTS = ImportKind(
    name="enrolments",
    name_zh="申请和公示",
    hint_zh="每行一条业务：申请日、公示起止、审定日、享受起",
    summary="Import enrolments with their public notice (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=ENROLMENT_COLUMNS,
    takes_changes=True,
    count_names_zh={"enrolments": "申请", "decided": "已审定", "changed": "改动"},
)
BINDINGS = ImportKind(
    name="bindings",
    name_zh="绑定",
    hint_zh="每行一条业务：号码、身份证号、套餐、设备、卡、生效日",
    summary="Import bindings of person, device, SIM and number (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=BINDING_COLUMNS,
    takes_changes=True,
    count_names_zh={"versions": "绑定", "lines": "业务", "ended": "有失效日", "changed": "改动"},
)
OPENING = ImportKind(
    name="opening",
    name_zh="期初数",
    hint_zh="本系统启用之前已经结算的",
    summary="Import opening balances: what was settled before this system began (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=OPENING_COLUMNS,
    count_names_zh={"lines": "业务"},
)
BILLING = ImportKind(
    name="billing",
    name_zh="账单",
    hint_zh="运营商一个月一份，连同清单",
    summary="Import an operator's bills of a month with their manifest (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=BILLING_COLUMNS,
    attachment=MANIFEST,
    unique_content=True,
    takes_fewer=True,
    sent_by_operators=True,
    keeps_rows=False,
    count_names_zh={"claims": "账单行"},
)
USAGE = ImportKind(
    name="usage",
    name_zh="使用记录",
    hint_zh="每行一个号码用过的一天；没有业务类型这一列，数字是手机，别的是宽带",
    summary="Import known days of use, for programmes that end idle lines (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=USAGE_COLUMNS,
    count_names_zh={"days": "使用日"},
)
COMPARED_LISTS = ImportKind(
    name="lists",
    name_zh="比对名单",
    hint_zh="别的部门的名单：财政供养、车辆、工商登记、房产按人；住址、银行账号按户",
    summary="Import the lists of other offices that are compared with the register (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=LIST_COLUMNS,
    count_names_zh={"entries": "新增", "ended": "有失效日"},
)
RETURN = ImportKind(
    name="return",
    name_zh="回单",
    hint_zh="运营商答结算文件的，每行一条业务：入账多少、入到哪个号码，或者退回；连同清单",
    summary="Import an operator's return file of a settled month: what it credited to whom (XLSX or CSV).",
    duty=Duty.IMPORT,
    columns=RETURN_COLUMNS,
    attachment=RETURN_MANIFEST,
    unique_content=True,
    sent_by_operators=True,
    keeps_rows=False,
    count_names_zh={"rows": "行", "differences": "差异"},
)
IMPORT_KINDS = {
    kind.name: kind
    for kind in (
        REGISTER, PROGRAMMES, PLANS, BUDGET, ENROLMENTS, BINDINGS, OPENING, BILLING, USAGE, COMPARED_LISTS, RETURN,
    )
}  # fmt: skip
"""Every kind by name, in the order in which a county's files are first imported."""
OPERATOR_KINDS = {kind.name: kind for kind in (BILLING, USAGE, BINDINGS, PLANS, RETURN)}
"""The kinds whose content operators know: their templates are public."""

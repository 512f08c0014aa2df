"""The columns of each spreadsheet that a county imports: header, an example, and what belongs in the cell."""

from market.kernel.sheets.spreadsheet import Column
from market.subsidies.names import ENROLMENT_STATUSES, LISTS
from market.subsidies.terminology import list_types

REGISTER_COLUMNS = (
    Column("household", "户编号", example="H01", meaning="县里给这一户的编号，一户一个"),
    Column("seat", "成员序号", example="1", meaning="户内第几个人，1 到 99，不重复"),
    Column("name", "姓名", example="样例赵一", meaning="身份证上的姓名"),
    Column("relation", "与户主关系", example="户主", meaning="户主、配偶、子女等；一户一个户主"),
    Column("identity", "身份证号", example="130624196202029910", meaning="18 位公民身份号码；15 位的按 18 位认"),
    Column("born_on", "出生日期", example="1962-02-02", meaning="与身份证号一致"),
    Column("sex", "性别", example="男", meaning="男或女，与身份证号一致"),
    Column("village", "村代码", example="130624101209", meaning="统计用区划代码，12 位，本县的村或社区"),
    Column("village_name", "村名", example="骆驼湾村", meaning="与村代码对应的村名"),
    Column("registered", "原建档立卡", example="是", meaning="是或否"),
    Column(
        "monitoring",
        "监测类型",
        may_be_empty=True,
        meaning=f"{'、'.join(list_types())}；没有纳入监测就空着",
    ),
    Column("risk_removed_on", "风险消除日期", may_be_empty=True, meaning="没有消除就空着"),
    Column("tier", "保障档", example="2", meaning="预算不够时先保数字小的，1 到 99"),
    Column("member_from", "成员自", example="2016-01-01", meaning="从哪天起是这一户的人"),
    Column("member_until", "成员至", may_be_empty=True, meaning="从哪天起不再是；还在就空着"),
    Column("leave_reason", "离户原因", may_be_empty=True, meaning="例如死亡、迁出、分户"),
    Column("died_on", "死亡日期", may_be_empty=True, meaning="在世就空着"),
    Column("split_from", "来源户", optional=True, meaning="从哪一户分出来的，写那一户的户编号"),
    Column("checked_on", "核查日", optional=True, meaning="最近一次入户核查的日子；没有就按导入这天"),
)
PLAN_COLUMNS = (
    Column("code", "套餐编码", example="YD38", meaning="运营商的套餐编码"),
    Column("operator", "运营商", example="移动", meaning="移动、联通、电信"),
    Column("name", "套餐名称", example="样例惠农38元", meaning="套餐的名字"),
    Column("kind", "业务类型", example="手机", meaning="手机、宽带、电视；一个套餐有几种业务写融合"),
    Column("plan", "减免前月费", example="38.00", meaning="元，减免以前的月费"),
    Column("market", "资费表价格", optional=True, meaning="元，公开资费表上的价格"),
    Column("valid_from", "生效日", example="2018-01-01", meaning="从哪天起是这个价格"),
    Column("valid_until", "失效日", may_be_empty=True, meaning="从哪天起不再是；长期就空着"),
    Column("weights", "分摊比例", optional=True, meaning="只有融合套餐写，例如 手机:宽带=2:1"),
    Column("basis", "依据", optional=True, meaning="协议或文件的名字"),
    Column("data", "流量MB", optional=True, meaning="一个月的流量，1 GB 写 1024；村民看套餐时看得到"),
    Column("apply_at", "办理地点", optional=True, meaning="到哪儿办，例如营业厅的名字；村民看套餐时看得到"),
)
BUDGET_COLUMNS = (
    Column("month", "月份", example="2019-01", meaning="写成 2019-01；是日期的格子按它的月份"),
    Column("public", "财政补贴", example="450.00", meaning="元，这个月全县可用的财政补贴"),
)
ENROLMENT_COLUMNS = (
    Column("line", "业务编号", example="YD-01", meaning="县里给这条业务的编号，一条业务一行"),
    Column("programme", "项目", example="P1", meaning="项目的编号"),
    Column("identity", "身份证号", example="130624196202029910", meaning="申请人的公民身份号码"),
    Column("household", "户编号", example="H01", meaning="申请时所在的户，名册里要有"),
    Column("applied_on", "申请日", example="2018-09-16", meaning="申请那天"),
    Column("notice_from", "公示起", example="2018-09-20", may_be_empty=True, meaning="公示第一天，不早于申请日"),
    Column("notice_to", "公示止", example="2018-09-26", may_be_empty=True, meaning="公示最后一天，晚于第一天"),
    Column("decided_on", "审定日", example="2018-09-28", may_be_empty=True, meaning="晚于公示最后一天，不晚于导入这天"),
    Column("entitled_from", "享受起", example="2018-10-01", may_be_empty=True, meaning="不早于审定那个月"),
    Column("status", "状态", example="已审定", meaning="、".join(ENROLMENT_STATUSES)),
    Column("agent", "代办人", example="样例代办甲", optional=True, meaning="替他办的人；本人办的空着"),
    Column("agent_identity", "代办人身份证号", optional=True, meaning="写了就按它认人，不按姓名；没有就空着"),
    Column("assessor", "村级评议人", example="样例村干部A", optional=True, meaning="村里评议的人，不能是代办人"),
    Column("assessor_identity", "评议人身份证号", optional=True, meaning="写了就按它认人，不按姓名；没有就空着"),
)
BINDING_COLUMNS = (
    Column("line", "业务编号", example="YD-01", meaning="与申请和公示里的编号相同"),
    Column("operator", "运营商", example="移动", meaning="移动、联通、电信"),
    Column("kind", "业务类型", example="手机", meaning="手机、宽带、电视"),
    Column(
        "number", "业务号码", example="17050000101", meaning="手机号 11 位；宽带、电视写账号，大小写、空格、横线不算"
    ),
    Column("name", "姓名", example="样例赵一", optional=True, meaning="只为核对，不保存"),
    Column("identity", "身份证号", example="130624196202029910", meaning="号码实名登记的人"),
    Column("plan", "套餐编码", example="YD38", meaning="套餐表里要有"),
    Column("device", "设备标识", may_be_empty=True, meaning="手机的 IMEI，14 到 16 位，或运营商给的代码；没有就空着"),
    Column("sim", "卡号", example="89860019000000000018", may_be_empty=True, meaning="ICCID，19 或 20 位；宽带空着"),
    Column("valid_from", "生效日", example="2018-10-01", meaning="这样绑定的第一天"),
    Column("valid_until", "失效日", may_be_empty=True, meaning="从哪天起不再是；还在用就空着"),
    Column(
        "change",
        "变更类型",
        example="新办",
        meaning="新办、补换卡、换机、过户、套餐变更、携号转入、携号转出、停机、复机、销户",
    ),
    Column("realname", "实名核验结果", example="一致", meaning="运营商核验的结果，例如一致、不一致"),
)
OPENING_COLUMNS = (
    Column("line", "业务编号", example="YD-01", meaning="一条业务一行"),
    Column("operator", "运营商", example="移动", meaning="移动、联通、电信"),
    Column("kind", "业务类型", example="手机", meaning="手机、宽带、电视"),
    Column("programme", "项目", example="P1", meaning="项目的编号"),
    Column("household", "户编号", example="H01", meaning="享受的那一户"),
    Column("months", "已结月数", example="3", meaning="已经结算了几个月，1 到 600"),
    Column("conceded_fen", "让利_分", example="3990", meaning="运营商让利合计，单位分"),
    Column("public_fen", "财政补贴_分", example="1710", meaning="财政补贴合计，单位分"),
)
BILLING_COLUMNS = (
    Column("month", "账期", example="2019-01", meaning="写成 2019-01；是日期的格子按它的月份"),
    Column(
        "number", "业务号码", example="17050000101", meaning="手机号 11 位；宽带、电视写账号，大小写、空格、横线不算"
    ),
    Column("kind", "业务类型", example="手机", meaning="手机、宽带、电视"),
    Column("programme", "项目", example="P1", meaning="项目的编号"),
    Column("charge", "账单金额", example="38.00", meaning="元，减免以前；= 优惠减免 + 实收金额"),
    Column("reduction", "优惠减免", example="19.00", meaning="元，减免了多少，就是申请结算的数"),
    Column("billed", "实收金额", example="19.00", meaning="元，向用户收了多少"),
    Column(
        "corrects_month",
        "冲正账期",
        may_be_empty=True,
        meaning="冲正时写所冲的月份，金额可以是负数；六个月以前的只能往下冲",
    ),
    Column("county", "县代码", optional=True, meaning="几个县在一个文件里才写，6 位，例如 130624"),
)
RETURN_COLUMNS = (
    Column("line", "业务编号", example="YD-01", meaning="结算文件里的编号"),
    Column("month", "所属月", example="2019-01", meaning="结算文件里的所属月；以前的月份是调整"),
    Column("number", "业务号码", example="17050000101", meaning="钱入到哪个号码或账号"),
    Column("kind", "业务类型", example="手机", meaning="手机、宽带、电视"),
    Column("credited", "入账金额", example="4.15", meaning="元，实际入账多少；退回的写 0.00，调整可以是负数"),
    Column("result", "结果", example="已入账", meaning="已入账或退回"),
)
USAGE_COLUMNS = (
    Column(
        "number", "业务号码", example="17050000101", meaning="手机号 11 位；宽带、电视写账号，大小写、空格、横线不算"
    ),
    Column("operator", "运营商", example="移动", meaning="移动、联通、电信"),
    Column("kind", "业务类型", optional=True, meaning="手机、宽带、电视；没有这一列，数字是手机，别的是宽带"),
    Column("used_on", "使用日期", example="2019-01-15", meaning="用过的一天，一天一行"),
)
LIST_COLUMNS = (
    Column("list", "名单", example="车辆", meaning="、".join(LISTS)),
    Column(
        "identity",
        "身份证号",
        example="130624196202029910",
        may_be_empty=True,
        meaning="按人的名单写；住址、银行账号空着",
    ),
    Column("household", "户编号", may_be_empty=True, meaning="住址、银行账号写是哪一户的；别的名单空着"),
    Column("value", "内容", may_be_empty=True, meaning="住址、账号要写；别的名单可以写单位、车牌等，一样的算一条"),
    Column("valid_from", "生效日", example="2018-01-01", meaning="从哪天起"),
    Column("valid_until", "失效日", may_be_empty=True, meaning="从哪天起不再是；还是就空着"),
)
PROGRAMME_FIELDS = (
    Column("county_code", "县代码", example="130624", meaning="6 位"),
    Column("programmes[].code", "项目编号", example="P1", meaning="以后的文件用它指这个项目"),
    Column("programmes[].name", "项目名称", example="样例话费减半", meaning="项目的名字"),
    Column("programmes[].document", "文件", meaning="文号 number、文件名 file、校验和 sha256；文件原文一起传"),
    Column("programmes[].sentences", "依据", meaning="文件里的原句 quote，前后几个字 prefix、suffix，说的是哪几项 of"),
    Column("programmes[].kinds", "业务", example="mobile", meaning="mobile 手机、broadband 宽带、television 电视"),
    Column("programmes[].max_lines_per_household", "每户最多业务数", example="2", meaning="1 到 99"),
    Column("programmes[].proration", "折算", example="daily", meaning="daily 按天，none 整月看 1 日"),
    Column(
        "programmes[].idle",
        "闲置",
        may_be_empty=True,
        meaning="idle_days 提醒前天数、cure_days 宽限天数；不看使用写 null；以后才变的，写在那段标准的 rules 里",
    ),
    Column(
        "programmes[].terms",
        "标准",
        meaning="from、until、kind、household_pays_bp 或 fixed_fen、上限、funders；金额单位分；"
        "从这段起折算、闲置不同的，写 rules（proration 和 idle），from 要是某月 1 日",
    ),
    Column(
        "programmes[].checks",
        "检查",
        may_be_empty=True,
        meaning="check、from、until、enabled、thresholds、basis；不写就不动，停付的检查不能关",
    ),
)
"""The fields of the programmes file, which is JSON; the desk's form writes it."""

"""The other county's subsidies: one household, one line, one bill, and January calculated."""

import msgspec

from market.identity import Actor
from market.kernel import Database
from market.kernel.seal import Seal
from market.subsidies.files import Upload
from market.subsidies.import_billing import Manifest, import_billing
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.run import run_month
from market.subsidies.words import Operator
from tests.access.people import COUNTY_ELSEWHERE
from tests.factories import VILLAGE_ELSEWHERE
from tests.web.desk.county import JANUARY, NOW, documents, the_file

LINE_ELSEWHERE = "SY-000001"
HOUSEHOLD_ELSEWHERE = "SHANGYI-001"
PERSON_ELSEWHERE = "样例尚一"
_NUMBER = "17050000901"
_IDENTITY = "130725196202029912"

REGISTER = (
    "户编号,成员序号,姓名,与户主关系,身份证号,出生日期,性别,村代码,村名,原建档立卡,监测类型,风险消除日期,保障档,"
    "成员自,成员至,离户原因,死亡日期,来源户\n"
    f"{HOUSEHOLD_ELSEWHERE},1,{PERSON_ELSEWHERE},户主,{_IDENTITY},1962-02-02,男,{VILLAGE_ELSEWHERE},样例尚义村,是,,,2,"
    "2016-01-01,,,,\n"
)
ENROLMENTS = (
    "业务编号,项目,身份证号,户编号,申请日,公示起,公示止,审定日,享受起,状态,代办人,村级评议人\n"
    f"{LINE_ELSEWHERE},P1,{_IDENTITY},{HOUSEHOLD_ELSEWHERE},2018-09-16,2018-09-20,2018-09-26,2018-09-28,2018-10-01,"
    "已审定,样例代办甲,样例村干部A\n"
)
BINDINGS = (
    "业务编号,运营商,业务类型,业务号码,姓名,身份证号,套餐编码,设备标识,卡号,生效日,失效日,变更类型,实名核验结果\n"
    f"{LINE_ELSEWHERE},移动,手机,{_NUMBER},{PERSON_ELSEWHERE},{_IDENTITY},YD38,,89860019000000009019,2018-10-01,,"
    "新办,一致\n"
)
BILLING = (
    f"账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期\n2019-01,{_NUMBER},手机,P1,38.00,19.00,19.00,\n"
)


async def make_subsidies_elsewhere(db: Database, seal: Seal, importer: Actor, policy: Actor) -> None:
    """Take the other county's files and calculate its January."""
    programmes = msgspec.json.decode(the_file("programmes.json"))
    programmes["county_code"] = COUNTY_ELSEWHERE

    def upload(kind: str, content: str | bytes, ending: str = "csv") -> Upload:
        sent = content.encode() if isinstance(content, str) else content
        return Upload(COUNTY_ELSEWHERE, kind, f"{kind}.{ending}", sent)

    async with db.transaction(scope=COUNTY_ELSEWHERE) as conn:
        await import_register(conn, importer, upload("register", REGISTER), seal=seal, now=NOW)
        written = upload("programmes", msgspec.json.encode(programmes), "json")
        await import_programmes(conn, policy, written, documents(), now=NOW)
        await import_plans(conn, policy, upload("plans", the_file("plans.csv")), now=NOW)
        await import_budget(conn, policy, upload("budget", the_file("budget.json"), "json"), now=NOW)
        await import_enrolments(conn, importer, upload("enrolments", ENROLMENTS), seal=seal, now=NOW)
        await import_bindings(conn, importer, upload("bindings", BINDINGS), seal=seal, now=NOW)
        bill = upload("billing", BILLING)
        manifest = Manifest(bill.name, Operator.MOBILE, "2019-01", bill.sha256, rows=1, sum_fen=19_00)
        await import_billing(conn, importer, bill, manifest, now=NOW)
        await run_month(conn, importer, COUNTY_ELSEWHERE, JANUARY, now=NOW)

"""The subsidies of the other county: one household, one line, one bill, and January calculated."""

import msgspec

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.subsidies.imports.billing import Manifest
from market.subsidies.imports.upload import Upload
from market.subsidies.month.run import run_month
from market.subsidies.names import Operator
from tests.access.actors import OTHER_COUNTY
from tests.service.web.desk.county import JANUARY, NOW, import_upload, read_documents, read_story_file
from tests.support.make import VILLAGE_OF_OTHER_COUNTY

OTHER_LINE = "SY-000001"
OTHER_HOUSEHOLD = "SHANGYI-001"
OTHER_PERSON = "样例尚一"
_NUMBER = "17050000901"
_IDENTITY = "130725196202029912"

REGISTER = (
    "户编号,成员序号,姓名,与户主关系,身份证号,出生日期,性别,村代码,村名,原建档立卡,监测类型,风险消除日期,保障档,"
    "成员自,成员至,离户原因,死亡日期,来源户\n"
    f"{OTHER_HOUSEHOLD},1,{OTHER_PERSON},户主,{_IDENTITY},1962-02-02,男,{VILLAGE_OF_OTHER_COUNTY},太平街村,是,,,2,"
    "2016-01-01,,,,\n"
)
ENROLMENTS = (
    "业务编号,项目,身份证号,户编号,申请日,公示起,公示止,审定日,享受起,状态,代办人,村级评议人\n"
    f"{OTHER_LINE},P1,{_IDENTITY},{OTHER_HOUSEHOLD},2018-09-16,2018-09-20,2018-09-26,2018-09-28,2018-10-01,"
    "已审定,样例代办甲,样例村干部A\n"
)
BINDINGS = (
    "业务编号,运营商,业务类型,业务号码,姓名,身份证号,套餐编码,设备标识,卡号,生效日,失效日,变更类型,实名核验结果\n"
    f"{OTHER_LINE},移动,手机,{_NUMBER},{OTHER_PERSON},{_IDENTITY},YD38,,89860019000000009019,2018-10-01,,"
    "新办,一致\n"
)
BILLING = (
    f"账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期\n2019-01,{_NUMBER},手机,P1,38.00,19.00,19.00,\n"
)


async def make_other_county(db: Database, seal: Seal, importer: Actor, policy: Actor) -> None:
    """Import the other county's files and calculate its January."""
    programmes = msgspec.json.decode(read_story_file("programmes.json"))
    programmes["county_code"] = OTHER_COUNTY

    def upload(kind: str, content: str | bytes, ending: str = "csv") -> Upload:
        sent = content.encode() if isinstance(content, str) else content
        return Upload(OTHER_COUNTY, kind, f"{kind}.{ending}", sent)

    async with db.transaction(scope=OTHER_COUNTY) as conn:
        await import_upload(conn, importer, upload("register", REGISTER), seal)
        written = upload("programmes", msgspec.json.encode(programmes), "json")
        await import_upload(conn, policy, written, seal, read_documents())
        await import_upload(conn, policy, upload("plans", read_story_file("plans.csv")), seal)
        await import_upload(conn, policy, upload("budget", read_story_file("budget.json"), "json"), seal)
        await import_upload(conn, importer, upload("enrolments", ENROLMENTS), seal)
        await import_upload(conn, importer, upload("bindings", BINDINGS), seal)
        bill = upload("billing", BILLING)
        manifest = Manifest(bill.name, Operator.MOBILE, "2019-01", bill.sha256, rows=1, sum_fen=19_00)
        await import_upload(conn, importer, bill, seal, {"manifest.json": msgspec.json.encode(manifest)})
        await run_month(conn, importer, OTHER_COUNTY, JANUARY, seal=seal, now=NOW)

"""What the demo's county offers to its producers, and what two shops applied for."""

from datetime import timedelta

from market.kernel import Fen
from market.kernel.clock import get_business_day
from market.places.county_files.models import CountyFile
from market.places.county_files.run_file_import import import_county_file
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.funds.applications import apply_for_fund, decide_application
from market.villages.funds.calls import list_open_calls
from market.villages.funds.models import NewFundApplication

_CALLS = (
    ("食用菌棚改造补助", "样例阜平县农业农村局", "资金", "20000.00", -30, 60),
    ("农家院改厕补助", "样例阜平县文旅局", "资金", "8000.00", -20, 40),
    ("小额信贷贴息", "样例阜平县金融服务中心", "贷款", "50000.00", -50, 120),
    ("县电商园工位", "样例阜平县商务局", "孵化场地", "", -10, 25),
    ("新农人直播班", "样例阜平县人社局", "培训名额", "", -5, 12),
)
_DOCUMENT = "样例文件（不是真实文件）"


async def play_funds(sales: SaleSimulation) -> None:
    """Import five calls; the farmer waits for a decision, and the host was granted a sum."""
    gan, xian = await sales.find_official("gan"), await sales.find_official("xian")
    rows = ["名称,主管部门,类别,额度,开始,截止,依据"] + [
        ",".join((name, by, kind, most, *(str(sales.today + timedelta(days=n)) for n in days), _DOCUMENT))
        for name, by, kind, most, *days in _CALLS
    ]
    content = "\n".join(rows).encode()
    file = CountyFile(county=DEMO_COUNTY, name="扶持项目.csv", content=content, dry_run=False, now=sales.ago(days=9))
    await import_county_file(sales.conn, gan, COUNTY_FILE_KINDS["funds"], file)
    day = get_business_day(sales.ago(days=4))
    numbers = {each.name: each.number for each in await list_open_calls(sales.conn, DEMO_COUNTY, day=day)}
    await apply_for_fund(
        sales.conn, sales.seal, sales.farmer, numbers["食用菌棚改造补助"],
        NewFundApplication(
            producer_id=sales.farmer.producers[0], wanted_fen=Fen(1_500_000), text="两个菇棚换膜、换遮阳网"
        ),
        now=sales.ago(days=3),
    )  # fmt: skip
    asked = await apply_for_fund(
        sales.conn, sales.seal, sales.host, numbers["农家院改厕补助"],
        NewFundApplication(producer_id=sales.host.producers[0], wanted_fen=Fen(800_000), text="四间客房改成水冲厕"),
        now=sales.ago(days=4),
    )  # fmt: skip
    await decide_application(
        sales.conn, sales.seal, xian, asked.case_id, granted=True, granted_fen=Fen(600_000),
        text="看过现场，三间符合；完工验收后拨付", now=sales.ago(days=1),
    )  # fmt: skip

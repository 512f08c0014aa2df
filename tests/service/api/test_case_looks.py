"""An official who reads what somebody wrote is recorded, on the pages and over the JSON API alike."""

from pathlib import Path

from market.cases.answers.inquiries import ask_county
from market.cases.answers.models import InquiryKind, NewInquiry
from market.cases.casework.moves import get_person_scope
from market.cases.grievances.receive import receive_grievance
from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.conftest import NOW
from tests.support.app import build_settings, run_service
from tests.support.looks import list_case_looks
from tests.support.make import VILLAGE, load_actor, make_account, make_official

COUNTY = "130624"


async def test_the_looks_of_a_county_at_what_it_was_asked_are_recorded(
    database: Database, seal: Seal, dsn: str, folder: Path
) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY))
        token = (await sign_in_without_code(conn, official.account_id, now=NOW, second_factor=True)).token
        asker = await load_actor(conn, await make_account(conn, name="样例王五"))
        receipt = await receive_grievance(conn, seal, asker=None, county=COUNTY, text="样例：没有到账", now=NOW)
        grievance = await conn.fetchval("SELECT id FROM cases WHERE number = $1", receipt.number)
    new = NewInquiry(kind=InquiryKind.INQUIRY, text="样例：危房改造怎么申请")
    async with database.transaction(scope=get_person_scope(asker)) as conn:
        inquiry = await ask_county(conn, seal, asker, VILLAGE, new, now=NOW)
    async with run_service(build_settings(dsn, folder, now=NOW), works=False) as service:
        for _ in range(2):
            seen = await service.call("GetGrievance", token=token, path={"county": COUNTY, "case_id": grievance})
            assert seen.json()["text"] == "样例：没有到账"
            listed = await service.call("ListCountyInquiries", token=token, path={"county": COUNTY})
            assert [each["text"] for each in listed.json()] == ["样例：危房改造怎么申请"]
    async with database.connection() as conn:
        looks = await list_case_looks(conn, official)
    assert looks == [f"case:{each}" for each in (receipt.number, inquiry.number)]

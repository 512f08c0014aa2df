"""What people of the demo's county asked about their own data: answered, refused with the reason, waiting; consents."""

from market.cases.casework.models import CaseOutcome
from market.people.consents.give import give_consent
from market.people.consents.models import ConsentPurpose
from market.people.identity.models import Actor
from market.privacy.request_models import DataField, DataRequestKind, NewDataRequest
from market.privacy.requests import answer_data_request, ask_about_data
from market.service.demo.sample.sales.simulation import SaleSimulation

_ASKED = (
    (24, DataRequestKind.CORRECT, DataField.HOUSEHOLD, "样例：家里是四口人，少写了刚出生的", True, "照户口本改了。"),
    (
        13,
        DataRequestKind.ERASE,
        None,
        "样例：前年的申请没办，请把我写的删掉",
        False,
        "办减免的材料要留五年对账，到期自己删。",
    ),
    (3, DataRequestKind.EXPLAIN, None, "样例：名册里我家的号码给过谁", None, ""),
)


async def play_rights(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Consent to warnings, and ask three times; the county answers twice."""
    xian = await sales.find_official("xian")
    for person in (sales.farmer, people[0]):
        await give_consent(sales.conn, person, ConsentPurpose.WARNING_SMS, now=sales.ago(days=50))
    for asker, (days, kind, field, text, done, answer) in zip(
        (people[0], people[1], sales.farmer), _ASKED, strict=True
    ):
        new = NewDataRequest(kind=kind, field=field, text=text, village_code=village)
        asked = await ask_about_data(sales.conn, sales.seal, asker, new, now=sales.ago(days=days))
        if done is not None:
            outcome = CaseOutcome.SOLVED if done else CaseOutcome.UNSOLVED
            await answer_data_request(
                sales.conn, sales.seal, xian, asked.case_id, outcome=outcome, text=answer, now=sales.ago(days=days - 5)
            )

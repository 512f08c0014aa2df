"""Grievances about the reduction in several states: of a closed month, answered and waiting, one about an official."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from market.cases.casework.models import CaseOutcome
from market.cases.grievances.answer import answer_grievance, appeal_grievance
from market.cases.grievances.models import GrievanceSource, GrievanceTopic
from market.cases.grievances.receive import receive_grievance, write_down_grievance
from market.cases.grievances.triage import GrievanceLinks, triage_grievance
from market.kernel import Connection
from market.kernel.clock import get_day_start
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.county.enrolled_lines import SampleMonths

MARK_AS_SAMPLE = "UPDATE accounts SET sample = true FROM cases WHERE cases.id = $1 AND accounts.id = cases.asker_id"


class _SampleGrievance(Struct, frozen=True, kw_only=True):
    """A grievance; without a topic it waits to be triaged, without an outcome to be answered.

    Who `disagrees` with the answer asks the level above.
    """

    text: str
    source: GrievanceSource = GrievanceSource.WEB
    received: datetime
    topic: GrievanceTopic | None = None
    officer: str = ""
    outcome: CaseOutcome | None = None
    answer: str = ""
    disagrees: str = ""


def _list_grievances(months: SampleMonths, now: datetime) -> tuple[_SampleGrievance, ...]:
    closed = get_day_start(months.middle) + timedelta(days=8, hours=10)
    return (
        _SampleGrievance(
            text="样例：家里老人的手机号上个月没有减，营业厅说名单上没有",
            received=closed,
            topic=GrievanceTopic.MISSING,
            outcome=CaseOutcome.SOLVED,
            answer="样例：身份证号登记错了一位，已经更正，从下个账期起减",
        ),
        _SampleGrievance(
            text="样例：宽带只减了一半，想问清楚怎么算的",
            source=GrievanceSource.PHONE,
            received=closed + timedelta(days=6),
            topic=GrievanceTopic.AMOUNT,
            outcome=CaseOutcome.UNSOLVED,
            answer="样例：一户每月宽带最多减 20 元，已经解释",
            disagrees="样例：邻居家一样的宽带减得多，请上一级看看",
        ),
        _SampleGrievance(
            text="样例：去问了三次，镇上办事的人都说过几天再来",
            received=now - timedelta(days=4),
            topic=GrievanceTopic.CONDUCT,
            officer="样例镇某",
        ),
        _SampleGrievance(
            text="样例：公示的时候没有看见名单贴在哪里",
            source=GrievanceSource.VISIT,
            received=now - timedelta(hours=20),
        ),
    )


async def add_grievances(
    conn: Connection, seal: Seal, actors: Mapping[str, Actor], months: SampleMonths, *, now: datetime
) -> None:
    """Receive them, triage them as one official of the county and answer them as another one."""
    for each in _list_grievances(months, now):
        if each.source is GrievanceSource.WEB:
            receipt = await receive_grievance(
                conn, seal, asker=None, county=DEMO_COUNTY, text=each.text, now=each.received
            )
        else:
            receipt = await write_down_grievance(
                conn, seal, actors["xian"], county=DEMO_COUNTY, source=each.source, text=each.text, now=each.received
            )
        await conn.execute(MARK_AS_SAMPLE, receipt.case_id)
        if each.topic is None:
            continue
        triaged = each.received + timedelta(days=1)
        links = GrievanceLinks(officer=each.officer)
        await triage_grievance(conn, seal, actors["xian"], receipt.case_id, topic=each.topic, links=links, now=triaged)
        if each.outcome is not None:
            answered = triaged + timedelta(days=5)
            grievance = await answer_grievance(
                conn, seal, actors["gan"], receipt.case_id, outcome=each.outcome, text=each.answer, now=answered
            )
            if each.disagrees:
                await appeal_grievance(conn, seal, grievance, text=each.disagrees, now=answered + timedelta(days=1))

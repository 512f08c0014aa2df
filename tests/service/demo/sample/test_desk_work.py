"""The sample's work under way: leads, changes of lines, agreements and calls in the states that an official meets."""

from collections import Counter

import pytest

from market.kernel import Connection

pytestmark = pytest.mark.long


async def test_the_desk_has_work_in_every_state(sample: Connection) -> None:
    leads = Counter([row["state"] for row in await sample.fetch("SELECT state FROM leads")])
    assert leads == {
        "reported": 4, "visited": 2, "matched": 2, "noticed": 4, "reviewed": 2, "decided": 3, "rejected": 1,
        "withdrawn": 1,
    }  # fmt: skip
    assert await sample.fetchval("SELECT count(DISTINCT kind) FROM leads") == 5
    assert await sample.fetchval("SELECT count(*) FROM lead_steps WHERE step = 'return'") == 1
    changes = Counter([row["outcome"] for row in await sample.fetch("SELECT outcome FROM line_changes")])
    assert changes == {None: 3, "taken": 2, "refused": 1}
    pauses = await sample.fetch("SELECT ended_by IS NULL AS open FROM enrolment_pauses")
    assert Counter([row["open"] for row in pauses]) == {True: 2, False: 1}
    agreements = Counter([row["outcome"] for row in await sample.fetch("SELECT outcome FROM agreements")])
    assert agreements == {"approved": 2, None: 1}
    objections = Counter(
        [row["outcome"] for row in await sample.fetch("SELECT outcome FROM objections JOIN cases ON id = case_id")]
    )
    assert objections == {"solved": 1, "unsolved": 1, None: 1}

"""A refused claim for bad fruit, for tests that mediate it."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.sales.mediation.agree import answer_proposal, notify_late_mediation, propose_share
from market.sales.mediation.end import decide_mediation
from market.sales.mediation.mediate import OpenedMediation, ask_for_mediation
from market.sales.mediation.views import Mediation
from market.sales.payouts.pay_out import PayoutHold, sum_kept_back
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove
from tests.support.make import load_actor, make_official
from tests.support.postgres import as_owner

DAY = timedelta(days=1)


HOLD = PayoutHold(claim_hours=48, return_days=7)


class Refused(Struct, frozen=True):
    """A claim of 20% of 96.00 that finance refused three hours after its receipt; a mediator of the county."""

    grove: Grove
    case_id: UUID
    mediator: Actor

    async def ask(
        self, *, by: Actor | None = None, text: str = "照片很清楚", after: timedelta = 5 * DAY
    ) -> OpenedMediation:
        w = self.grove.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            return await ask_for_mediation(conn, w.seal, buyer, self.case_id, text=text, now=NOW + after)

    async def propose(
        self, opened: OpenedMediation, *, share_bp: int = 50_00, by: Actor | None = None, reason: str = "各让一半"
    ) -> Mediation:
        w = self.grove.shopping
        official = by or self.mediator
        async with w.db.transaction(scope=get_person_scope(official)) as conn:
            return await propose_share(
                conn, w.seal, official, opened.case_id, share_bp=share_bp, reason=reason, now=NOW + 6 * DAY
            )

    async def answer(
        self, opened: OpenedMediation, by: Actor, *, agree: bool = True, reason: str = "", after: timedelta = 7 * DAY
    ) -> Mediation:
        w = self.grove.shopping
        return await answer_proposal(
            w.db, w.gateway, w.seal, by, opened.case_id, agree=agree, reason=reason, now=NOW + after
        )

    async def decide(
        self, opened: OpenedMediation, *, share_bp: int, by: Actor | None = None, reason: str = "看过了"
    ) -> Mediation:
        w = self.grove.shopping
        return await decide_mediation(
            w.db, w.gateway, w.seal, by or self.grove.platform, opened.case_id, share_bp=share_bp, reason=reason,
            now=NOW + 12 * DAY,
        )  # fmt: skip

    async def raise_late(self, after: timedelta) -> int:
        """Let the worker escalate what is late."""
        w = self.grove.shopping

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_mediation(conn, w.seal, case, now=NOW + after)

        return await escalate_late_cases(w.db, w.seal, tell, now=NOW + after)

    async def get_kept_back(self, after: timedelta = 20 * DAY) -> int:
        """Return what payouts keep back of the seller, by default when nothing can be asked for any more."""
        producer_id = self.grove.order.suborders[0].producer_id
        async with self.grove.shopping.db.connection() as conn:
            return await sum_kept_back(conn, producer_id, HOLD, now=NOW + after)

    async def list_told(self) -> list[str]:
        """Return the templates of messages about mediations, in order."""
        return [name for name, _ in await self.grove.shopping.messages() if name.startswith("mediation_")]


@pytest.fixture
async def refused(grove: Grove) -> Refused:
    await grove.receive()
    claim = await grove.claim(20, 100)
    await grove.answer(claim.case_id, agree=False, reason="装箱时都是好的")
    await grove.decide(claim.case_id, bad=0, reason="看不出烂")
    async with grove.shopping.db.transaction() as conn:
        async with as_owner(conn):  # what may be returned is kept back for longer
            await conn.execute("UPDATE order_lines SET perishable = true")
        mediator = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    return Refused(grove, claim.case_id, mediator)

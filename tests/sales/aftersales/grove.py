"""A shipped order whose buyer claims bad fruit, and those who may decide."""

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.sales.aftersales.bad_fruit import NewClaim, OpenedClaim, open_claim
from market.sales.aftersales.bad_fruit_views import (
    BadFruitClaim,
    list_order_claims,
)
from market.sales.aftersales.decide_bad_fruit import ClaimAnswer, answer_claim, decide_claim, notify_late_claim
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.queries import OrderView
from tests.conftest import NOW
from tests.support.coupons import make_voucher
from tests.support.make import (
    load_actor,
    load_owner,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

HOUR = timedelta(hours=1)


class Grove(Struct, frozen=True):
    """A shipped order of two lines, 96.00 and 78.00, and freight 8.00, at 2%; and those who may decide on claims."""

    shopping: Shopping
    order: OrderView
    owner: Actor
    finance: Actor
    platform: Actor
    number: int

    async def receive(self, *, now: datetime = NOW) -> None:
        w = self.shopping
        async with w.db.transaction() as conn:
            await confirm_receipt(conn, w.seal, w.buyer, self.order.id, now=now)

    def line_id(self, line: int) -> UUID:
        return self.order.suborders[0].lines[line].id

    async def claim(
        self, bad: int = 20, total: int = 100, *, line: int = 0, by: Actor | None = None, photos: int = 1,
        text: str = "烂了", photo_id: UUID | None = None, after: timedelta = HOUR,
    ) -> OpenedClaim:  # fmt: skip
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            ids = [photo_id or await make_photo(conn, buyer) for _ in range(photos)]
            claim = NewClaim(line_id=self.line_id(line), bad=bad, total=total, text=text)
            return await open_claim(conn, w.seal, buyer, claim, photo_ids=ids, hours=48, now=NOW + after)

    async def answer(
        self, case_id: UUID, *, agree: bool, reason: str = "", by: Actor | None = None, after: timedelta = 2 * HOUR
    ) -> ClaimAnswer:
        w = self.shopping
        return await answer_claim(
            w.db, w.gateway, w.seal, by or self.owner, case_id, agree=agree, reason=reason, now=NOW + after
        )

    async def decide(
        self, case_id: UUID, *, bad: int, reason: str = "看过照片", by: Actor | None = None
    ) -> ClaimAnswer:
        w = self.shopping
        return await decide_claim(
            w.db, w.gateway, w.seal, by or self.finance, case_id, bad=bad, reason=reason, now=NOW + 3 * HOUR
        )

    async def escalate(self, after: timedelta) -> int:
        w = self.shopping

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_claim(conn, w.seal, case, now=NOW + after)

        return await escalate_late_cases(w.db, w.seal, tell, now=NOW + after)

    async def see(self) -> BadFruitClaim:
        """Return the only claim, as the buyer sees it."""
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            [claim] = await list_order_claims(conn, w.seal, w.buyer, self.order.id)
        return claim

    async def list_told(self) -> list[tuple[str, str | None]]:
        """Return the templates about claims and their sums, in order."""
        messages = await self.shopping.messages()
        return [(name, json.loads(facts).get("amount")) for name, facts in messages if name.startswith("claim_")]


async def make_photo(conn: Connection, owner: Actor, purpose: str = "claim") -> UUID:
    return await conn.fetchval(
        "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
        " VALUES ($1, $3, sha256(uuidv7()::text::bytea), 720, 540, 'webp', $2) RETURNING id",
        owner.account_id,
        NOW,
        purpose,
    )


@pytest.fixture
async def grove(shopping: Shopping) -> Grove:
    return await make_grove(shopping)


async def make_grove(shopping: Shopping, *, amount_fen: int = 0) -> Grove:
    """Place and ship the order, with a coupon of the platform of that amount."""
    async with shopping.db.transaction() as conn:
        walnuts = await make_product(conn, price_fen=32_00, gross_g=100)
        eggs = await make_product(conn, walnuts.producer_id, price_fen=39_00, gross_g=100)
        await make_freight_template(conn, walnuts.producer_id)
        owner = await load_owner(conn, walnuts.producer_id)
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, "130624"))
        platform = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", walnuts.producer_id)
        voucher_id = await make_voucher(conn, shopping.buyer, amount_fen=amount_fen) if amount_fen else None
    placed = await shopping.place([(walnuts.variant_id, 3), (eggs.variant_id, 2)], voucher_id=voucher_id)
    await shopping.pay(placed)
    order = await shopping.see(placed)
    async with shopping.db.transaction() as conn:
        await ship_suborder(
            conn, shopping.seal, owner, order.suborders[0].id, carrier="邮政", tracking="XA1234567890CN", now=NOW
        )
    return Grove(shopping, order, owner, finance, platform, number)

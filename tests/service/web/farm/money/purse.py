"""What the tests of a seller's money share: the shop, what it is owed, its account, and the bank's decision."""

from datetime import datetime
from uuid import UUID

from market.kernel.clock import Clock
from market.kernel.seal import Seal, derive_seal
from market.people.identity.models import AccountId, Actor
from market.sales.payouts.account import PayoutAccount, enter_payout_account
from market.sales.payouts.pay_out import PayoutHold
from payments import AccountKind, list_payouts, poll_payout, post
from payments.ledger.journal import Leg
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.service.web.conftest import Village

GOOD, CLOSED, UNVERIFIED = "6222000000123456", "6222000000001113", "6222000000000000"
NOW = Clock().now()
HOLD = PayoutHold(claim_hours=48, return_days=7)


async def get_shop(village: Village) -> tuple[UUID, int]:
    """Return the id and the number of the farmer's producer."""
    shop = await village.value("SELECT producer_id FROM producer_members WHERE account_id = $1", village.farmer)
    return shop, await village.value("SELECT number FROM producers WHERE id = $1", shop)


async def owe(village: Village, goods_fen: int, key: str = "1") -> None:
    _, number = await get_shop(village)
    async with village.database.transaction() as conn:
        legs: list[Leg] = [("commission", -goods_fen), (f"payable:{number}", goods_fen)]
        await post(conn, key=f"released:{key}", kind="released", legs=legs)


def act_as(account: AccountId, *producers: UUID) -> Actor:
    return Actor(account_id=account, name="样例", producers=producers, grants=(), second_factor=False)


def get_seal(village: Village) -> Seal:
    return derive_seal(village.settings.secret)


async def enter(village: Village, gateway: Stripe, number: str = GOOD, *, now: datetime = NOW) -> PayoutAccount:
    shop, _ = await get_shop(village)
    actor = act_as(village.farmer, shop)
    seal = get_seal(village)
    return await enter_payout_account(
        village.database, gateway, seal, actor, shop, kind=AccountKind.BANK, number=number, now=now
    )


async def read_payouts(village: Village) -> list[tuple[str, int]]:
    _, number = await get_shop(village)
    async with village.database.connection() as conn:
        return [(each.state, each.amount_minor) for each in await list_payouts(conn, str(number))]


async def bank_decides(village: Village, gateway: Stripe, sandbox: Sandbox, status: str, reason: str = "") -> None:
    _, number = await get_shop(village)
    async with village.database.connection() as conn:
        payout = (await list_payouts(conn, str(number)))[0]
    assert payout.provider_ref is not None
    await sandbox.set_payout(payout.provider_ref, status, reason or None)
    await poll_payout(village.database, gateway, payout.id)

"""Sample payouts: one that arrived, one on its way, and one that failed because the account was closed."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.sales.orders.escrow import get_payable_account, get_payee
from market.sales.payouts.account import PAYOUT_NUMBER_CONTEXT
from market.service.demo.sample.accounts import FARMER_PHONE
from market.service.demo.sample.copy_rows import CopyRow, copy_rows
from market.service.demo.sample.seeded_random import SeededRandom
from payments import post
from payments.ledger.journal import Leg
from payments.payout import get_transit_account

_PREFIX = "999900000000"
"""No bank issues numbers that begin so."""
_ARRIVED, _ON_ITS_WAY, _CLOSED = "1234", "0009", "1113"
"""The ends of the numbers, which decide what the sandbox does with later payouts."""
_PROVIDER = "stripe"


class _Seller(Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    owner_id: UUID
    holder: str
    payable_fen: int


class PayoutAccountCopyRow(CopyRow, frozen=True, kw_only=True):
    """A payout account that was checked."""

    table = "payout_accounts"
    id: UUID
    producer_id: UUID
    kind: str
    holder: str
    number_sealed: bytes
    number_tail: str
    state: str
    destination: str
    entered_by: UUID
    entered_at: datetime
    checked_at: datetime
    activated_at: datetime


class PayoutCopyRow(CopyRow, frozen=True, kw_only=True):
    """A payout."""

    table = "payouts"
    schema = "payments"
    id: UUID
    payee: str
    key: str
    provider: str
    destination: str
    currency: str
    amount_minor: int
    state: str
    provider_ref: str
    reason: str | None
    created_at: datetime
    paid_at: datetime | None
    failed_at: datetime | None


# The demo's farmer first, whose page shows money that arrived.
LIST_SELLERS = Query(
    _Seller,
    """
    SELECT p.id, p.number, a.id AS owner_id, balances.amount_minor AS payable_fen,
           CASE WHEN p.kind IN ('household', 'homestay') THEN a.name ELSE p.name END AS holder
      FROM producers p
      JOIN producer_members m ON m.producer_id = p.id AND m.role = 'owner'
      JOIN accounts a ON a.id = m.account_id
      JOIN payments.accounts AS payable ON payable.code = 'payable:' || p.number
      JOIN payments.balances ON balances.account_id = payable.id
     WHERE p.state = 'open' AND balances.amount_minor >= 20_00
     ORDER BY coalesce(a.phone_index = :farmer_index, false) DESC, p.number
     LIMIT 3
    """,
)


async def add_sample_payouts(conn: Connection, seed: int, seal: Seal, *, now: datetime) -> None:
    """Add accounts of three sellers, each with a payout of half of what is owed for goods, after the ledger's facts."""
    rng = SeededRandom(seed, "payouts")
    sellers = await LIST_SELLERS.all(conn, farmer_index=seal.index(FARMER_PHONE))
    accounts: list[PayoutAccountCopyRow] = []
    payouts: list[PayoutCopyRow] = []
    for seller, tail in zip(
        sellers, (_ARRIVED, _ON_ITS_WAY, _CLOSED), strict=False
    ):  # a small sample has fewer sellers
        entered = now - timedelta(days=9)
        account_id = rng.make_uuid7(entered)
        accounts.append(
            PayoutAccountCopyRow(
                id=account_id,
                producer_id=seller.id,
                kind="bank",
                holder=seller.holder,
                number_sealed=seal.seal(_PREFIX + tail, PAYOUT_NUMBER_CONTEXT),
                number_tail=tail,
                state="active",
                destination=f"acct_sample_{account_id.hex}",
                entered_by=seller.owner_id,
                entered_at=entered,
                checked_at=entered,
                activated_at=entered,
            )
        )
        payouts.append(_build_payout(rng, seller, accounts[-1], now=now))
        await _post_payout(conn, seller, payouts[-1])
    await copy_rows(conn, accounts)
    await copy_rows(conn, payouts)


def _build_payout(rng: SeededRandom, seller: _Seller, account: PayoutAccountCopyRow, *, now: datetime) -> PayoutCopyRow:
    created = now - (timedelta(hours=2) if account.number_tail == _ON_ITS_WAY else timedelta(days=2))
    ended = created + timedelta(hours=20)
    payout_id = rng.make_uuid7(created)
    arrived, failed = account.number_tail == _ARRIVED, account.number_tail == _CLOSED
    return PayoutCopyRow(
        id=payout_id,
        payee=get_payee(seller.number),
        key=f"scheduled:{seller.id}:sample",
        provider=_PROVIDER,
        destination=account.destination,
        currency="CNY",
        amount_minor=seller.payable_fen // 2,  # half, rounded down: the rest stays owed
        state="paid" if arrived else "failed" if failed else "in_transit",
        provider_ref=f"po_sample_{payout_id.hex}",
        reason="account_closed" if failed else None,
        created_at=created,
        paid_at=ended if arrived else None,
        failed_at=ended if failed else None,
    )


async def _post_payout(conn: Connection, seller: _Seller, payout: PayoutCopyRow) -> None:
    payable, transit = get_payable_account(seller.number), get_transit_account(payout.payee)
    amount = payout.amount_minor
    legs: list[Leg] = [(payable, -amount), (transit, amount)]
    await post(conn, key=f"payout:{payout.id}", kind="payout sent", legs=legs, at=payout.created_at)
    if payout.paid_at is not None:
        legs = [(transit, -amount), (f"clearing:{payout.provider}", amount)]
        await post(conn, key=f"paid-out:{payout.id}", kind="payout paid", legs=legs, at=payout.paid_at)
    if payout.failed_at is not None:
        legs = [(transit, -amount), (payable, amount)]
        await post(conn, key=f"payout-failed:{payout.id}", kind="payout failed", legs=legs, at=payout.failed_at)

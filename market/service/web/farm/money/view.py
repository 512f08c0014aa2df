"""What the page 我的钱 shows of a producer: what is owed, on its way, arrived and in escrow; account and payouts."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.models import ProducerRow
from market.kernel import Connection, Fen, Query
from market.people.identity.models import Actor
from market.sales.orders.escrow import compute_share, get_payee
from market.sales.orders.models import SuborderState
from market.sales.payouts.account import (
    PENDING_STATES,
    PayoutAccount,
    PayoutAccountState,
    find_account_change,
    find_account_holder,
    find_payout_account,
)
from market.sales.payouts.account_change import CHANGE_TERM, LAPSED_REASON, REFUSED_REASON
from market.sales.payouts.large_payouts import LargePayoutState, find_large_payout
from market.sales.payouts.pay_out import (
    PayoutHold,
    describe_failure,
    get_payout_limits,
    get_payout_room,
    sum_kept_back,
)
from market.sales.payouts.statement import Statement, get_statement
from market.service.web.forms import make_form_key
from market.service.web.ui.format import day_zh, yuan
from payments import AccountKind, Payout, PayoutState, list_failed_payouts, list_payouts

_MAX_ROWS = 50
_MAX_PAYOUTS = 20
ACCOUNT_KINDS = {AccountKind.BANK: "银行卡", AccountKind.WECHAT: "微信"}
_CHANGE_PATH, _LARGE_PATH = "/farm/money/changes/", "/farm/money/large/"
_EARLIER = "更早的和退款"
_OWED, _IN_TRANSIT, _ARRIVED = "该给您", "正在打给您", "已到账"
_PAYOUT_STATES = {
    PayoutState.CREATED: _IN_TRANSIT,
    PayoutState.IN_TRANSIT: _IN_TRANSIT,
    PayoutState.PAID: _ARRIVED,
    PayoutState.FAILED: "没有到账",
}


class SuborderTitle(Struct, frozen=True):
    """The title of a suborder's first line."""

    suborder_id: UUID
    title: str


class SecondPersonRow(Struct, frozen=True, kw_only=True):
    """What waits for a second person: `action` takes the decision; `own`: the reader asked and may only withdraw."""

    title: str
    words: str
    action: str
    own: bool
    agreed: bool = False


class ProducerMoney(Struct, frozen=True, kw_only=True):
    """One producer's money: owed, paid out and in escrow.

    `account` describes where it is paid to, `problem` why the last payout or the account failed. `key` is that of the
    form that asks for a payout. `large_fen` may be asked for above the limit of the day. `waiting` is what waits for a
    second person: a change of the account, a payout above the limit.
    """

    id: str
    name: str
    rows: list[tuple[str, int]]
    owed_fen: Fen
    sums: list[tuple[str, int]]
    payouts: list[tuple[str, int]]
    account: str
    problem: str
    may_enter: bool
    enter: str
    may_ask: bool
    large_fen: Fen
    waiting: list["SecondPersonRow"]
    key: str
    kept: str
    rule: str
    waiting_rows: list[tuple[str, int]]
    waiting_fen: Fen


LIST_SUBORDER_TITLES = Query(
    SuborderTitle,
    """
    SELECT DISTINCT ON (suborder_id) suborder_id, title
      FROM order_lines
     WHERE suborder_id = ANY(:suborder_ids::uuid[])
     ORDER BY suborder_id, position
    """,
)


class Earning(Struct, frozen=True):
    """The producer's part of a suborder, and when its escrow was released."""

    at: datetime
    words: str
    fen: Fen


async def _list_earnings(conn: Connection, statement: Statement) -> list[Earning]:
    """Return the earnings from the suborders of a statement, latest release first."""
    titles = await _load_titles(conn, statement)
    earnings = [
        Earning(
            line.released_at,
            f"{titles.get(line.suborder_id, '')}，{line.code}",
            Fen(line.payable_fen + (line.freight_fen if line.state is SuborderState.RECEIVED else 0)),
        )
        for line in statement.lines
        if line.payable_fen is not None and line.released_at is not None
    ]
    return _latest_first(earnings)


def _latest_first(earnings: list[Earning]) -> list[Earning]:
    return sorted(earnings, key=lambda each: each.at, reverse=True)


async def _load_titles(conn: Connection, statement: Statement) -> dict[UUID, str]:
    ids = [line.suborder_id for line in statement.lines]
    return {row.suborder_id: row.title for row in await LIST_SUBORDER_TITLES.all(conn, suborder_ids=ids)}


async def _list_escrowed(conn: Connection, statement: Statement) -> list[tuple[str, int]]:
    """Return the expected earnings from suborders in escrow, latest order first."""
    titles = await _load_titles(conn, statement)
    escrowed = [line for line in statement.lines if line.state in {SuborderState.PAID, SuborderState.SHIPPED}]
    return [
        (
            f"{day_zh(line.placed_at)}　{titles.get(line.suborder_id, '')}，{line.code}",
            compute_share(
                goods_left_fen=line.goods_left_fen, freight_fen=line.freight_fen, commission_bp=line.commission_bp
            ).due_fen,
        )
        for line in sorted(escrowed, key=lambda line: line.placed_at, reverse=True)
    ]


def _earning_rows(earnings: list[Earning]) -> list[tuple[str, int]]:
    return [(f"{day_zh(each.at)}　{each.words}", each.fen) for each in earnings]


def _add_remainder(rows: list[tuple[str, int]], total: Fen, words: str) -> list[tuple[str, int]]:
    """Add a row for the difference between the rows and the total, if there is one."""
    rest = total - sum(fen for _, fen in rows)
    return [*rows, (words, rest)] if rest else rows


def _list_deductions(*, arrived_fen: int, in_transit_fen: int) -> list[tuple[str, int]]:
    """Return the rows of what was paid out of the earnings."""
    return [row for row in ((f"减去{_ARRIVED}的", -arrived_fen), (f"减去{_IN_TRANSIT}的", -in_transit_fen)) if row[1]]


async def load_earnings(conn: Connection, actor: Actor) -> tuple[list[tuple[str, int]], Fen]:
    """Return the earnings of all producers that a person works for, latest first, and their total."""
    earnings: list[Earning] = []
    total = paid = sent = 0
    for producer_id in actor.producers:
        statement = await get_statement(conn, actor, producer_id, limit=_MAX_ROWS)
        earnings += await _list_earnings(conn, statement)
        total += statement.owed_fen
        paid += statement.arrived_fen
        sent += statement.in_transit_fen
    rows = _earning_rows(_latest_first(earnings))
    return _add_remainder([*rows, *_list_deductions(arrived_fen=paid, in_transit_fen=sent)], Fen(total), _EARLIER), Fen(
        total
    )


async def load_money(
    conn: Connection, actor: Actor, producer: ProducerRow, *, hold: PayoutHold, now: datetime
) -> ProducerMoney:
    """Return what the page shows of a producer that the actor works for."""
    statement = await get_statement(conn, actor, producer.id, limit=_MAX_ROWS)
    earnings = [
        *_earning_rows(await _list_earnings(conn, statement)),
        *_list_deductions(arrived_fen=statement.arrived_fen, in_transit_fen=statement.in_transit_fen),
    ]
    escrowed = _add_remainder(await _list_escrowed(conn, statement), statement.pending_fen, "更早的")
    account = await find_payout_account(conn, actor, producer.id)
    change = await find_account_change(conn, actor, producer.id)
    owner = await find_account_holder(conn, actor, producer.id, now=now) is not None
    payouts = await list_payouts(conn, get_payee(producer.number), limit=_MAX_PAYOUTS)
    failed = await list_failed_payouts(conn, payee=get_payee(producer.number))
    limits = await get_payout_limits(conn, producer.county_code, now=now)
    room = await get_payout_room(conn, producer.id, hold, now=now)
    waiting = await _list_waiting(conn, actor, producer.id)
    asked = any(each.action.startswith(_LARGE_PATH) for each in waiting)
    kept_fen = await sum_kept_back(conn, producer.id, hold, now=now)
    active = account is not None and account.state is PayoutAccountState.ACTIVE
    pending = change is not None and change.state in PENDING_STATES
    return ProducerMoney(
        id=str(producer.id),
        name=producer.name,
        rows=_add_remainder(earnings, statement.owed_fen, _EARLIER),
        owed_fen=statement.owed_fen,
        sums=[
            (_OWED, statement.owed_fen),
            (_IN_TRANSIT, statement.in_transit_fen),
            (_ARRIVED, statement.arrived_fen),
        ],
        payouts=[
            (f"{day_zh(each.paid_at or each.created_at)}　{_PAYOUT_STATES[each.state]}", each.amount_minor)
            for each in payouts
        ],
        account=_describe_account(account, change),
        problem=_describe_problem(account, change, payouts, failed),
        may_enter=owner and not pending and (account is None or account.state is not PayoutAccountState.CHECKING),
        enter="换收款账户" if active else "填收款账户",
        may_ask=owner and active and min(room.available_fen, room.left_fen) > 0,
        large_fen=room.large_fen if owner and active and not asked else Fen(0),
        waiting=waiting,
        key=make_form_key(),
        kept=_describe_kept(kept_fen, hold),
        rule=f"每天早上九点，够 {yuan(limits.min_fen)} 元就打到您的账户，一天最多打 {yuan(limits.limit_fen)} 元；"
        "再多的，店主来要，另一个人同意了就打。",
        waiting_rows=escrowed,
        waiting_fen=statement.pending_fen,
    )


def _describe_kept(kept_fen: Fen, hold: PayoutHold) -> str:
    """Describe what is not paid out yet, and why; empty if nothing is kept back."""
    if not kept_fen:
        return ""
    return (
        f"其中 {yuan(kept_fen)} 元先留着：买家收到后 {hold.claim_hours} 小时能申请坏果包赔，"
        f"不是鲜货的 {hold.return_days} 天能退；没有同意的，买家还能请县里调解。过了就打给您。"
    )


async def _list_waiting(conn: Connection, actor: Actor, producer_id: UUID) -> list[SecondPersonRow]:
    """Return what waits for a second person, or for its day."""
    change = await find_account_change(conn, actor, producer_id)
    large = await find_large_payout(conn, actor, producer_id)
    rows: list[SecondPersonRow] = []
    if change is not None and change.state is PayoutAccountState.WAITING and change.usable_at is not None:
        day = day_zh(change.usable_at)
        agreed = change.decided_at is not None
        rows.append(
            SecondPersonRow(
                title=f"换收款账户：{ACCOUNT_KINDS[change.kind]}，尾号 {change.tail}",
                words=f"已经有人同意，{day}起用。" if agreed else f"另一个人同意了，最早{day}起用。",
                action=f"{_CHANGE_PATH}{change.id}",
                own=change.entered_by == actor.account_id,
                agreed=agreed,
            )
        )
    if large is not None and large.state is LargePayoutState.WAITING:
        rows.append(
            SecondPersonRow(
                title=f"打款 {yuan(large.amount_fen)} 元，超过一天能打的",
                words=f"{large.requester} {day_zh(large.requested_at)}提的，等另一个人同意。",
                action=f"{_LARGE_PATH}{large.id}",
                own=large.own,
            )
        )
    return rows


def _describe_account(account: PayoutAccount | None, change: PayoutAccount | None) -> str:
    if account is None or account.state in {PayoutAccountState.REJECTED, PayoutAccountState.ENDED}:
        return "还没有收款账户，钱先记在您名下。"
    checking = "，正在核对" if account.state is PayoutAccountState.CHECKING else ""
    text = f"收款账户：{account.holder}，{ACCOUNT_KINDS[account.kind]}，尾号 {account.tail}{checking}。"
    if change is not None and change.state is PayoutAccountState.CHECKING:
        text += f"要换的尾号 {change.tail} 正在核对。"
    return text


def _describe_problem(
    account: PayoutAccount | None, change: PayoutAccount | None, payouts: list[Payout], failed: list[Payout]
) -> str:
    """Describe to the seller what keeps the money from arriving; empty if nothing does."""
    if account is not None and account.state is PayoutAccountState.REJECTED:
        return f"上次填的账户没有通过核对：{describe_failure(account.reason)}。请再填一次。"
    if change is not None and change.reason == LAPSED_REASON:
        return f"换账户 {CHANGE_TERM.days} 天里没有人同意，没有换；要换请再填一次。钱照旧打到原来的账户。"
    if change is not None and change.state is PayoutAccountState.REJECTED and change.reason != REFUSED_REASON:
        return f"要换的账户没有通过核对：{describe_failure(change.reason)}。钱照旧打到原来的账户。"
    if not failed or any(each.state in {PayoutState.CREATED, PayoutState.IN_TRANSIT} for each in payouts):
        return ""
    amount, reason = yuan(failed[-1].amount_minor), describe_failure(failed[-1].reason)
    return f"{amount} 元没有打到：{reason}。钱还在您名下；问清楚以后，请您再按一次打款。"

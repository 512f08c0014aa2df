"""The sections of the page 钱的异常: each problem in the words of finance, with its sum, order, day and repairs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from msgspec import Struct, structs

from market.kernel.clock import get_business_day
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, Role
from market.sales.carriers.models import CARRIER_NAMES, TrackingState
from market.sales.carriers.unmoved import UnmovedParcel
from market.sales.orders.money.money_problems import MoneyProblems
from market.sales.orders.money.refund_requests import RequestedRefund
from market.sales.orders.money.repairs import MAX_TEXT_LENGTH
from market.sales.orders.money.transfer_records import WaitingRefund, WaitingTransfer
from market.sales.payouts.account_change import WaitingChange
from market.sales.payouts.large_payouts import LargePayout
from market.sales.payouts.pay_out import describe_failure
from market.service.web.desk.presenters import describe_due_day
from market.service.web.ui.format import clock_zh, day_zh, yuan
from payments import (
    Dispute,
    Payout,
    RefundState,
    StatementDiscrepancy,
    StuckMessage,
    UnknownCall,
    UnresolvedBalance,
)
from payments.refund_records import MAX_PENDING

MAX_SHOWN = 20
"""How many problems of a kind are shown; the next ones follow when these are repaired."""
SYSTEM, PLATFORM, FINANCE, ANOTHER = "系统自己办", "平台", "县财政或者平台", "县财政或者平台，提的人以外的一位"
"""Who acts on a problem."""
BY_THE_PLATFORM, BY_TWO = "由平台的人处理。", "两个人各记一次，号码一样才算数。"
_DISCREPANCIES = {
    "missing_here": "支付平台有这笔，我们没有记",
    "missing_there": "我们记了这笔，支付平台没有",
    "amount": "两边金额不一样",
    "currency": "两边币种不一样",
    "duplicate": "支付平台记了两次",
}
_TRACKING_PROBLEMS = {
    TrackingState.MOVING: "包裹不动了",
    TrackingState.UNKNOWN: "快递公司查不到单号",
    TrackingState.MISMATCHED: "单号是以前的包裹的",
    TrackingState.RETURNED: "包裹退回去了",
    TrackingState.GIVEN_UP: "包裹一直没有送到",
}
_CALLS = {"create": "请买家付款", "cancel": "撤销收款", "refund": "退款", "payout": "给卖家打款"}


class RepairForm(Struct, frozen=True, kw_only=True):
    """A form of one button, with a text to write if `label` is not empty; `attempt` is that of a failed refund."""

    action: str
    button: str
    label: str = ""
    attempt: int = 0
    limit: int = MAX_TEXT_LENGTH


class MoneyProblem(Struct, frozen=True, kw_only=True):
    """A problem: its title, facts, what can be done and the forms for it.

    `who` acts on it, by `due`, or else some days after `since`.
    """

    title: str
    who: str
    since: datetime
    due: date | None = None
    facts: list[tuple[str, str]]
    advice: str = ""
    forms: list[RepairForm] = []
    number: str = ""
    """The provider's own number, to quote to its support; shown behind 校验."""


class ProblemSection(Struct, frozen=True):
    """The problems of a kind: at most `MAX_SHOWN` of `total`."""

    id: str
    title: str
    total: int
    problems: list[MoneyProblem]


def present_sections(
    problems: MoneyProblems,
    parcels: Sequence[UnmovedParcel],
    *,
    actor: Actor,
    days: int,
    unmoved_days: int,
    today: date,
) -> list[ProblemSection]:
    """Return the sections that are not empty, the most urgent first; a problem must be repaired within `days`.

    A parcel is a problem after `unmoved_days` without a move.
    """
    platform = Role.PLATFORM in get_roles(actor)
    return [
        _add_duties(section, days=days, today=today)
        for section in (
            _build_section("requests", "等另一个人同意的退款", problems.refund_requests, _present_request),
            _build_section("refunds", "没有退到的退款", problems.failed_refunds, _present_refund),
            _build_section("payouts", "没有打到的款", problems.failed_payouts, _present_payout),
            _build_section("disputes", "买家向银行提出的异议", problems.disputes, _present_dispute),
            _build_section("parcels", "不动的包裹", parcels, partial(_present_parcel, unmoved_days=unmoved_days)),
            _build_section("suspense", "挂账的钱", problems.suspense, partial(_present_suspense, platform=platform)),
            _build_section(
                "messages", "没有办成的支付通知", problems.messages, partial(_present_message, platform=platform)
            ),
            _build_section("calls", "支付平台没有回话", problems.unknown_calls, _present_call),
            _build_section(
                "discrepancies",
                "和支付平台对账不一致",
                problems.discrepancies,
                partial(_present_discrepancy, platform=platform),
            ),
            _build_section("advances", "平台垫付的钱", problems.advances, _present_advance),
            _build_section("transfers", "等到账的银行转账", problems.transfers, _present_transfer),
        )
        if section.total
    ]


def present_payouts(
    changes: Sequence[WaitingChange], large: Sequence[LargePayout], *, days: int, today: date
) -> list[ProblemSection]:
    """Return the sections of what waits for a second person before it is paid out, without the empty ones."""
    return [
        _add_duties(section, days=days, today=today)
        for section in (
            _build_section("changes", "等另一个人同意的换账户", changes, _present_change),
            _build_section("large", "等另一个人同意的打款", large, _present_large_payout),
        )
        if section.total
    ]


def _build_section[T](
    section: str, title: str, found: Sequence[T], present: Callable[[T], MoneyProblem]
) -> ProblemSection:
    return ProblemSection(section, title, len(found), [present(each) for each in found[:MAX_SHOWN]])


def _add_duties(section: ProblemSection, *, days: int, today: date) -> ProblemSection:
    """Return the section with who acts on each problem, and by which day."""
    problems = [
        structs.replace(
            each,
            facts=[
                *each.facts,
                ("谁办", each.who),
                (
                    "哪天前办",
                    describe_due_day(each.due or get_business_day(each.since) + timedelta(days=days), today)[0],
                ),
            ],
        )
        for each in section.problems
    ]
    return structs.replace(section, problems=problems)


def _list_facts(order: str | None, minor: int | None, since: datetime) -> list[tuple[str, str]]:
    """Return the facts that every problem has; what is unknown is left out."""
    facts = [("订单", order)] if order else []
    facts += [("金额", f"{yuan(abs(minor))} 元")] if minor else []
    return [*facts, ("从什么时候起", f"{day_zh(since)}")]


def _list_recorders(names: Sequence[str]) -> list[tuple[str, str]]:
    return [("记过了", f"{'、'.join(names)}，等另一个人")] if names else []


def _present_request(request: RequestedRefund) -> MoneyProblem:
    path = f"/desk/money/refund-requests/{request.id}"
    facts = _list_facts(request.code, request.amount_fen, request.requested_at)
    facts += [("退什么", request.title), ("谁提的", request.requester)]
    facts += [("卖家写的", request.note)] if request.note else []
    refusal = RepairForm(action=f"{path}/refusal", button="不同意", label="不同意的原因")
    advice = "问清楚为什么退，再同意。" if not request.own else "这笔是您提的，要另一个人同意；您可以撤回。"
    consent = [] if request.own else [RepairForm(action=f"{path}/consent", button="同意退款")]
    return MoneyProblem(
        title="卖家要退的钱超过一个人能退的数", who=ANOTHER, since=request.requested_at, facts=facts, advice=advice,
        forms=[*consent, refusal],
    )  # fmt: skip


def _present_change(change: WaitingChange) -> MoneyProblem:
    path = f"/desk/money/account-changes/{change.id}"
    facts = _list_facts(None, None, change.entered_at)
    facts += [("卖家", change.producer_name), ("户名", change.holder), ("谁提的", change.entered_by)]
    facts += [("现在打到", f"尾号 {change.used_tail}"), ("要换成", f"尾号 {change.tail}")]
    facts += [("最早哪天起用", day_zh(change.usable_at))]
    consent = [] if change.own else [RepairForm(action=f"{path}/consent", button="同意换")]
    asked = "打卖家原来的电话，问清楚是不是本人要换，再同意。"
    return MoneyProblem(
        title="卖家要换收款账户",
        who=ANOTHER,
        since=change.entered_at,
        facts=facts,
        advice="是您提的，或者户名是您更正的，要另一个人同意。" if change.own else asked,
        forms=[*consent, RepairForm(action=f"{path}/refusal", button="不同意")],
    )


def _present_large_payout(payout: LargePayout) -> MoneyProblem:
    path = f"/desk/money/large-payouts/{payout.id}"
    facts = _list_facts(None, payout.amount_fen, payout.requested_at)
    facts += [("卖家", payout.producer_name), ("谁提的", payout.requester)]
    consent = [] if payout.own else [RepairForm(action=f"{path}/consent", button="同意打款")]
    return MoneyProblem(
        title="卖家要的钱超过一天能打的", who=ANOTHER, since=payout.requested_at, facts=facts,
        advice="打电话给卖家，问清楚是不是本人要的，再同意。",
        forms=[*consent, RepairForm(action=f"{path}/refusal", button="不同意", label="不同意的原因")],
    )  # fmt: skip


def _present_refund(refund: WaitingRefund) -> MoneyProblem:
    path = f"/desk/money/refunds/{refund.id}"
    by_hand = RepairForm(action=f"{path}/repaid", button="已转账，记下", label="银行流水号")
    facts = _list_facts(refund.order_ref, refund.amount_minor, refund.requested_at) + _list_recorders(refund.recorders)
    if refund.state is RefundState.REQUESTED:
        return MoneyProblem(
            title="要用银行转账退给买家", who=FINANCE, since=refund.requested_at, facts=facts,
            advice=f"把钱转给买家，再写下银行流水号。{BY_TWO}", forms=[by_hand],
        )  # fmt: skip
    if refund.state is RefundState.PENDING:
        assert refund.pending_since is not None, "a pending refund is listed by its age"
        return MoneyProblem(
            title="退款一直没有结果", who=PLATFORM, since=refund.pending_since + MAX_PENDING, facts=facts,
            advice="支付平台收了这笔退款，没有说退到没有。系统会一直再问。请打支付平台的客服电话，问清楚。",
            number=refund.provider_ref or "",
        )  # fmt: skip
    if refund.covered_minor:
        return _present_covered_refund(refund, facts, by_hand)
    advice = "系统不再自动退。可以再退一次；还是退不到，就用银行转账退给买家，再写下银行流水号。" + BY_TWO
    if refund.retry_at is not None:
        advice = f"系统 {clock_zh(refund.retry_at)} 再退一次，也可以现在就退，或者用银行转账退给买家。{BY_TWO}"
    again = RepairForm(action=f"{path}/retry", button="再退一次", attempt=refund.attempt)
    facts.append(("退过几次", f"{refund.attempt} 次"))
    return MoneyProblem(
        title="退款没有到账", who=FINANCE, since=refund.requested_at, facts=facts, advice=advice, forms=[again, by_hand]
    )


def _present_covered_refund(refund: WaitingRefund, facts: list[tuple[str, str]], by_hand: RepairForm) -> MoneyProblem:
    """Present a failed refund whose money a lost dispute gave the buyer, all of it or a part."""
    left = refund.amount_minor - refund.covered_minor
    facts = [*facts, ("异议输了，银行已退给买家", f"{yuan(refund.covered_minor)} 元")]
    if left:
        facts.append(("还要转给买家", f"{yuan(left)} 元"))
    end = RepairForm(action=f"/desk/money/refunds/{refund.id}/retry", button="销掉，不再退", attempt=refund.attempt)
    title = "退款没有到账，异议退了一部分" if left else "退款没有到账，异议已经退了"
    nothing = "买家已经拿到这笔钱，不要再退，销掉就行。"
    by_bank = "只把剩下的用银行转账退给买家，再写下银行流水号。" + BY_TWO
    return MoneyProblem(
        title=title, who=FINANCE, since=refund.requested_at, facts=facts, advice=by_bank if left else nothing,
        forms=[by_hand] if left else [end],
    )  # fmt: skip


def _present_payout(payout: Payout) -> MoneyProblem:
    facts = _list_facts(None, payout.amount_minor, payout.created_at)
    facts += [("卖家编号", payout.payee), ("原因", describe_failure(payout.reason))]
    return MoneyProblem(
        title="给卖家打的款没有到账",
        who=FINANCE,
        since=payout.created_at,
        facts=facts,
        advice="钱已经退回“该给卖家的”。请打电话给卖家，问清账户，请店主在“我的钱”里再打一次。",
        number=payout.provider_ref or "",
    )


def _present_dispute(dispute: Dispute) -> MoneyProblem:
    return MoneyProblem(
        title="买家不认这笔付款",
        who=PLATFORM,
        since=dispute.opened_at,
        due=None if dispute.due_at is None else get_business_day(dispute.due_at),
        facts=_list_facts(dispute.order_ref, dispute.amount_minor, dispute.opened_at),
        advice="请平台的人到支付平台的后台交发货、签收的凭证。定下来以前，这一单不放款、不退款。",
        number=dispute.provider_ref,
    )


def _present_parcel(parcel: UnmovedParcel, *, unmoved_days: int) -> MoneyProblem:
    carrier = CARRIER_NAMES[parcel.carrier]
    path = f"/desk/money/parcels/{parcel.suborder_id}"
    facts = _list_facts(str(parcel.order_number), parcel.total_fen, parcel.moved_at)
    facts += [("卖家", parcel.producer), ("快递", f"{carrier} {parcel.tracking}")]
    forms = [RepairForm(action=f"{path}/delivered", button="送到了，记下", label="怎么查到的")]
    advice = "买家说收到了，平台补了券。查到送到了就记下，卖家这一单才打款；查不到的，不用记。"
    if not parcel.received:
        forms.append(RepairForm(action=f"{path}/lost", button="没有送到，退给买家", label="怎么查到的"))
        advice = "打电话问快递公司和卖家。退给买家的，由卖家找快递公司赔。"
    return MoneyProblem(
        title=_TRACKING_PROBLEMS[parcel.state],
        who=FINANCE,
        since=parcel.moved_at + timedelta(days=unmoved_days),
        facts=facts,
        advice="您买的，或者您家卖的，要别人来定。" if parcel.own else advice,
        forms=[] if parcel.own else forms,
    )


def _present_suspense(balance: UnresolvedBalance, *, platform: bool) -> MoneyProblem:
    charge = balance.code.partition(":")[2]
    form = RepairForm(action=f"/desk/money/suspense/{charge}", button="已退给付款人，记下", label="退款流水号")
    return MoneyProblem(
        title="收到的钱和订单对不上",
        who=PLATFORM,
        since=balance.since,
        facts=_list_facts(balance.order_ref, balance.amount_minor, balance.since),
        advice="到支付平台的后台查清是谁付的，退给付款人，再写下退款流水号。" if platform else BY_THE_PLATFORM,
        forms=[form] if platform else [],
        number=charge,
    )


def _present_advance(balance: UnresolvedBalance) -> MoneyProblem:
    return MoneyProblem(
        title="异议扣走的钱，卖家账上不够",
        who=PLATFORM,
        since=balance.since,
        facts=_list_facts(balance.order_ref, balance.amount_minor, balance.since),
        advice="这笔钱平台先垫着。异议赢了自动抵回；输了，请和卖家商量怎么还。",
    )


def _present_message(message: StuckMessage, *, platform: bool) -> MoneyProblem:
    dead = message.state == "dead"
    path = f"/desk/money/messages/{message.event_id}"
    again = RepairForm(action=path, button="再办一次")
    dismissal = RepairForm(action=f"{path}/dismissal", button="不用办，销掉这一条", label="不用办的原因")
    advice = (
        "先到支付平台的后台看清这笔钱，再办一次；和我们没有关系的，写下原因销掉。"
        if dead
        else "系统会自己再办，一天办不成就停下。"
    )
    return MoneyProblem(
        title="通知已经停办" if dead else "通知还没有办成",
        who=PLATFORM if dead else f"{SYSTEM}；一天办不成，转{PLATFORM}",
        since=message.received_at,
        facts=_list_facts(message.order_ref, message.amount_minor, message.received_at),
        advice=advice if platform or not dead else BY_THE_PLATFORM,
        forms=[again, dismissal] if platform and dead else [],
        number=message.event_id,
    )


def _present_call(call: UnknownCall) -> MoneyProblem:
    return MoneyProblem(
        title=f"不知道{_CALLS[call.kind]}办成没有",
        who=f"{SYSTEM}；一天没有回话，转{PLATFORM}",
        since=call.first_sent_at,
        facts=_list_facts(call.order_ref, call.amount_minor, call.first_sent_at),
        advice="系统会一直再问，不会重复扣钱或者退钱。过了一天还没有回话，请打支付平台的客服电话。",
        number=call.key,
    )


def _present_discrepancy(discrepancy: StatementDiscrepancy, *, platform: bool) -> MoneyProblem:
    sides = [("支付平台记的", discrepancy.provider_minor), ("我们记的", discrepancy.ledger_minor)]
    form = RepairForm(
        action=f"/desk/money/discrepancies/{discrepancy.id}", button="查清了，销掉这一条", label="查到的原因"
    )
    return MoneyProblem(
        title=_DISCREPANCIES[discrepancy.kind],
        who=PLATFORM,
        since=discrepancy.opened_at,
        facts=[
            *_list_facts(discrepancy.order_ref, None, discrepancy.opened_at),
            ("哪天的账", day_zh(discrepancy.day)),
            *((words, "没有" if minor is None else f"{yuan(minor)} 元") for words, minor in sides),
        ],
        advice="收到的钱是正数，退出的钱是负数。查清以后写下原因。" if platform else BY_THE_PLATFORM,
        forms=[form] if platform else [],
        number=discrepancy.reference,
    )


def _present_transfer(transfer: WaitingTransfer) -> MoneyProblem:
    until = ("最晚什么时候到账", clock_zh(transfer.expires_at))
    facts = [*_list_facts(transfer.order_ref, transfer.amount_minor, transfer.opened_at), until]
    form = RepairForm(action=f"/desk/money/transfers/{transfer.order_ref}", button="已到账，记下", label="银行流水号")
    return MoneyProblem(
        title="买家说用银行转账付", who=FINANCE, since=transfer.opened_at, due=get_business_day(transfer.expires_at),
        facts=facts + _list_recorders(transfer.recorders), forms=[form],
        advice="银行账上到了这笔钱，再写下银行流水号。" + BY_TWO,
    )  # fmt: skip

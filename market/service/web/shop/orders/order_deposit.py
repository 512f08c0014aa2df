"""订金和尾款: what a buyer pays of an order now, and until when."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.catalogue.listings.presale import PresaleTerms
from market.kernel import Fen
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.language import say
from market.sales.orders.deposits import DepositPlan
from market.sales.orders.models import OrderState, PaymentTerms
from market.sales.orders.queries import OrderView
from market.service.web.ui.format import day_short, yuan
from payments import PaymentState, Purpose

_PENDING_STATES = {PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING, PaymentState.CREATED}


class PaymentStep(Struct, frozen=True, kw_only=True):
    """What is to be paid of an order now; `due` is false if nothing is, or not yet."""

    due: bool
    amount_fen: Fen
    until: datetime
    purpose: Purpose


def get_payment_step(order: OrderView, now: datetime) -> PaymentStep:
    """Return what is to be paid of an order now: all of it, its deposit, or its balance."""
    deposit = order.deposit
    if deposit is None or order.state not in {OrderState.PLACED, OrderState.DEPOSITED}:
        due = order.state is OrderState.PLACED and order.pay_until > now and order.terms is PaymentTerms.PREPAID
        return PaymentStep(due=due, amount_fen=order.total_fen, until=order.pay_until, purpose=Purpose.FULL)
    if order.state is OrderState.PLACED:
        return PaymentStep(
            due=order.pay_until > now, amount_fen=deposit.deposit_fen, until=order.pay_until, purpose=Purpose.DEPOSIT
        )
    until = get_day_start(deposit.balance_until + timedelta(days=1))
    due = get_business_day(now) >= deposit.balance_from and now < until
    return PaymentStep(due=due, amount_fen=deposit.balance_fen, until=until, purpose=Purpose.BALANCE)


def is_confirming(order: OrderView, step: PaymentStep, *, back: bool) -> bool:
    """Return whether the payment that is due waits for the provider; `back`: the buyer just came from it."""
    payment = order.payment
    if not step.due or payment is None or payment.purpose is not step.purpose:
        return False
    # A payment may be captured before its order is marked as paid; nothing is due then.
    return payment.state is PaymentState.CAPTURED or (back and payment.state in _PENDING_STATES)


def list_deposit_notes(order: OrderView, today: date) -> list[tuple[str, str, str]]:
    """Return the notice of an order whose balance is due, or none."""
    deposit = order.deposit
    if order.state is not OrderState.DEPOSITED or deposit is None:
        return []
    days = say("{0}到{1}", day_short(deposit.balance_from), day_short(deposit.balance_until))
    if today >= deposit.balance_from:
        text = say("{0}以前付 {1} 元。", day_short(deposit.balance_until), yuan(deposit.balance_fen))
        return [("warn", say("该付尾款了"), text + describe_lapse(stay=_is_stay(order)))]
    text = say("尾款 {0} 元，{1}付，到时候发短信提醒您。", yuan(deposit.balance_fen), days)
    return [("ok", say("订金付了，{0} 元", yuan(deposit.deposit_fen)), text + describe_lapse(stay=_is_stay(order)))]


def _is_stay(order: OrderView) -> bool:
    return any(suborder.bookings for suborder in order.suborders)


def describe_lapse(*, stay: bool) -> str:
    """Describe what becomes of a deposit if the balance is not paid, or the seller cannot keep the order."""
    if stay:
        return say("过了没付，按退订规则退订金；店家接待不了，付过的全退。")
    return say("过了没付，订单取消，订金全退；农户交不出货，付过的全退。")


def describe_plan(plan: DepositPlan, *, stay: bool) -> list[str]:
    """Describe before paying how an order is paid in two parts."""
    days = say("{0}到{1}", day_short(plan.balance_from), day_short(plan.balance_until))
    return [
        say(
            "现在付订金 {0} 元；尾款 {1} 元，{2}付，到时候发短信提醒您。",
            yuan(plan.deposit_fen),
            yuan(plan.balance_fen),
            days,
        ),
        describe_lapse(stay=stay),
    ]


def describe_presale(terms: PresaleTerms, *, word: str, today: date) -> list[str]:
    """Describe a pre-sale on the page of its product."""
    sending = say("{0}到{1}发货。", day_short(terms.send_from), day_short(terms.send_until))
    if today >= terms.balance_from:
        return [say("收了就发：{0}", sending)]
    days = say("{0}到{1}", day_short(terms.balance_from), day_short(terms.balance_until))
    return [
        say("预售：一{0}先付订金 {1} 元，尾款{2}付，{3}", word, yuan(terms.deposit_fen), days, sending),
        describe_lapse(stay=False) + say("和别的一起买，就一次付清。"),
    ]

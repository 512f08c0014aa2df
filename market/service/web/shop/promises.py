"""Promises to buyers; every period comes from the constant or setting that enforces it."""

from collections.abc import Sequence

from market.catalogue.listings.models import CancelTier
from market.catalogue.listings.presale import PresaleTerms
from market.kernel import BASIS_POINTS, Fen, divide_half_up
from market.kernel.language import say
from market.service.web.ui.format import day_short, percent_bp, yuan

REFUND_ARRIVAL = "一般 1 到 3 天到"
"""The time a provider takes to pay out a refund; not enforced here."""
PERISHABLE_RETURNS = "鲜货容易坏，没有七天无理由退货；坏了照样包赔。"

_FULL_BP, _HALF_BP = 10_000, 5_000
_HALF_HOUR, _YEAR_DAYS = 30, 365


def describe_bad_fruit_promise(hours: int) -> str:
    """Return the promise of 坏果包赔 with the period that `MARKET_CLAIM_HOURS` sets."""
    return say("坏果包赔：收到 {0} 小时内在订单里申请，拍一张照片，按坏的份量退", hours)


def describe_other_returns(days: int) -> str:
    """Return the promise for goods that are not perishable, with the period that `MARKET_RETURN_DAYS` sets.

    Source: 消费者权益保护法 25.
    """
    return say("没拆封，收到 {0} 天内能退：在订单里申请，退货款，来回运费您付。", days)


def describe_returns(days: int) -> str:
    """Return which goods of a cart are fresh and cannot be returned, and the promise for the others.

    The categories are those of `PERISHABLE`.
    """
    return say(
        "水果、蔬菜、食用菌、畜禽、水产、花卉，还有冷藏、冷冻发的，都算鲜货，没有七天无理由退货；别的{0}",
        describe_other_returns(days),
    )


def describe_return_terms(days: int) -> str:
    """Describe what a return takes and what is refunded, before the buyer asks for one."""
    return say("没拆封、收到 {0} 天内能退。退货款；发货的运费不退，寄回去的运费您付。每样东西退一次。", days)


def describe_seller_terms(days: int) -> str:
    """Describe to a seller what the law gives buyers. Source: 消费者权益保护法 25."""
    return say("不是鲜货、没拆封，收到 {0} 天内，法律让买家退。寄回来的运费买家付；您退货款，不退发货的运费。", days)


def describe_claim_period(hours: int) -> str:
    """Describe from when the period counts: receipt, by the buyer or by the clock."""
    return say("按了“收到了”以后 {0} 小时内能申请；没按以前也能。每样东西申请一次。", hours)


def describe_sending(ship_days: int, unsent_days: int) -> str:
    """Return until when a parcel is sent, and what happens to one that is not."""
    return say("付款后 {0} 天内发货；再过 {1} 天还没发，自动取消，钱全退给您。", ship_days, unsent_days)


def describe_sending_window(terms: PresaleTerms, unsent_days: int) -> str:
    """Return when the goods of a pre-sale are sent, and what happens to those that are not."""
    first, last = day_short(terms.send_from), day_short(terms.send_until)
    return say("{0}到{1}发货；过了{1}再有 {2} 天还没发，自动取消，钱全退给您。", first, last, unsent_days)


def describe_stay_payment(days: int) -> str:
    """Return when the host of a stay is paid, with the period of guests who did not come (`MARKET_RECEIVE_DAYS`)."""
    return say(
        "先放在平台，您到店、店家核过入住码才给。没来也没取消的，过了走的那天 {0} 天也给店家；去不了，请先取消。", days
    )


def describe_activity_payment(days: int) -> str:
    """Return when the host of an activity is paid, with the same period."""
    return say("先放在平台，您到了、店家核过入场码才给。没来也没取消的，过 {0} 天也给店家；去不了，请先取消。", days)


def describe_missed_visits(days: int) -> str:
    """Return what becomes of the money of guests who neither come nor cancel, for what is paid together."""
    return say("订了没来也没取消的，过 {0} 天也给店家。", days)


def list_escrow_notes(days: int, *, visits: bool) -> list[str]:
    """Return when the sellers of a cart are paid, and with nights or places in it what a missed visit costs."""
    return [say("钱先放在平台，您收到货、人到了才给卖家。"), *([describe_missed_visits(days)] if visits else [])]


WEIGHED_LATER = "最多付这些，称重后多退"
"""Beside the amount of a line whose price is settled when it is weighed."""


def describe_ceiling(*, price: Fen, word: str, ceiling_bp: int) -> str:
    """Describe before buying what goods that are weighed later cost: at most the share `ceiling_bp` of the price."""
    highest = Fen(divide_half_up(price * ceiling_bp, BASIS_POINTS))
    return say("称重算钱：一{0}最多付 {1} 元，发货前称，称重后多退，不用补。", word, yuan(highest))


def format_minutes(minutes: int) -> str:
    """Format a number of minutes: 30 → `半小时`, 45 → `45 分钟`."""
    return say("半小时") if minutes == _HALF_HOUR else say("{0} 分钟", minutes)


def format_days_ahead(days: int) -> str:
    """Format how far ahead something is possible: 365 → `一年以内`, 90 → `90 天以内`."""
    return say("一年以内") if days == _YEAR_DAYS else say("{0} 天以内", days)


def describe_tiers(tiers: Sequence[CancelTier]) -> str:
    """Describe cancellation tiers: `提前 7 天退全款，提前 3 天退一半`; tiers without a refund are left out."""
    shares = {_FULL_BP: say("全款"), _HALF_BP: say("一半")}
    return say("，").join(
        say("提前 {0} 天退{1}", tier.days_before, shares.get(tier.refund_bp) or f" {percent_bp(tier.refund_bp)}")
        for tier in tiers
        if tier.refund_bp
    )


def describe_pickup_rule(days: int) -> str:
    """Describe until when a parcel is kept at its pickup point, and what happens then."""
    return say("到点后留 {0} 天；过了没取，鲜货不退，别的退货款，运费不退。", days)

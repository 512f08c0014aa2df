"""Promises to buyers; every period comes from the constant or setting that enforces it."""

from collections.abc import Sequence

from market.catalogue.models import CancelTier
from market.kernel import BASIS_POINTS, Fen, divide_half_up
from market.web.ui.format import percent_bp, yuan

REFUND_ARRIVAL = "一般 1 到 3 天到"
"""The time a provider takes to pay out a refund; not enforced here."""
PERISHABLE_RETURNS = "鲜货容易坏，没有七天无理由退货；坏了照样包赔。"

_FULL_BP, _HALF_BP = 10_000, 5_000
_HALF_HOUR, _YEAR_DAYS = 30, 365


def describe_bad_fruit_promise(hours: int) -> str:
    """Return the promise of 坏果包赔 with the period that `MARKET_CLAIM_HOURS` sets."""
    return f"坏果包赔：收到 {hours} 小时内在订单里申请，拍一张照片，按坏的份量退"


def describe_other_returns(days: int) -> str:
    """Return the promise for goods that are not perishable, with the period that `MARKET_RETURN_DAYS` sets.

    Source: 消费者权益保护法 25.
    """
    return f"没拆封，收到 {days} 天内能退：在订单里申请，退货款，来回运费您付。"


def describe_return_terms(days: int) -> str:
    """Describe what a return takes and what is refunded, before the buyer asks for one."""
    return f"没拆封、收到 {days} 天内能退。退货款；发货的运费不退，寄回去的运费您付。每样东西退一次。"


def describe_seller_terms(days: int) -> str:
    """Describe to a seller what the law gives buyers. Source: 消费者权益保护法 25."""
    return f"不是鲜货、没拆封，收到 {days} 天内，法律让买家退。寄回来的运费买家付；您退货款，不退发货的运费。"


def describe_claim_period(hours: int) -> str:
    """Describe from when the period counts: receipt, by the buyer or by the clock."""
    return f"按了“收到了”以后 {hours} 小时内能申请；没按以前也能。每样东西申请一次。"


def describe_sending(ship_days: int, unsent_days: int) -> str:
    """Return until when a parcel is sent, and what happens to one that is not."""
    return f"付款后 {ship_days} 天内发货；再过 {unsent_days} 天还没发，自动取消，钱全退给您。"


WEIGHED_LATER = "最多付这些，称重后多退"
"""Beside the amount of a line whose price is settled when it is weighed."""


def describe_ceiling(*, price: Fen, word: str, ceiling_bp: int) -> str:
    """Describe before buying what goods that are weighed later cost: at most the share `ceiling_bp` of the price."""
    highest = Fen(divide_half_up(price * ceiling_bp, BASIS_POINTS))
    return f"称重算钱：一{word}最多付 {yuan(highest)} 元，发货前称，称重后多退，不用补。"


def format_minutes(minutes: int) -> str:
    """Format a number of minutes: 30 → `半小时`, 45 → `45 分钟`."""
    return "半小时" if minutes == _HALF_HOUR else f"{minutes} 分钟"


def format_days_ahead(days: int) -> str:
    """Format how far ahead something is possible: 365 → `一年以内`, 90 → `90 天以内`."""
    return "一年以内" if days == _YEAR_DAYS else f"{days} 天以内"


def describe_tiers(tiers: Sequence[CancelTier]) -> str:
    """Describe cancellation tiers: `提前 7 天退全款，提前 3 天退一半`; tiers without a refund are left out."""
    shares = {_FULL_BP: "全款", _HALF_BP: "一半"}
    return "，".join(
        f"提前 {tier.days_before} 天退{shares.get(tier.refund_bp) or f' {percent_bp(tier.refund_bp)}'}"
        for tier in tiers
        if tier.refund_bp
    )


def describe_pickup_rule(days: int) -> str:
    """Describe until when a parcel is kept at its pickup point, and what happens then."""
    return f"到点后留 {days} 天；过了没取，鲜货不退，别的退货款，运费不退。"

"""What the buyer saw before ordering: the total, and what cancelling refunds. Placing refuses anything else."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.bookings.tiers import find_strictest_tiers, select_tiers
from market.kernel import FieldFault, Refusal
from market.kernel.language import say
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.packages import LivePackage
from market.sales.orders.checkout.pricing import DraftLine, DraftSuborder, get_order_price
from market.sales.orders.models import TotalChanged
from payments.money import format_percent


class CancelTermsChanged(Refusal):
    """What cancelling a visit refunds differs from what the buyer saw; nothing was placed. `errors` say what holds."""

    code = "cancel_terms_changed"
    zh = "店家改了“不去了退多少”，请看过再下单。"
    en = "What cancelling refunds has changed; review it and order again."


def hash_cancel_terms(lines: Iterable[DraftLine]) -> str:
    """Return a digest of the tiers of the visits among `lines`, in whatever order they are; empty without visits."""
    visits = {
        str(line.listing_id): sorted((each.holiday, each.days_before, each.refund_bp) for each in tiers)
        for line in lines
        if (tiers := _get_tiers(line)) is not None
    }
    return hashlib.sha256(msgspec.json.encode(sorted(visits.items()))).hexdigest()[:16] if visits else ""


def hash_tiers(tiers: Sequence[CancellationTier]) -> str:
    """Return a digest of the tiers that a buyer saw for a whole package."""
    rows = [(each.holiday, each.days_before, each.refund_bp) for each in tiers]
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()[:16]


def require_seen_terms(request: OrderRequest, suborders: Sequence[DraftSuborder]) -> None:
    """Require that the total, and the tiers of the visits, are those that the buyer saw, if it is known what that was.

    Of a package the tiers are compared as a whole (`require_package_terms`).

    Raises:
        TotalChanged, CancelTermsChanged: they are not; an error of the second for each visit says what holds now.
    """
    total = get_order_price(suborders).total_fen
    if request.total_fen is not None and request.total_fen != total:
        raise TotalChanged(total_fen=total, errors=(FieldFault("total_fen", str(total)),))
    lines = [line for each in suborders for line in each.lines]
    if request.package is not None or request.cancel_terms is None:
        return
    if request.cancel_terms != hash_cancel_terms(lines):
        raise CancelTermsChanged(
            errors=tuple(
                FieldFault(line.field.partition(".")[0], say("“{0}”：{1}", line.title, _describe(line)))
                for line in lines
                if _get_tiers(line) is not None
            )
        )


def require_package_terms(request: OrderRequest, live: Mapping[UUID, LivePackage]) -> None:
    """Require that the least that cancelling a package on sale refunds is what the buyer saw, if that is known.

    Raises:
        CancelTermsChanged: it is not.
    """
    choice = request.package
    if choice is None or request.cancel_terms is None:
        return
    tiers = find_strictest_tiers(live[choice.package_id].tiers, holiday=choice.holiday)
    if request.cancel_terms != hash_tiers(tiers):
        raise CancelTermsChanged(errors=(FieldFault("cancel_terms", describe_tiers(tiers)),))


def _get_tiers(line: DraftLine) -> list[CancellationTier] | None:
    visit = line.stay or line.slot
    return None if visit is None else visit.tiers


def _describe(line: DraftLine) -> str:
    visit = line.stay or line.slot
    assert visit is not None, "checked by the caller"
    return describe_tiers(select_tiers(visit.tiers, holiday=visit.holiday))


def describe_tiers(tiers: Sequence[CancellationTier]) -> str:
    """Describe what the tiers of a day refund: `提前 3 天退 100%，再晚不退`."""
    if not tiers:
        return say("前一天及以前全退，当天不退")
    shares = [
        say("提前 {0} 天退 {1}", each.days_before, format_percent(each.refund_bp)) for each in tiers if each.refund_bp
    ]
    return say("，").join([*shares, say("再晚不退")]) if shares else say("订了不退")

"""R2, R3 and the line cap of R4: from a monthly charge to the full-month amount."""

from msgspec import Struct

from market.subsidies.engine.models import Terms, TermsKind
from market.subsidies.engine.steps import AmountStep, FixedAmountStep, LineCapStep, PercentOffStep
from payments.money import Fen, apply_rate


class FullMonthRate(Struct, frozen=True, gc=False):
    """The subsidy of a whole month under one version of the terms and one charge, and the steps of its calculation."""

    amount_fen: Fen
    steps: tuple[AmountStep, ...]


class RateCache:
    """Caches rates by terms and charge, since the lines of a county have few different ones."""

    def __init__(self) -> None:
        self._rates: dict[tuple[int, Fen], tuple[Terms, FullMonthRate]] = {}

    def get(self, terms: Terms, charge: Fen) -> FullMonthRate:
        """Return the rate. The key contains the identity of the terms; they are stored so that it stays unique."""
        key = (id(terms), charge)
        known = self._rates.get(key)
        if known is None:
            known = self._rates[key] = terms, compute_rate(terms, charge)
        return known[1]


def compute_rate(terms: Terms, charge: Fen) -> FullMonthRate:
    """Return the subsidy of a whole month of the charge, after the line cap.

    Percent off: what the household pays is rounded down, in its favour. A fixed amount never
    exceeds the charge.
    """
    step = _compute_uncapped(terms, charge)
    cap_fen = terms.line_cap_fen
    if cap_fen is None or cap_fen >= step.amount_fen:
        return FullMonthRate(step.amount_fen, (step,))
    return FullMonthRate(cap_fen, (step, LineCapStep(cap_fen=cap_fen, amount_fen=step.amount_fen)))


def _compute_uncapped(terms: Terms, charge: Fen) -> PercentOffStep | FixedAmountStep:
    if terms.kind is TermsKind.PERCENT_OFF:
        pays_bp = terms.household_pays_bp
        assert pays_bp is not None, "the reader requires it"
        pays = Fen(apply_rate(charge, pays_bp))
        return PercentOffStep(amount_fen=Fen(charge - pays), charge_fen=charge, pays_fen=pays, pays_bp=pays_bp)
    fixed = terms.fixed_fen
    assert fixed is not None, "the reader requires it"
    return FixedAmountStep(amount_fen=min(fixed, charge), fixed_fen=fixed, charge_fen=charge)

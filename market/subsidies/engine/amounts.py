"""R2, R3 and the line cap of R4: from a monthly charge to the full-month amount; and how sums are written."""

from msgspec import Struct

from market.subsidies.engine.models import WHOLE_BP, Kind, Terms
from payments.money import Fen, yuan


class Rate(Struct, frozen=True, gc=False):
    """What a whole month of one charge is subsidised with by one version of the terms, and how that was counted."""

    amount_fen: Fen
    steps: tuple[str, ...]


class Rates:
    """Rates by terms and charge: a county's lines know few charges, so each rate is counted once."""

    def __init__(self) -> None:
        self._rates: dict[tuple[int, Fen], tuple[Terms, Rate]] = {}

    def rate(self, terms: Terms, charge: Fen) -> Rate:
        """Return the rate; terms are told apart by identity, and kept so that it stays theirs."""
        key = (id(terms), charge)
        known = self._rates.get(key)
        if known is None:
            known = self._rates[key] = terms, rate_charge(terms, charge)
        return known[1]


def rate_charge(terms: Terms, charge: Fen) -> Rate:
    """Return what a whole month of the charge is subsidised with, after the line cap.

    Percent off: the household pays its part rounded down, so the fraction is the household's gain. A fixed amount
    is never more than the charge.
    """
    amount, step = _before_cap(terms, charge)
    steps = [step]
    if terms.line_cap_fen is not None and terms.line_cap_fen < amount:
        steps.append(f"{yuan(terms.line_cap_fen)}: line cap, instead of {yuan(amount)}")
        amount = terms.line_cap_fen
    return Rate(amount, tuple(steps))


def _before_cap(terms: Terms, charge: Fen) -> tuple[Fen, str]:
    if terms.kind is Kind.PERCENT_OFF:
        pays_bp = terms.household_pays_bp
        assert pays_bp is not None, "the reader wants it"  # noqa: S101
        pays = charge * pays_bp // WHOLE_BP
        return Fen(charge - pays), (
            f"{yuan(charge - pays)}: charge {yuan(charge)} less {yuan(pays)}, "
            f"{percent(pays_bp)} of it rounded down, which the household pays"
        )
    fixed = terms.fixed_fen
    assert fixed is not None, "the reader wants it"  # noqa: S101
    return min(
        fixed, charge
    ), f"{yuan(min(fixed, charge))}: the smaller of fixed {yuan(fixed)} and charge {yuan(charge)}"


def half_up(numerator: int, denominator: int) -> Fen:
    """Return the non-negative fraction of fen rounded half up: whoever is paid gains the half."""
    return Fen((2 * numerator + denominator) // (2 * denominator))


def percent(rate_bp: int) -> str:
    """Return basis points as they are written: `50%`, `33.33%`."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}%" if not rest else f"{whole}.{rest:02d}".rstrip("0") + "%"

"""Limits and refusals of mediations."""

from datetime import timedelta

from market.kernel import Refusal

MEDIATION = "mediation"
MEDIATION_PERIOD = timedelta(days=15)
"""How long after the refusal of a claim or a return its buyer may ask for mediation."""
MAX_MEDIATION_TEXT_LENGTH = 500


class InvalidMediation(Refusal):
    """Fields of a mediation are missing or wrong; `errors` lists them."""

    code = "mediation_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the mediation are missing or wrong."


class NotMediable(Refusal):
    """Nothing of the case can be mediated: it was not refused, is mediated already, or the time has passed."""

    code = "not_mediable"
    zh = "只有没有同意的坏果包赔和退货，定了以后 {days} 天内能请县里调解，一件一次。"
    en = "A refused claim or return can be mediated once, within {days} days."


class NothingLeftToMediate(Refusal):
    """Less than what is asked for is left of a line after refunds."""

    code = "nothing_left_to_mediate"
    zh = "这一样已经退过钱，剩下的不够退这么多。"
    en = "At most {left_fen} fen of a line are left."


class MediatorInvolved(Refusal):
    """The official decided the claim or the return that is mediated."""

    code = "mediator_involved"
    status = 403
    zh = "原来是您定的，要另一个人来调解。"
    en = "You decided the case before; another official has to mediate."

"""Limits and refusals of mediations."""

from market.kernel import Refusal

MEDIATION = "mediation"
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
    """All that was asked for has been refunded."""

    code = "nothing_left_to_mediate"
    zh = "这一样的钱已经退完，没有可争的了。"
    en = "Nothing of what was asked for is left after refunds."


class MediatorInvolved(Refusal):
    """The official decided the claim or the return, or proposed what one side refused."""

    code = "mediator_involved"
    status = 403
    zh = "这件事您定过或者调解过，要另一个人来。"
    en = "You decided or mediated the case before; another official has to."


class MediationNotDecided(Refusal):
    """The county decides nothing: both sides agree, or the platform decides."""

    code = "mediation_not_decided"
    zh = "县里只提办法，两边都同意才算；谈不成，由平台定。"
    en = "The county proposes and both sides agree; if they do not, the platform decides."

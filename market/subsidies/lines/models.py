"""Changes of a line: the verbs, what each needs, and refusals."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from market.kernel import Refusal
from market.people.identity.models import Role
from market.subsidies.names import Operator

MAX_NOTE_LENGTH = 200


class LineVerb(StrEnum):
    """What happened to a line. Source: subsidy-rulebook, the six verbs of a binding; 停复机 are two of these."""

    REPLACE_SIM = "replace_sim"
    REPLACE_DEVICE = "replace_device"
    TRANSFER = "transfer"
    PORT = "port"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"


VERB_NAMES: dict[LineVerb, str] = {
    LineVerb.REPLACE_SIM: "补换卡",
    LineVerb.REPLACE_DEVICE: "换机",
    LineVerb.TRANSFER: "过户",
    LineVerb.PORT: "携号转网",
    LineVerb.SUSPEND: "停机",
    LineVerb.RESUME: "复机",
    LineVerb.CLOSE: "销户",
}
ENDING_WORDS: dict[LineVerb, str] = {verb: name for verb, name in VERB_NAMES.items() if verb is not LineVerb.RESUME} | {
    LineVerb.PORT: "携号转出"
}
"""What the bindings file says of the version that ends; a resumed line has none that does."""
BEGINNING_WORDS: dict[LineVerb, str] = {
    verb: name for verb, name in VERB_NAMES.items() if verb not in {LineVerb.SUSPEND, LineVerb.CLOSE}
} | {LineVerb.PORT: "携号转入"}
"""What it says of the version that begins; a suspended or closed line has none."""
VERB_FIELDS: dict[LineVerb, tuple[str, ...]] = {
    LineVerb.REPLACE_SIM: ("sim",),
    LineVerb.REPLACE_DEVICE: ("device",),
    LineVerb.TRANSFER: ("new_line", "identity", "realname", "sim", "device"),
    LineVerb.PORT: ("new_line", "operator", "plan", "sim", "realname"),
    LineVerb.SUSPEND: (),
    LineVerb.RESUME: (),
    LineVerb.CLOSE: (),
}
"""The fields of `ChangeDetails` that a verb has; of a transfer `sim` and `device` may stay empty."""
MAY_BE_EMPTY: dict[LineVerb, frozenset[str]] = {LineVerb.TRANSFER: frozenset({"sim", "device"})}
MOBILE_VERBS = frozenset({LineVerb.REPLACE_SIM, LineVerb.REPLACE_DEVICE, LineVerb.PORT})
"""Broadband and television have neither SIM nor device, and are not ported."""
NEW_LINE_VERBS = frozenset({LineVerb.TRANSFER, LineVerb.PORT})
"""The number goes on under another code: a new line, which is enrolled by its own application."""
REALNAME_RESULTS = ("一致", "不一致")
REPORTERS = frozenset({Role.VILLAGE, Role.TOWNSHIP, Role.IMPORTER, Role.COUNTY})
"""Who reports a change, each for the own divisions."""


class ChangeDetails(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is new of a line; which fields a verb has says `VERB_FIELDS`.

    `sim` is an ICCID, `device` an IMEI, or the hash of either; `identity` the number of the person who takes a line
    over; `new_line` the code under which the number goes on, `operator` and `plan` those that it is ported to;
    `realname` the operator's result, 一致 or 不一致.
    """

    sim: str = ""
    device: str = ""
    identity: str = ""
    new_line: str = ""
    operator: Operator | None = None
    plan: str = ""
    realname: str = ""


class NewLineChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change as it is reported; `effective_on` is its first day, and `note` says how the official knows."""

    line: str
    verb: LineVerb
    effective_on: date
    note: str
    details: ChangeDetails = ChangeDetails()


class LineNotFound(Refusal):
    """The county has no such line, or it is in a division that the official does not see."""

    code = "line_not_found"
    status = 404
    zh = "没有这个业务编号，或者不归您管。"
    en = "There is no such line in your divisions."


class LineChangeInvalid(Refusal):
    """The change does not fit the line, or fields are missing or wrong; `errors` names each."""

    code = "line_change_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the change are missing or wrong; see errors."


class LineChangeWaiting(Refusal):
    """Another change of the line waits to be taken or refused."""

    code = "line_change_waiting"
    zh = "这条业务有一件变更还没有办完，先办那一件。"
    en = "Another change of the line waits to be taken or refused."


class LineChangeDecided(Refusal):
    """The change was taken or refused before."""

    code = "line_change_decided"
    zh = "这件变更已经办过了，请看最新的情况。"
    en = "The change was taken or refused before; look at the line again."


class ConsentWithdrawn(Refusal):
    """The enrolled person withdrew the consent to the line and gave none since: its pause does not end."""

    code = "line_consent_withdrawn"
    zh = "农户撤回了同意，不能恢复。要先签新的同意书，在这条业务的申请里传照片。"
    en = "The person withdrew the consent; record a new one, signed on paper, with the application of the line first."


class SecondChangePart(Refusal):
    """The person reported the change, uses the line, or lives with who does."""

    code = "second_change_part"
    status = 403
    zh = "这件变更是您登记的，或者跟您家有关，要另一个人来办。"
    en = "You reported the change, or it concerns your household; another person has to decide it."

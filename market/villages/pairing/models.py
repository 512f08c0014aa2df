"""Pairings, pledges, what was done for them, statements, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Refusal
from market.people.identity.models import COUNTY_KEEPERS, Role

AGREERS = COUNTY_KEEPERS | {Role.VILLAGE}
"""The officials who agree to a pairing: of the village itself, or who keep the county's villages."""
MAX_TARGET = 1_000_000_000_000
MAX_TERM_DAYS = 3654
MAX_PLEDGES = 8
MAX_OPEN_PROPOSALS = 20
MAX_LISTED = 200


class PledgeKind(StrEnum):
    """What an organisation pledges to a village."""

    BUY = "buy"
    TEACH = "teach"
    INVEST = "invest"
    HIRE = "hire"

    @property
    def is_money(self) -> bool:
        """Whether it is measured in fen; the others are counted in heads."""
        return self in {PledgeKind.BUY, PledgeKind.INVEST}


PLEDGE_NAMES = {
    PledgeKind.BUY: "买货", PledgeKind.TEACH: "办课", PledgeKind.INVEST: "投资", PledgeKind.HIRE: "招工",
}  # fmt: skip
PLEDGE_UNITS = {PledgeKind.BUY: "元", PledgeKind.TEACH: "人次", PledgeKind.INVEST: "元", PledgeKind.HIRE: "人次"}


class PairingState(StrEnum):
    """Where a pairing is on a day."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    RUNNING = "running"
    ENDED = "ended"
    STATED = "stated"


PAIRING_STATES = {
    PairingState.PROPOSED: "等对方同意", PairingState.AGREED: "约定了，还没开始", PairingState.RUNNING: "正在结对",
    PairingState.ENDED: "到期了", PairingState.STATED: "到期了，年报交齐",
}  # fmt: skip


class NewPledge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pledge; `target` is in fen or heads. Without `first` it begins with the pairing; `last` has to be given."""

    kind: PledgeKind
    target: Annotated[int, Meta(ge=0, le=MAX_TARGET)]
    first: date | None = None
    last: date | None = None


class NewPairing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pairing as it is proposed; both days are included."""

    village_code: Annotated[str, Meta(max_length=12)]
    first: date | None = None
    last: date | None = None
    pledges: Annotated[list[NewPledge], Meta(max_length=MAX_PLEDGES)]


class PairingFields(Struct, frozen=True, kw_only=True):
    """A pairing: of whom, with which village, from when to when, and the years that were stated."""

    id: UUID
    number: int
    organisation_id: UUID
    organisation: str
    village_code: str
    village: str
    county_code: str
    first: date
    last: date
    proposed_at: datetime
    agreed_at: datetime | None
    stated: list[int]


class PledgeTerm(Struct, frozen=True, kw_only=True):
    """A pledge of a pairing."""

    pairing_id: UUID
    kind: PledgeKind
    target: int
    first: date
    last: date


class PairingItem(Struct, frozen=True, kw_only=True):
    """What was done once: an order, a course, a project or a hire; `amount` is in fen or heads."""

    kind: PledgeKind
    on_day: date
    what: str
    amount: int


class CountedItem(PairingItem, frozen=True, kw_only=True):
    """An item with whom it is about: the family that sold or the worker, and how many; nobody reads these."""

    pairing_id: UUID
    subject: UUID | None
    people: int


class PledgeProgress(Struct, frozen=True, kw_only=True):
    """A pledge with what was done: the sum of its items."""

    kind: PledgeKind
    target: int
    first: date
    last: date
    done: int


class Pairing(PairingFields, frozen=True, kw_only=True):
    """A pairing as its organisation and its county see it; `items` are what the figures count."""

    state: PairingState
    pledges: list[PledgeProgress]
    items: list[PairingItem]


class PublicPledge(Struct, frozen=True, kw_only=True):
    """A pledge as anybody sees it: what was done until a quarter's end, null while it would tell of few."""

    kind: PledgeKind
    target: int
    first: date
    last: date
    done: int | None
    until: date | None


class PublicPairing(Struct, frozen=True, kw_only=True):
    """A pairing as anybody sees it."""

    organisation: str
    village_code: str
    village: str
    first: date
    last: date
    state: PairingState
    stated: list[int]
    pledges: list[PublicPledge]


class PairingStatement(Struct, frozen=True, kw_only=True):
    """What a year of a pairing came to, as it was counted when it was stated.

    `first` and `last` of a pledge are the days that were counted; its target is that of its whole term.
    """

    pairing_id: UUID
    year: int
    stated_at: datetime
    pledges: list[PledgeProgress]
    items: list[PairingItem]


class PairingInvalid(Refusal):
    """Fields of a pairing or a pledge are invalid; `errors` lists each."""

    code = "pairing_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the pairing are invalid; see errors."


class PairingOverlap(Refusal):
    """The organisation is paired with the village in these days already."""

    code = "pairing_overlap"
    zh = "这个单位和这个村在这段时间已经结了对。"
    en = "The organisation and the village are paired in these days already."


class PairingOwnSide(Refusal):
    """The side that proposed does not agree to its own proposal."""

    code = "pairing_own_side"
    status = 403
    zh = "您这边提的，要对方来同意。"
    en = "Your side proposed this pairing; the other side agrees to it."


class PairingDecided(Refusal):
    """The pairing was agreed before; what was agreed stays."""

    code = "pairing_decided"
    zh = "已经约定了，不能再改。"
    en = "The pairing was agreed; it does not change any more."


class TooManyProposals(Refusal):
    """The person has `MAX_OPEN_PROPOSALS` proposals that nobody agreed to yet."""

    code = "too_many_pairing_proposals"
    status = 429
    zh = f"您提的还有 {MAX_OPEN_PROPOSALS} 对没有人同意，等一等再提。"
    en = f"{MAX_OPEN_PROPOSALS} of your proposals wait to be agreed to."


class StatementTooEarly(Refusal):
    """The year is not over, or is not one of the pairing's."""

    code = "pairing_statement_too_early"
    zh = "这一年还没过完，或者不在结对的时间里。"
    en = "The year is not over, or not one of the pairing."


class StatedBefore(Refusal):
    """The year was stated; a statement does not change."""

    code = "pairing_stated_before"
    zh = "这一年的年报交过了，不能改。"
    en = "The year was stated before."

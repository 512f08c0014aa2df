"""What officials send with the steps and decisions of a month."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from market.subsidies.models import CycleState
from market.subsidies.month.cycles import MAX_OPINION_LENGTH


class FindingDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision on a finding: the lines to `pay` and those to keep stopped, each line in one of them.

    `seen` is the `facts_at` of the finding as it was read: if it was calculated again since, it is read again first.
    """

    check: Annotated[str, Meta(max_length=60)]
    subject: Annotated[str, Meta(max_length=400)]
    why: Annotated[str, Meta(max_length=500)]
    pay: Annotated[list[str], Meta(max_length=200)] = []
    stop: Annotated[list[str], Meta(max_length=200)] = []
    seen: Annotated[datetime, Meta(tz=True)] | None = None


class StepRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes with a step: the official's opinion, and whether a calculation may void approvals."""

    opinion: Annotated[str, Meta(max_length=MAX_OPINION_LENGTH)] = ""
    void_approvals: bool = False


class ReturnRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a month is returned, and to which state; by default to the one before."""

    why: Annotated[str, Meta(max_length=MAX_OPINION_LENGTH)]
    to: CycleState | None = None


class HoldRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a line is held."""

    why: Annotated[str, Meta(max_length=MAX_OPINION_LENGTH)]

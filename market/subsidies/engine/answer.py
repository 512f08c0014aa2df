"""The answer to a case: the lines and totals of the JSON contract, and the payable days behind them."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date
from operator import attrgetter

import msgspec
from msgspec import Struct

from market.subsidies.engine.models import Funder
from market.subsidies.engine.reasons import CauseCode, ReasonCode
from market.subsidies.engine.steps import Step
from payments.money import Fen


class ContractLine(Struct, frozen=True, gc=False, kw_only=True):
    """A line of the answer, as in the JSON contract and the result hash; `trace` is the steps in English."""

    id: str
    entitled_fen: Fen
    funded_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    adjustment_fen: Fen | None
    reasons: tuple[ReasonCode, ...]
    removed_on: date | None
    trace: tuple[str, ...]


class AnswerLine(ContractLine, frozen=True, gc=False, kw_only=True):
    """What one line gets for the month, who bears it, why, and how it was calculated.

    `causes` are those of `REDUCED`, empty without it. `payable_households` are those of the payable days, in order,
    without duplicates. None of these fields is part of the contract.
    """

    causes: tuple[ReasonCode | CauseCode, ...] = ()
    payable_days: int = 0
    payable_households: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Totals(Struct, frozen=True, gc=False, kw_only=True):
    """The sums of all lines; `adjustment_fen` is the sum of the lines settled before."""

    entitled_fen: Fen
    funded_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    adjustment_fen: Fen


class Answer(Struct, frozen=True, gc=False):
    """The month's result; lines are in the order of their ids, by code point.

    `numbers` has a number for each line; lines of one number differ only in their ids and households.
    """

    month: str
    manifest_sha256: str
    result_sha256: str
    lines: tuple[AnswerLine, ...]
    totals: Totals
    numbers: tuple[int, ...]

    def line(self, line_id: str) -> AnswerLine:
        """Return the line's answer.

        Raises:
            KeyError: the case has no such line.
        """
        at = bisect_left(self.lines, line_id, key=attrgetter("id"))
        if at == len(self.lines) or self.lines[at].id != line_id:
            raise KeyError(line_id)
        return self.lines[at]

    def to_json(self) -> bytes:
        """Return the answer as JSON in the shape of the contract, indented for people."""
        contract = {
            "month": self.month,
            "manifest_sha256": self.manifest_sha256,
            "result_sha256": self.result_sha256,
            "lines": [to_contract(line) for line in self.lines],
            "totals": self.totals,
        }
        return msgspec.json.format(msgspec.json.encode(contract), indent=1)


_CONTRACT_KEYS = ContractLine.__struct_fields__
_get_contract_values = attrgetter(*_CONTRACT_KEYS)


def to_contract(line: AnswerLine) -> dict[str, object]:
    """Return the fields of a line that the contract has."""
    return dict(zip(_CONTRACT_KEYS, _get_contract_values(line), strict=True))

"""The filters of the list of findings: month, state, check, owner, township, operator and household."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct, structs

from market.kernel import Query
from market.service.web.desk.context import DeskContext
from market.service.web.forms import PostedForm, parse_integer
from market.subsidies.findings.check_table import CHECKS, OWNER_NAMES
from market.subsidies.names import CHECK_NAMES, OPERATOR_NAMES

_MAX_OFFSET = 100_000
_STATES = {"open": "待处理", "decided": "已处理"}
OWNERS = {str(owner): name for owner, name in OWNER_NAMES.items()}
OPERATORS = {str(operator): name for operator, name in OPERATOR_NAMES.items()}


class Township(Struct, frozen=True):
    """A township to choose."""

    code: str
    name: str


LIST_TOWNSHIPS = Query(
    Township,
    """
    SELECT truncate_code(code, 4) AS code, name FROM divisions
     WHERE county_code = :county AND level = 4
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(code, division) OR starts_with(division, truncate_code(code, 4)))
     ORDER BY code LIMIT 200
    """,
)


class FindingFilter(Struct, frozen=True, kw_only=True):
    """The filters of the list, each empty for all; `opened` is the finding whose decision form is open."""

    month: str = ""
    state: str = ""
    check: str = ""
    owner: str = ""
    township: str = ""
    operator: str = ""
    household: str = ""
    skip: int = 0
    opened: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str], *, skip: int) -> Self:
        """Return the filters in a URL; values that are none of the choices count as empty."""
        township = values.get("township", "")
        return cls(
            month=values.get("month", ""),
            state=_choose(values.get("state", ""), _STATES),
            check=_choose(values.get("check", ""), CHECK_NAMES),
            owner=_choose(values.get("owner", ""), OWNERS),
            township=township if township.isdecimal() and len(township) <= 12 else "",
            operator=_choose(values.get("operator", ""), OPERATORS),
            household=values.get("household", "")[:40].upper(),
            skip=skip,
            opened=values.get("open", "")[:36],
        )

    @classmethod
    def read_form(cls, form: PostedForm) -> Self:
        """Return the filters that a form keeps; a decided finding may leave the list, and shifts the others by one."""
        names = {"month": "listed", "check": "kind", "open": "opened", "owner": "by", "state": "state"}
        kept = {name: form.get_text(names.get(name, name)) for name in (*names, "township", "operator", "household")}
        return cls.read(kept, skip=parse_integer(form.get_text("skip"), maximum=_MAX_OFFSET) or 0)

    def to(self, desk: DeskContext, **changed: str | int) -> str:
        """Return the URL of the list with these filters."""
        kept: dict[str, str | int] = structs.asdict(self)
        kept.pop("opened")
        return desk.to("/desk/findings", **(kept | changed))

    def list_checks(self) -> list[str] | None:
        """Return the checks to list, None for all."""
        if not self.check and not self.owner:
            return None
        return [
            code
            for code, check in CHECKS.items()
            if self.check in {"", code} and (not self.owner or check.owner == self.owner)
        ]


def list_states() -> list[tuple[str, str]]:
    """Return the choices of the state."""
    return [("", "全部"), *_STATES.items()]


def _choose(text: str, known: Mapping[str, str]) -> str:
    return text if text in known else ""

"""The columns of sums that pages, forms and files show of a month."""

from typing import Literal

from msgspec import Struct

type Shape = Literal["text", "count", "fen"]


class SumColumn(Struct, frozen=True):
    """A column of sums: its header, its field in the row, and whether the field is money."""

    header: str
    field: str
    money: bool = True


class SumTable(Struct, frozen=True):
    """A table of sums, defined once for its header, its cells and the template; the first column names the row."""

    first_header: str
    columns: tuple[SumColumn, ...]

    @property
    def head(self) -> list[str]:
        """The headers."""
        return [self.first_header, *(column.header for column in self.columns)]

    @property
    def money(self) -> list[int]:
        """The indexes of the columns of money."""
        return [at for at, column in enumerate(self.columns, 1) if column.money]

    @property
    def shapes(self) -> list[Shape]:
        """The shape of each column, as forms and workbooks write them."""
        return ["text", *("fen" if column.money else "count" for column in self.columns)]

    def get_cells(self, row: Struct) -> list[int]:
        """Return the cells of a row after the first."""
        return [int(getattr(row, column.field)) for column in self.columns]


DRILLDOWN_TABLE = SumTable(
    "地方",
    (
        SumColumn("核定", "approved_fen"),
        SumColumn("核减", "over_fen"),
        SumColumn("申请", "claimed_fen"),
        SumColumn("应补", "entitled_fen"),
        SumColumn("补贴", "public_fen"),
        SumColumn("业务", "lines", money=False),
    ),
)
MONTHS_TABLE = SumTable(
    "账期",
    (
        SumColumn("核定", "approved_fen"),
        SumColumn("核减", "over_fen"),
        SumColumn("申请", "claimed_fen"),
        SumColumn("让利", "conceded_fen"),
        SumColumn("财政补贴", "public_fen"),
        SumColumn("业务", "lines", money=False),
    ),
)
CLAIM_TABLE = SumTable(
    "运营商",
    (
        SumColumn("业务数", "lines", money=False),
        SumColumn("申请数", "claims", money=False),
        SumColumn("应补", "entitled_fen"),
        SumColumn("申请", "claimed_fen"),
        SumColumn("核减", "over_fen"),
        SumColumn("少报", "under_fen"),
        SumColumn("核定", "approved_fen"),
    ),
)
"""Entitled sums beside claimed ones."""
APPROVAL_TABLE = SumTable(
    "运营商",
    (
        *CLAIM_TABLE.columns,
        SumColumn("运营商让利", "conceded_fen"),
        SumColumn("财政补贴", "public_fen"),
        SumColumn("待安排", "unfunded_fen"),
    ),
)

"""Versions of the bindings that a county has: the person, device, SIM and number of a line, and from when."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.imports.differences import format_optional
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind

BINDING_IDENTITY_CONTEXT = "bindings.identity"


class Binding(Struct, frozen=True, gc=False, kw_only=True):
    """One version of a line's binding."""

    line: str
    operator: Operator
    kind: ServiceKind
    number: str
    identity_index: bytes
    identity_sealed: bytes | None
    plan: str
    device: str | None
    sim: str | None
    start: date
    until: date | None
    change: str
    realname: str


class BindingRow(Binding, frozen=True, gc=False, kw_only=True):
    """A row of a bindings file."""

    row: int


class _StoredBinding(Struct, frozen=True, gc=False, kw_only=True):
    line: str
    operator: Operator
    kind: ServiceKind
    number_sealed: bytes
    identity_index: bytes
    identity_sealed: bytes | None
    plan: str
    device_sealed: bytes | None
    sim_sealed: bytes | None
    start: date
    until: date | None
    change: str
    realname: str


_COLUMNS = """
    SELECT line_code AS line, operator, kind, n.value_sealed AS number_sealed, identity_index, identity_sealed,
           plan_code AS plan, d.value_sealed AS device_sealed, s.value_sealed AS sim_sealed,
           lower(valid_during) AS start, upper(valid_during) AS until, change, realname
      FROM bindings
      JOIN identifiers n ON n.id = number_id
      LEFT JOIN identifiers d ON d.id = device_id
      LEFT JOIN identifiers s ON s.id = sim_id
"""
LIST_BINDINGS = Query(
    _StoredBinding, _COLUMNS + """ WHERE county_code = :county ORDER BY line_code COLLATE "C", valid_during"""
)
LIST_BINDINGS_OF_LINE = Query(
    _StoredBinding, _COLUMNS + " WHERE county_code = :county AND line_code = :line ORDER BY valid_during"
)


async def list_bindings(conn: Connection, seal: Seal, county: str, line: str | None = None) -> list[Binding]:
    """Return the versions of a county's bindings, or of one line's, by line and day."""
    if line is None:
        rows = await LIST_BINDINGS.all(conn, county=county)
    else:
        rows = await LIST_BINDINGS_OF_LINE.all(conn, county=county, line=line)

    def unseal(sealed: bytes | None) -> str | None:
        return None if sealed is None else seal.open(sealed, IDENTIFIER_CONTEXT)

    return [
        build_from(
            Binding,
            row,
            number=seal.open(row.number_sealed, IDENTIFIER_CONTEXT),
            device=unseal(row.device_sealed),
            sim=unseal(row.sim_sealed),
        )
        for row in rows
    ]


def get_binding_cells(binding: Binding, identity: str = "") -> dict[str, str]:
    """Return a binding as the cells of its row; without `identity` its cell is the blind index, for comparison."""
    return {
        "line": binding.line,
        "operator": OPERATOR_NAMES[binding.operator],
        "kind": KIND_NAMES[binding.kind],
        "number": binding.number,
        "identity": identity or binding.identity_index.hex(),
        "plan": binding.plan,
        "device": binding.device or "",
        "sim": binding.sim or "",
        "valid_from": str(binding.start),
        "valid_until": format_optional(binding.until),
        "change": binding.change,
        "realname": binding.realname,
    }

"""Build a Struct from one that has fields and properties of the same names.

To copy every field, use `msgspec.convert(source, kind, from_attributes=True)`, which also checks the types.
"""

from functools import cache

from msgspec import Struct


def build_from[T: Struct](kind: type[T], source: Struct, **fields: object) -> T:
    """Return a `kind` with `fields`, and all other fields from the attributes of `source` with the same name.

    Raises:
        TypeError: a field without a default is in neither `fields` nor `source`, or `kind` has no such field.
    """
    copied = {name: getattr(source, name) for name in _list_shared_names(kind, type(source)) if name not in fields}
    return kind(**copied, **fields)


@cache
def _list_shared_names(kind: type[Struct], source: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if hasattr(source, name))

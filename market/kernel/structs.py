"""Build a Struct from an object that has attributes of the same names.

To copy every field, use `msgspec.convert(source, kind, from_attributes=True)`, which also checks the types.
"""

from msgspec import Struct


def build_from[T: Struct](kind: type[T], source: object, **fields: object) -> T:
    """Return a `kind` with `fields`, and all other fields from the attributes of `source` with the same name.

    Raises:
        TypeError: a field without a default is in neither `fields` nor `source`, or `kind` has no such field.
    """
    copied = {
        name: getattr(source, name) for name in kind.__struct_fields__ if name not in fields and hasattr(source, name)
    }
    return kind(**copied, **fields)

"""A number of four digits for every refusal code, short enough to be read out on the phone."""

from zlib import crc32

from payments.errors import Refusal

_SALT = "0"
_FIRST, _COUNT = 1000, 9000
_CHOSEN = {
    "coupon_closed": 3055, "agreement_missing": 6086, "too_many_objections": 6087,
    "applied_before": 6088, "clawback_invalid": 6089, "line_consent_withdrawn": 6090,
}  # fmt: skip
"""Numbers of codes whose computed number another code has already; a number once shown is never changed."""


def get_refusal_number(code: str) -> str:
    """Return the number of a refusal code: the same on every page, on every day."""
    return str(_CHOSEN.get(code, _FIRST + crc32(f"{_SALT}{code}".encode()) % _COUNT))


def list_refusals() -> dict[str, type[Refusal]]:
    """Return every refusal that the process has loaded, by its number."""
    found: dict[str, type[Refusal]] = {}
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind is not Refusal:
            found[get_refusal_number(kind.code)] = kind
    return dict(sorted(found.items()))

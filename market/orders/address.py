"""Where an order goes: read, checked, and sealed before anything is kept."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from market.kernel import FieldFault, Refusal
from market.kernel.seal import Seal
from market.kernel.text import clean, clean_phone

CONTEXT = "orders.address"
_REGION = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}(\d{6})?")
_NAME, _STREET = 40, 120


class Address(Struct, frozen=True, forbid_unknown_fields=True):
    """Who receives, and where; for nights alone the guest and the region suffice.

    `region_code` is the six-digit division code of the county or city (GB/T 2260); twelve digits are taken too.
    """

    name: Annotated[str, Meta(max_length=_NAME)]
    phone: Annotated[str, Meta(max_length=30)]
    region_code: Annotated[str, Meta(max_length=12)]
    street: Annotated[str, Meta(max_length=_STREET)] = ""


class Destination(Struct, frozen=True):
    """An address as an order keeps it: the region in the open, the rest sealed; `digest` tells one from another."""

    region_code: str
    sealed: bytes
    digest: bytes


class AddressWrong(Refusal):
    """Fields of the address are missing or wrong; each is named."""

    code = "address_wrong"
    status = 422
    zh = "收货信息有几处要改。"
    en = "The address needs another look; see errors."


def check_address(address: Address, *, parcel: bool) -> Address:
    """Return the address with its text cleaned; a parcel needs a street too.

    Raises:
        AddressWrong: fields are missing or wrong, all of them named.
    """
    name, street, region = clean(address.name), clean(address.street), clean(address.region_code)
    phone = clean_phone(address.phone)
    faults: list[FieldFault] = []
    if not name:
        faults.append(FieldFault("address.name", "请写收货人姓名"))
    if phone is None:
        faults.append(FieldFault("address.phone", "请写 11 位手机号"))
    if not _REGION.fullmatch(region):
        faults.append(FieldFault("address.region_code", "请选省市区，六位行政区划代码"))
    if parcel and not street:
        faults.append(FieldFault("address.street", "请写详细地址"))
    if faults or phone is None:
        raise AddressWrong(errors=tuple(faults))
    return Address(name, phone, region[:6], street)


def seal_address(seal: Seal, address: Address, *, parcel: bool = True) -> Destination:
    """Check an address and seal it.

    Raises:
        AddressWrong: fields are missing or wrong, all of them named.
    """
    checked = check_address(address, parcel=parcel)
    text = msgspec.json.encode(checked).decode()
    return Destination(checked.region_code, seal.seal(text, CONTEXT), seal.index(text))


def open_address(seal: Seal, sealed: bytes) -> Address | None:
    """Open the address of an order; None where it was placed without one."""
    if not sealed:
        return None
    return msgspec.json.decode(seal.open(sealed, CONTEXT), type=Address)

"""Delivery addresses: validated, and encrypted before they are stored."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from market.kernel import FieldFault, Refusal
from market.kernel.division_codes import get_county_code
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text, normalize_phone
from market.sales.coupons.vouchers import UNKNOWN_RECIPIENT, Recipient
from market.sales.pickup_points.models import PickupPoint

ADDRESS_CONTEXT = "orders.address"
_REGION = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}(\d{6})?")
_MAX_NAME_LENGTH, _MAX_STREET_LENGTH = 40, 120


class Address(Struct, frozen=True, forbid_unknown_fields=True):
    """The recipient and the address; an order of stays only needs no street.

    `region_code` is the six-digit division code of the county or city (GB/T 2260); twelve digits are accepted too.
    """

    name: Annotated[str, Meta(max_length=_MAX_NAME_LENGTH)]
    phone: Annotated[str, Meta(max_length=30)]
    region_code: Annotated[str, Meta(max_length=12)]
    street: Annotated[str, Meta(max_length=_MAX_STREET_LENGTH)] = ""


class Destination(Struct, frozen=True):
    """An address as an order stores it: the region in plain text, the whole encrypted, and a digest for comparison.

    The recipient, who may be the seller of what a voucher is used for, is not stored. Without a street no parcel can be
    sent there.
    """

    region_code: str
    sealed: bytes
    digest: bytes
    recipient: Recipient = UNKNOWN_RECIPIENT
    has_street: bool = True


class InvalidAddress(Refusal):
    """Fields of the address are missing or invalid; `errors` lists each."""

    code = "address_wrong"
    status = 422
    zh = "收货信息有几处要改。"
    en = "Some address fields are missing or invalid; see errors."


def check_address(address: Address, *, parcel: bool) -> Address:
    """Return the address with its fields cleaned; a parcel requires a street.

    Raises:
        InvalidAddress: fields are missing or invalid; all are reported.
    """
    name, street, region = clean_text(address.name), clean_text(address.street), clean_text(address.region_code)
    phone = normalize_phone(address.phone)
    faults: list[FieldFault] = []
    if not name:
        faults.append(FieldFault("address.name", say("请写收货人姓名")))
    for field, text, most in (("name", name, _MAX_NAME_LENGTH), ("street", street, _MAX_STREET_LENGTH)):
        if len(text) > most:
            faults.append(FieldFault(f"address.{field}", say("最多 {0} 字", most)))
    if phone is None:
        faults.append(FieldFault("address.phone", say("请填 11 位手机号，13 到 19 开头")))
    if not _REGION.fullmatch(region):
        faults.append(FieldFault("address.region_code", say("请选省市区，六位行政区划代码")))
    if parcel and not street:
        faults.append(_make_street_fault())
    if faults or phone is None:
        raise InvalidAddress(errors=tuple(faults))
    return Address(name, phone, get_county_code(region), street)


def seal_address(seal: Seal, address: Address, *, parcel: bool = True) -> Destination:
    """Validate an address and encrypt it.

    Raises:
        InvalidAddress: fields are missing or invalid; all are reported.
    """
    checked = check_address(address, parcel=parcel)
    text = msgspec.json.encode(checked).decode()
    return Destination(
        checked.region_code,
        seal.seal(text, ADDRESS_CONTEXT),
        seal.index(text),
        recipient=Recipient(seal.index(checked.phone), checked.name),
        has_street=bool(checked.street),
    )


def require_street(destination: Destination) -> None:
    """Require that parcels can be sent to a destination.

    Raises:
        InvalidAddress: its address has no street.
    """
    if not destination.has_street:
        raise InvalidAddress(errors=(_make_street_fault(),))


def _make_street_fault() -> FieldFault:
    return FieldFault("address.street", say("请写详细地址"))


def address_to_point(address: Address, point: PickupPoint) -> Address:
    """Return the address of parcels that this recipient picks up at a point."""
    return Address(address.name, address.phone, point.county_code, f"{point.name}（自提），{point.address}")


def open_address(seal: Seal, sealed: bytes) -> Address | None:
    """Return the decrypted address of an order, or None if it was placed without one."""
    if not sealed:
        return None
    return msgspec.json.decode(seal.open(sealed, ADDRESS_CONTEXT), type=Address)

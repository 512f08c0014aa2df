"""Contacts of the sample: the demo county's desk, and the station of the demo farmer's village."""

from market.kernel.division_codes import pad_code
from market.service.demo.sample.accounts import DEMO_COUNTY, OFFICIAL_POSTS
from market.service.demo.sample.copy_rows import CopyRow
from market.service.demo.sample.identities import OFFICIAL_PHONES, make_phone

_OFFICE_HOURS = "周一到周五 8:30 到 17:30"
_FIRST_OFFICE_PHONE = 101
"""The phones of offices are public, unlike those of the officials themselves."""


class ContactCopyRow(CopyRow, frozen=True):
    """A contact of a division."""

    table = "contacts"
    division_code: str
    name: str
    phone: str
    hours: str


def list_sample_contacts(village_code: str) -> list[ContactCopyRow]:
    """Return the contacts of the demo county, which are officials of the demo; no other county has one."""
    names = {post.handle: post.name for post in OFFICIAL_POSTS}
    offices = enumerate({"gan": pad_code(DEMO_COUNTY), "cun": village_code}.items(), _FIRST_OFFICE_PHONE)
    return [
        ContactCopyRow(place, names[handle], make_phone(OFFICIAL_PHONES, number), _OFFICE_HOURS)
        for number, (handle, place) in offices
    ]

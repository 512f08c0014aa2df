"""Read posted forms: text, numbers, sums, days and files. All faults are reported at once, by field."""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import cast
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from market.kernel import Fen, FieldFault, Refusal
from market.kernel.language import get_language, say
from market.kernel.text import clean_text, normalize_text, remove_separators
from market.people.identity.models import Actor, NotFound
from market.people.storage.photos import BadPhoto, PhotoId, PhotoPurpose
from market.people.storage.uploads import store_photo
from market.service.http import HttpRequest
from market.service.web.csrf import check_form_token, check_origin
from market.service.web.services import get_services
from payments.money import BASIS_POINTS, parse_percent, parse_yuan

MAX_INTEGER = 2**62
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_MAX_DIGITS = 19
_ZERO = Fen(0)
_MAX_YUAN_FEN = 10_000_000_00
"""Sums from ten million yuan on are taken for a mistyped figure."""
_KILOGRAMS = re.compile(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,3}))?", re.ASCII)


class InvalidForm(Refusal):
    """Fields of a form are missing or malformed; `errors` lists them."""

    code = "invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields need another look."


def parse_integer(text: str, *, maximum: int = MAX_INTEGER) -> int | None:
    """Parse a whole number from 0 to `maximum` as a person types it, `12`, `１２` or `1,200`, or return None."""
    written = remove_separators(normalize_text(text))
    valid = written.isascii() and written.isdecimal() and len(written) <= _MAX_DIGITS
    return int(written) if valid and int(written) <= maximum else None


def parse_typed_yuan(text: str) -> Fen | None:
    """Parse a sum as a person types it, `39`, `３９．５` or `¥1,200`, into fen, or return None, as for `80,5`."""
    fen = parse_yuan(normalize_text(text).removeprefix("¥").removesuffix("元"))
    return fen if fen is not None and 0 <= fen < _MAX_YUAN_FEN else None


def parse_kilograms(text: str, *, maximum_g: int = 999_999) -> int | None:
    """Parse a weight in kilograms above zero, such as `1,200.5`, into grams, at most `maximum_g`, or return None."""
    match = _KILOGRAMS.fullmatch(normalize_text(text))
    grams = 0 if match is None else int(match[1].replace(",", "")) * 1000 + int((match[2] or "").ljust(3, "0"))
    return grams if 0 < grams <= maximum_g else None


def parse_day(text: str) -> date | None:
    """Parse `2019-10-03`, or return None; a year outside 1900 to 2999 is a typing error, and 9999 has no next day."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def parse_time(text: str) -> datetime | None:
    """Parse a time with its zone, as pages send it back, or return None."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time if time.tzinfo and _FIRST_YEAR <= time.year <= _LAST_YEAR else None


def parse_uuid(text: str) -> UUID | None:
    """Parse an id, or return None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def parse_id(text: str) -> UUID:
    """Parse the id of a thing in an address.

    Raises:
        NotFound: it is no id, so there is no such thing.
    """
    found = parse_uuid(text)
    if found is None:
        raise NotFound
    return found


def make_form_key() -> str:
    """Return a random idempotency key for a new form."""
    return secrets.token_urlsafe(18)


class PostedForm:
    """A posted form.

    The `read_…` methods check a field: if it is missing or malformed, they add a fault to `faults` and return an empty
    value (0, or None for an optional field). Check `faults` after reading the last field.
    """

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.fields = fields
        self.faults: list[FieldFault] = []
        self.key = self.get_text("key") or make_form_key()
        """The idempotency key that the form carries; a new one if it carries none."""
        self.draft = self.get_text("draft")
        """The name of the form's draft on the phone, which draft.js sends; empty without scripts."""

    def get_text(self, name: str) -> str:
        """Return a field's text, empty if it was not sent; the first value if it was sent several times."""
        values = self.get_texts(name)
        return values[0] if values else ""

    def get_texts(self, name: str) -> list[str]:
        """Return all values sent under a name, such as those of check boxes."""
        return [value for value in self._get_values(name) if isinstance(value, str)]

    def get_files(self, name: str) -> list[UploadFile]:
        """Return the files chosen in a field."""
        return [value for value in self._get_values(name) if isinstance(value, UploadFile)]

    def fill[T: msgspec.Struct](self, kind: type[T]) -> T:
        """Return the form as it was typed, to show it again: text fields, and lists of check boxes.

        A field whose name on the page is no name in Python is renamed in `kind`.
        """
        return kind(
            **{
                field.name: (self.get_texts if field.type == list[str] else self.get_text)(field.encode_name)
                for field in msgspec.structs.fields(kind)
            }
        )

    def add_fault(self, name: str, message: str) -> None:
        """Add a fault for a field."""
        self.faults.append(FieldFault(name, message))

    def read_text(self, name: str, *, missing: str = "", max_length: int | None = None, too_long: str = "") -> str:
        """Read text; a fault if it is empty and `missing` is given, or longer than `max_length` characters."""
        text = self.get_text(name)
        if missing and not text:
            self.add_fault(name, missing)
        if max_length is not None and len(text) > max_length:
            self.add_fault(name, too_long)
        return text

    def read_integer(self, name: str, *, fault: str, minimum: int = 0, maximum: int = MAX_INTEGER) -> int:
        """Read a whole number from `minimum` to `maximum`."""
        number = parse_integer(self.get_text(name), maximum=maximum)
        if number is None or number < minimum:
            self.add_fault(name, fault)
            return 0
        return number

    def read_yuan(
        self, name: str, *, fault: str, missing: str = "", minimum: Fen = _ZERO, maximum: Fen | None = None
    ) -> Fen:
        """Read a sum in yuan, from `minimum` to `maximum` fen; `missing` is the fault if the field is empty."""
        text = self.get_text(name)
        sum_fen = parse_typed_yuan(text)
        if sum_fen is None or sum_fen < minimum or (maximum is not None and sum_fen > maximum):
            self.add_fault(name, fault if text else missing or fault)
            return Fen(0)
        return sum_fen

    def read_optional_yuan(
        self, name: str, *, fault: str, minimum: Fen = _ZERO, maximum: Fen | None = None
    ) -> Fen | None:
        """Read a sum in yuan; None if the field is empty."""
        return self.read_yuan(name, fault=fault, minimum=minimum, maximum=maximum) if self.get_text(name) else None

    def read_kilograms(self, name: str, *, fault: str) -> int:
        """Read a weight in kilograms, into grams."""
        grams = parse_kilograms(self.get_text(name))
        if grams is None:
            self.add_fault(name, fault)
            return 0
        return grams

    def read_percent(self, name: str, *, fault: str) -> int:
        """Read a percentage from 0 to 100 with at most two decimals, into basis points; an empty field is 0."""
        share_bp = parse_percent(self.get_text(name).rstrip("%").strip() or "0")
        if share_bp is None or not 0 <= share_bp <= BASIS_POINTS:
            self.add_fault(name, fault)
            return 0
        return share_bp

    def read_day(self, name: str, *, fault: str) -> date | None:
        """Read a day, `2027-05-01`; None if it is missing or malformed, which is a fault."""
        day = parse_day(self.get_text(name))
        if day is None:
            self.add_fault(name, fault)
        return day

    def read_optional_day(self, name: str, *, fault: str) -> date | None:
        """Read a day, `2027-05-01`; None if the field is empty."""
        return self.read_day(name, fault=fault) if self.get_text(name) else None

    def read_uuid(self, name: str, *, fault: str) -> UUID | None:
        """Read the id in a hidden field or of a button; None if it is missing or malformed, which is a fault."""
        parsed = parse_uuid(self.get_text(name))
        if parsed is None:
            self.add_fault(name, fault)
        return parsed

    def read_optional_uuid(self, name: str, *, fault: str) -> UUID | None:
        """Read an id; None if the field is empty."""
        return self.read_uuid(name, fault=fault) if self.get_text(name) else None

    def refuse_faults(self) -> None:
        """Refuse the form if a field has a fault, where no page shows the form again.

        Raises:
            InvalidForm: fields are missing or malformed; all are listed.
        """
        if self.faults:
            raise InvalidForm(errors=tuple(self.faults))

    async def store_photo(self, request: HttpRequest, actor: Actor, name: str, purpose: PhotoPurpose) -> PhotoId | None:
        """Decode and store the photo of a field and return its id; None if none was chosen.

        Call it outside of any transaction: decoding takes half a second.

        Raises:
            BadPhoto: the file is not an accepted photo, or the person sent too many today.
        """
        chosen = self.get_files(name)
        content = await chosen[0].read() if chosen else b""
        if not content:
            return None
        services = get_services(request)
        now = services.clock.now()
        return (await store_photo(services.db, services.files, actor.account_id, content, purpose, now=now)).id

    async def store_photos(
        self, request: HttpRequest, actor: Actor, names: Sequence[str], purpose: PhotoPurpose
    ) -> list[PhotoId]:
        """Decode and store the photos of several fields; a fault is added at the field of one that is refused."""
        ids: list[PhotoId] = []
        for name in names:
            try:
                photo_id = await self.store_photo(request, actor, name, purpose)
            except BadPhoto as refusal:
                self.add_fault(name, refusal.text(get_language()))
                continue
            ids += [photo_id] if photo_id else []
        return ids

    def _get_values(self, name: str) -> list[object]:
        value = self.fields.get(name, [])
        return cast("list[object]", value) if isinstance(value, list) else [value]


async def read_form(request: HttpRequest, *, as_typed: Collection[str] = (), token: bool = True) -> PostedForm:
    """Read a posted form: text is cleaned, files stay files, a repeated field is a list.

    The fields in `as_typed` are only stripped. Without `token`, for forms on pages in shared caches, only the origin is
    checked.

    Raises:
        ForeignForm: the form lacks this visitor's token, or another site sent it.
    """
    data = await request.form()
    check_origin(request)
    if token:
        check_form_token(request, data.get("csrf"))
    fields: dict[str, object] = {}
    for name in dict.fromkeys(data.keys()):
        clean = str.strip if name in as_typed else clean_text
        values = [value if isinstance(value, UploadFile) else clean(str(value)) for value in data.getall(name)]
        fields[name] = values[0] if len(values) == 1 else values
    fields.pop("csrf", None)
    return PostedForm(fields)


def label_photos(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the fields of the photos of a form with their labels."""
    return [(name, say("照片") if at == 0 else say("再来一张")) for at, name in enumerate(names)]


def rename_faults(refusal: Refusal, names: Mapping[str, str], *, otherwise: str) -> list[FieldFault]:
    """Return a refusal's faults by the form's field names; a refusal without fields is reported at `otherwise`."""
    faults = [FieldFault(names.get(fault.field, fault.field), fault.message) for fault in refusal.errors]
    return faults or [FieldFault(otherwise, refusal.text(get_language()))]

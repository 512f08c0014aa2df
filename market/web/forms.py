"""The one reader of posted forms: text, numbers, sums, days and files, all faults at once under their fields' names."""

import re
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from market.http import HttpRequest
from market.kernel import Fen, FieldFault, Refusal
from market.kernel.text import clean_text
from market.storage.files import FileStore
from market.storage.photos import PhotoPurpose, PreparedPhoto, prepare_photo
from market.web.csrf import check_form_token, check_origin

MAX_INTEGER = 2**62
_MAX_DIGITS = 19
_ZERO = Fen(0)
_YUAN = re.compile(r"(\d{1,7})(?:\.(\d{1,2}))?")
_KILOGRAMS = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?")


class InvalidForm(Refusal):
    """Fields of a form are missing or malformed; `errors` names each."""

    code = "invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields need another look."


def parse_integer(text: str, *, maximum: int = MAX_INTEGER) -> int | None:
    """Parse a whole number from 0 to `maximum`, or return None."""
    written = text.strip()
    valid = written.isascii() and written.isdecimal() and len(written) <= _MAX_DIGITS
    return int(written) if valid and int(written) <= maximum else None


def parse_yuan(text: str) -> Fen | None:
    """Parse a sum as a person types it, `39`, `39.5` or `¥1,200`, into fen, or return None."""
    match = _YUAN.fullmatch(text.strip().removeprefix("¥").removesuffix("元").replace(",", ""))
    return None if match is None else Fen(int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")))


def parse_kilograms(text: str) -> int | None:
    """Parse a weight above zero, `1` or `2.5` kilograms, into grams, or return None."""
    match = _KILOGRAMS.fullmatch(text.strip())
    return None if match is None else int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")) or None


def parse_day(text: str) -> date | None:
    """Parse `2019-10-03`, or return None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def parse_uuid(text: str) -> UUID | None:
    """Parse an id, or return None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def make_form_key() -> str:
    """Return a random idempotency key for a new form."""
    return secrets.token_urlsafe(18)


class PostedForm:
    """A posted form.

    The `read_…` methods check a field: they collect a fault in `faults` where it is missing or malformed, and return an
    empty value then (0, or None where the field is optional). Check `faults` after the last field was read.
    """

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.fields = fields
        self.faults: list[FieldFault] = []
        self.key = self.get_text("key") or make_form_key()
        """The idempotency key that the form carries; a new one if it carries none."""

    def get_text(self, name: str) -> str:
        """Return a field's text, empty if it was not sent; the first value if it was sent several times."""
        values = self.get_texts(name)
        return values[0] if values else ""

    def get_texts(self, name: str) -> list[str]:
        """Return all values sent under a name, as check boxes send them."""
        return [value for value in self._get_values(name) if isinstance(value, str)]

    def get_files(self, name: str) -> list[UploadFile]:
        """Return the files chosen in a field."""
        return [value for value in self._get_values(name) if isinstance(value, UploadFile)]

    def fill[T: msgspec.Struct](self, kind: type[T]) -> T:
        """Return the form as it was typed, to show it again: text fields, and lists of check boxes."""
        return kind(
            **{
                field.name: self.get_texts(field.name) if field.type == list[str] else self.get_text(field.name)
                for field in msgspec.structs.fields(kind)
            }
        )

    def add_fault(self, name: str, message: str) -> None:
        """Record that a field is wrong."""
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
        sum_fen = parse_yuan(text)
        if sum_fen is None or sum_fen < minimum or (maximum is not None and sum_fen > maximum):
            self.add_fault(name, fault if text else missing or fault)
            return Fen(0)
        return sum_fen

    def read_optional_yuan(self, name: str, *, fault: str, minimum: Fen, maximum: Fen) -> Fen | None:
        """Read a sum in yuan; None if the field is empty."""
        return self.read_yuan(name, fault=fault, minimum=minimum, maximum=maximum) if self.get_text(name) else None

    def read_kilograms(self, name: str, *, fault: str) -> int:
        """Read a weight in kilograms, into grams."""
        grams = parse_kilograms(self.get_text(name))
        if grams is None:
            self.add_fault(name, fault)
            return 0
        return grams

    def read_optional_day(self, name: str, *, fault: str) -> date | None:
        """Read a day, `2027-05-01`; None if the field is empty."""
        text = self.get_text(name)
        day = parse_day(text)
        if text and day is None:
            self.add_fault(name, fault)
        return day

    def convert[T: msgspec.Struct](self, kind: type[T]) -> T:
        """Return the fields as a Struct; empty text counts as not sent, and numbers may be text.

        Raises:
            InvalidForm: fields are missing or malformed; it names each of them.
        """
        sent = {name: value for name, value in self.fields.items() if value != ""}
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(kind):
            if field.name not in sent:
                if field.required:
                    self.add_fault(field.name, "这一项要填")
                continue
            try:
                values[field.name] = msgspec.convert(sent[field.name], field.type, strict=False)
            except msgspec.ValidationError as error:
                self.add_fault(field.name, str(error).partition(" - at ")[0])
        if self.faults:
            raise InvalidForm(errors=tuple(self.faults))
        return kind(**values)

    async def read_photo(self, files: FileStore, name: str, purpose: PhotoPurpose) -> PreparedPhoto | None:
        """Decode and store the photo of a field; None if none was chosen.

        Call it outside of any transaction: decoding takes half a second.

        Raises:
            BadPhoto: the file is not an accepted photo.
        """
        chosen = self.get_files(name)
        content = await chosen[0].read() if chosen else b""
        return await prepare_photo(files, content, purpose) if content else None

    def _get_values(self, name: str) -> list[object]:
        value = self.fields.get(name, [])
        return cast("list[object]", value) if isinstance(value, list) else [value]


async def read_form(request: HttpRequest) -> PostedForm:
    """Read a posted form.

    Raises:
        ForeignForm: the form does not carry this visitor's token, or another site sent it.
    """
    return PostedForm(await read_fields(request))


async def read_fields(request: HttpRequest) -> dict[str, Any]:
    """Return the fields of a posted form: text is cleaned, files stay files, a repeated field is a list.

    Raises:
        ForeignForm: the form does not carry this visitor's token, or another site sent it.
    """
    data = await request.form()
    check_origin(request)
    check_form_token(request, data.get("csrf"))
    fields: dict[str, Any] = {}
    for name in dict.fromkeys(data.keys()):
        values = [value if isinstance(value, UploadFile) else clean_text(str(value)) for value in data.getall(name)]
        fields[name] = values[0] if len(values) == 1 else values
    fields.pop("csrf", None)
    return fields


def rename_faults(refusal: Refusal, names: Mapping[str, str], *, otherwise: str) -> list[FieldFault]:
    """Return a refusal's faults under the form's field names; one that names no field is reported at `otherwise`."""
    faults = [FieldFault(names.get(fault.field, fault.field), fault.message) for fault in refusal.errors]
    return faults or [FieldFault(otherwise, refusal.text("zh"))]

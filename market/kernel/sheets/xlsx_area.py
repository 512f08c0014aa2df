"""Measure the cell area of a workbook before a reader allocates it.

The reader allocates the rectangle up to the last filled cell. A file of one kilobyte with a cell at XFD1048576 takes
400 GB, and the kernel kills the process: there is no exception to catch. Two readers may find two directories in one
file, so the reader gets a copy of what was measured.
"""

import io
import re
import zipfile
from xml.parsers import expat

from msgspec import Struct

from market.kernel.zip_files import UNPACKING_ERRORS

_REFERENCE = re.compile(r"([A-Za-z]{1,7})([0-9]{1,10})")
_OTHER_FORMATS = frozenset({"content.xml", "xl/workbook.bin"})
_FILLING = frozenset({"v", "is", "f"})
_CHUNK = 256 * 1024


class NotXlsxError(Exception):
    """The file is another kind of workbook, or its parts are not well-formed XML."""


class MeasuredWorkbook(Struct, frozen=True):
    """A copy of a workbook, and the largest number of cells from A1 to the last filled one of a worksheet."""

    content: bytes
    area: int


def measure_workbook(content: bytes) -> MeasuredWorkbook:
    """Copy the parts of a workbook into a new file, and measure each of them.

    Every part of the file is read, because a workbook may store its worksheets under any name. The caller limits the
    unpacked size.

    Raises:
        NotXlsxError: the file is not XLSX, or a worksheet is not well-formed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [member.filename.lower() for member in archive.infolist()]
            if "xl/workbook.xml" not in names or _OTHER_FORMATS & set(names) or len(set(names)) != len(names):
                raise NotXlsxError
            copy = io.BytesIO()
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copied:
                area = max(_copy_part(archive, member, copied) for member in archive.infolist())
            return MeasuredWorkbook(copy.getvalue(), area)
    except UNPACKING_ERRORS as error:
        raise NotXlsxError from error


def _copy_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, copied: zipfile.ZipFile) -> int:
    """Copy a part and return its area, 0 if it is no worksheet."""
    extent = _Extent()
    holds_cells = False
    before = b""
    with archive.open(member) as part, copied.open(member.filename, "w") as copy:
        broken = False
        while chunk := part.read(_CHUNK):
            copy.write(chunk)
            holds_cells = holds_cells or b"sheetData" in before + chunk
            before = chunk[-16:]
            broken = broken or not extent.feed(chunk)
            if broken and holds_cells:
                raise NotXlsxError
    return extent.rows * extent.columns


class _Extent:
    """The last filled row and column, counted from 1; a cell without a reference follows the one before it."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row = self._column = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> bool:
        """Parse the next bytes; return False if they are not XML."""
        try:
            self._parser.Parse(chunk, False)
        except (expat.ExpatError, ValueError):
            return False
        return True

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cell(attributes.get("r"))
        elif name in _FILLING:
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
        elif name == "row":
            given = attributes.get("r", "")
            self._row = int(given) if given.isdecimal() and len(given) <= 10 else self._row + 1
            self._column = 0

    def _cell(self, reference: str | None) -> None:
        match = _REFERENCE.fullmatch(reference) if reference else None
        if match is None:
            self._column += 1
            return
        self._column = 0
        for letter in match[1].upper():
            self._column = self._column * 26 + ord(letter) - 64
        self._row = int(match[2])

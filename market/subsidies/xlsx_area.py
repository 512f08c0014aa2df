"""How much room the cells of a workbook take, found out before a reader makes that room.

The reader lays a sheet out as a rectangle that holds its last filled cell. A file of one kilobyte with a cell at
XFD1048576 asks for 400 GB, for which the process is ended: no exception can be caught.
"""

import io
import re
import zipfile
import zlib
from xml.parsers import expat

_REFERENCE = re.compile(r"([A-Za-z]{1,7})([0-9]{1,10})")
_OTHER_FORMATS = frozenset({"content.xml", "xl/workbook.bin"})
_FILLING = frozenset({"v", "is", "f"})
_CHUNK = 256 * 1024


class NotXlsxError(Exception):
    """The file is another kind of workbook, or its parts cannot be read as XML."""


def largest_area(content: bytes) -> int:
    """Return the cells of the largest rectangle from A1 to a last filled row and column of any sheet.

    Every part of the file is looked at, because a workbook may keep its sheets under any name. The caller has bounded
    what the parts unpack to.

    Raises:
        NotXlsxError: it is no XLSX, or a sheet in it is not well-formed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [member.filename.lower() for member in archive.infolist()]
            if "xl/workbook.xml" not in names or _OTHER_FORMATS & set(names) or len(set(names)) != len(names):
                raise NotXlsxError
            return max(_area_of(archive, member) for member in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise NotXlsxError from error


def _area_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    extent = _Extent()
    holds_cells = False
    before = b""
    with archive.open(member) as part:
        broken = False
        while chunk := part.read(_CHUNK):
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
        """Take the next bytes; False where they are no XML."""
        try:
            self._parser.Parse(chunk, False)  # noqa: FBT003 - the parser's own signature
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
            self._row = int(given) if given.isdecimal() and len(given) <= 10 else self._row + 1  # noqa: PLR2004 - 32 bits
            self._column = 0

    def _cell(self, reference: str | None) -> None:
        found = _REFERENCE.fullmatch(reference) if reference else None
        if found is None:
            self._column += 1
            return
        self._column = 0
        for letter in found[1].upper():
            self._column = self._column * 26 + ord(letter) - 64
        self._row = int(found[2])

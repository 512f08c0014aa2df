"""The faults of cells, and the refusals of files that cannot be read or are wrong."""

from market.kernel import FieldFault, Refusal


class CellFault(FieldFault, frozen=True):
    """A fault in one cell of a spreadsheet; row 1 is the header."""

    row: int
    column: str
    value: str


class FileMalformed(Refusal):
    """The file is refused as a whole; every fault is listed and nothing was imported."""

    code = "file_malformed"
    status = 422
    zh = "文件 {name} 有 {count} 处错误，没有导入任何一行。"
    en = "{name} has {count} faults; nothing was imported."


class FileUnreadable(Refusal):
    """The file cannot be read as a spreadsheet."""

    code = "file_unreadable"
    status = 422
    zh = "文件 {name} 读不了：{reason}。"
    en = "{name} cannot be read: {reason}."

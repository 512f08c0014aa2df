"""Templates of county files: the columns, one example row, and what each column means."""

from market.kernel.sheets.write_spreadsheet import FileFormat, write_csv, write_xlsx
from market.places.county_files.models import FileKind


def write_file_template(kind: FileKind, file_format: FileFormat = FileFormat.XLSX) -> bytes:
    """Return the template of a kind of file."""
    example = [{column.name: column.example for column in kind.columns}]
    if file_format is FileFormat.CSV:
        return write_csv(kind.columns, example)
    return write_xlsx(kind.name_zh, kind.columns, example)

"""openpyxl as imports need it: sheets are opened without being read to their end first.

Where a sheet does not say how large it is (our own exports do not, being written as they go),
openpyxl would walk through all of it just to learn that; and nobody here asks.
"""

from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet


class Sheet(ReadOnlyWorksheet):
    """A sheet of rows as long as each of them is."""

    def _get_size(self) -> None:
        """Leave the size open."""


class Reader(ExcelReader):
    """Makes such sheets, and only of tables."""

    def read_worksheets(self) -> None:
        """Find the sheets; none of them is read yet."""
        book: Any = self.wb
        parts: Any = self.parser.find_sheets()
        for sheet, relation in parts:
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                found = Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                found.sheet_state = sheet.state
                book._sheets.append(found)

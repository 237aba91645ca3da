"""The rows of an import that were refused, with why; ready to be mended and sent again."""

import csv
from collections.abc import Iterator

from leads.csv_cells import safe
from leads.csv_headers import OURS
from leads.imports import reading
from leads.models import Import


class _Line:
    """What csv.writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def reasons(importing: Import) -> Iterator[tuple[int, int, str]]:
    """Number of the record, its line in the file, and why it was refused; in order."""
    found = importing.batches.exclude(refused=[]).order_by("first")
    for refused in found.values_list("refused", flat=True).iterator(chunk_size=20):
        yield from refused


def rows(importing: Import) -> Iterator[str]:
    """The lines of the CSV: the file's own cells as they were, its line, the reason."""
    writer, headers = csv.writer(_Line()), importing.headers
    # The mark tells spreadsheets that this is UTF-8.
    yield "\ufeff" + writer.writerow([*map(safe, headers), *OURS])  # type: ignore[operator]
    with reading.opened(importing) as table:
        records = enumerate(table.records)
        for number, line, why in reasons(importing):
            record = next((found for at, found in records if at == number), None)
            if record is None:
                return
            cells = [safe(cell.replace("\x00", "")) for cell in record.cells[: len(headers)]]
            cells += [""] * (len(headers) - len(cells))
            yield writer.writerow([*cells, line, why])  # type: ignore[misc]

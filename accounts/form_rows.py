"""Forms of one page, a row each, that are valid and saved together."""

from typing import Generic, TypeVar

from django.forms import BaseForm

Row = TypeVar("Row", bound=BaseForm)


class FormRows(Generic[Row]):
    """The rows; what saving them means, each page says."""

    rows: list[Row]

    def is_valid(self) -> bool:
        """Whether all of them are; each says what is wrong with it, not only the first."""
        wrong = [row for row in self.rows if not row.is_valid()]
        return not wrong

"""Cells of CSV files that spreadsheets open: nothing in them may run as a formula."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: before what looks like one, an apostrophe.

    A text that has one there already gets another, so that `plain` gives back what it was.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def plain(text: str) -> str:
    """What `safe` was given: the apostrophe off again."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULA) else text

"""Cells of CSV files that spreadsheets open: nothing in them may run as a formula."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: before what looks like one, an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(text: str) -> str:
    """What `safe` was given: the apostrophe off again."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text

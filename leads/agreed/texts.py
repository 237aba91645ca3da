"""Texts of several lines, with one kind of line end: what nobody changed must not look changed."""

from typing import Any

from django import forms


class LinesField(forms.CharField):
    """A text in which a browser's line ends become plain ones."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

"""An upload that is larger than an import may be is not kept, not even for a moment."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from leads.imports.limits import MIB, MOST_BYTES

# What a form adds around its file.
AROUND = MIB


def too_big(content_length: object) -> bool:
    """Whether a request of this length carries more than an import takes."""
    text = str(content_length or "")
    return text.isdigit() and int(text) > MOST_BYTES + AROUND


class NotTooBig(FileUploadHandler):
    """Reads past the file of a request that is too long."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.refuses = too_big(content_length)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if self.refuses or start > MOST_BYTES + AROUND:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None

"""Pages by cursor, newest first: constant cost however deep, nothing shown twice."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next one begins after it."""

    instant: datetime
    pk: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.instant.isoformat()} {self.pk}".encode()).decode()

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises ValidationError for a text that is no cursor of ours."""
        try:
            instant, pk = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
            found = cls(datetime.fromisoformat(instant), int(pk))
        except (ValueError, binascii.Error):
            raise ValidationError(
                {"cursor": [f"“{text[:40]}” is no cursor; follow “next” of the page before."]}
            ) from None
        if found.instant.tzinfo is None or not 0 <= found.pk < 2**63:
            raise ValidationError({"cursor": ["This cursor was changed; follow “next”."]})
        return found


def page(
    rows: QuerySet[Any], *, by: str, request: Request, cursor: str, limit: int
) -> tuple[list[int], str | None]:
    """The ids of one page of `rows`, newest by the instant `by`, and the next page's address."""
    if cursor:
        after = Cursor.read(cursor)
        same = Q(**{by: after.instant, "pk__lt": after.pk})
        # The second condition says nothing new; it is what bounds the index scan.
        rows = rows.filter(
            Q(**{f"{by}__lt": after.instant}) | same, **{f"{by}__lte": after.instant}
        )
    keys = list(rows.order_by(f"-{by}", "-pk").values_list("pk", by)[: limit + 1])
    found = [pk for pk, _ in keys[:limit]]
    if len(keys) <= limit:
        return found, None
    pk, instant = keys[limit - 1]
    here = request.build_absolute_uri()
    return found, replace_query_param(here, "cursor", str(Cursor(instant, pk)))

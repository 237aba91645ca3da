"""A list of companies as a file, row by row, never all of it in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from leads import custom_fields
from leads.exporting import CHUNK, text
from leads.imports.mapping import EXTRA
from leads.models import Company, CustomField, Lead

# Our header, and where its value is.
COLUMNS = {
    "name": "name", "domain": "domain", "country": "country", "industry": "industry",
    "size": "size", "owner": "owner__email", "people": "known_people", "note": "note",
    "created_at": "created_at", "updated_at": "updated_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into a file: the companies in their order, for whoever asks for them."""

    companies: QuerySet[Company]
    by: User

    @property
    def headers(self) -> list[str]:
        return [*COLUMNS, *(f"{EXTRA}{name}" for name in self._own())]

    def _own(self) -> list[str]:
        return [rules.name for rules in custom_fields.of(CustomField.About.COMPANY)]

    def rows(self) -> Iterator[list[str]]:
        """The cells of each company, through a server-side cursor. Of its people those are counted
        whom the reader may see."""
        own, seen = self._own(), Lead.objects.visible_to(self.by).filter(of_company=OuterRef("pk"))
        people = seen.order_by().values("of_company").annotate(n=Count("pk")).values("n")
        counted = self.companies.annotate(
            known_people=Coalesce(Subquery(people, output_field=IntegerField()), 0)
        )
        found = counted.values_list(*COLUMNS.values(), "extra")
        for *values, extra in found.iterator(chunk_size=CHUNK):
            yield [*map(text, values), *(text(extra.get(name)) for name in own)]

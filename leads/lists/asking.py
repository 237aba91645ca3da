"""What a reader asks the list for: the address, on top of the view it names or opens with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict

from accounts import configuration
from accounts.models import User
from leads.lists import columns, views
from leads.lists.columns import Column
from leads.lists.filters import LeadFilters
from leads.lists.grouping import GROUPS, NONE
from leads.lists.places import BY_NAME, LEADS, QUEUE, Place
from leads.lists.views import Kept, View
from leads.models import Handoff, Lead

ALL = "all"  # the list without any view


@dataclass
class Asked:
    """One reader's list: its filters, columns, the view it is and what differs from it."""

    place: Place
    user: User
    kept: Kept
    view: View | None
    query: dict[str, str]
    # The columns the address itself names.
    own_columns: tuple[str, ...]
    filters: LeadFilters
    stamp: UUID

    @cached_property
    def column_names(self) -> Sequence[str]:
        """The address's columns, else the view's, else one's own, else the usual ones."""
        of_view = self.view.columns if self.view else ()
        return self.own_columns or of_view or self.kept.columns or columns.USUAL

    @cached_property
    def columns(self) -> list[Column]:
        return columns.chosen(self.column_names, self.filters.known)

    @cached_property
    def gone_columns(self) -> list[str]:
        return columns.gone(self.column_names, self.filters.known)

    @property
    def is_changed(self) -> bool:
        """Whether what is shown is not what the view says."""
        if self.view is None:
            return False
        other = self.own_columns and self.own_columns != self.view.columns
        return bool(other) or self.query != meaning(self.view.query, self.place)

    @property
    def can_be_trusted(self) -> bool:
        """Whether all that was asked for is applied: what is done to all of it needs that."""
        return not self.filters.errors and not self.filters.problem

    @property
    def group(self) -> str:
        """By what the rows are grouped."""
        return self.query.get("group", NONE)

    def leads(self) -> QuerySet[Lead]:
        """What this reader may see of what they ask for."""
        if self.place is QUEUE:
            waiting = Handoff.objects.queue_for(self.user).order_by().values("lead_id")
            return self.filters.apply(Lead.objects.filter(pk__in=waiting))
        return self.filters.apply(Lead.objects.visible_to(self.user))

    def pairs(self) -> list[tuple[str, str]]:
        """The same as hidden fields of a form."""
        return list(QueryDict(self.carried()).items())  # type: ignore[arg-type]

    def carried(self, **changes: str) -> str:
        """The same for a page of another address, which has to be told which list it is of."""
        said = self.address(**changes)
        return said if self.place is LEADS else f"{said}{'&' if said else ''}on={self.place.name}"

    def url(self, **changes: str) -> str:
        """Where this list stands, as it is asked for, with changes."""
        return self.place.url(self.address(**changes))

    def address(self, **changes: str) -> str:
        """The query of an address that says the same, with changes (an empty text takes away)."""
        said = QueryDict(mutable=True)
        known = (*self.place.narrow, *self.place.beside)
        query = {**self.query, **{k: v for k, v in changes.items() if k in known}}
        for name, value in query.items():
            if value and value != self._unsaid(name):
                said[name] = value
        named = changes.get("columns", ",".join(self.own_columns))
        if named:
            said["columns"] = named
        if self.view is not None or self.kept.opens_with:
            said["view"] = str(self.view.id) if self.view else ALL
            if self.view is not None and not any(query.values()):
                said["where"] = ""  # says: without what the view narrows
        return said.urlencode()

    def _unsaid(self, name: str) -> str | None:
        """The value that needs no saying: what one gets without it."""
        if name == "group":
            return NONE if self.kept.group in ("", NONE) and self.view is None else None
        return self.place.usual.get(name)


def meaning(data: Mapping[str, Any], place: Place = LEADS) -> dict[str, str]:
    """What narrows and orders in an address, less what goes without saying."""
    found = {name: str(data.get(name) or "") for name in (*place.narrow, *place.beside)}
    return {
        name: value for name, value in found.items() if value and value != place.usual.get(name)
    }


def asked(
    data: QueryDict, *, user: User, at: datetime, stamp: UUID | None = None,
    place: Place | None = None,
) -> Asked:  # fmt: skip
    """What the address asks for; `on` in it names the list, where the page is not the list's."""
    stamp = stamp or configuration.stamp()
    place = place or BY_NAME.get(str(data.get("on", "")), LEADS)
    kept = views.of(user, place=place, stamp=stamp)
    named = str(data.get("view", ""))
    says = any(name in data for name in place.narrow)
    number = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else None
    view = kept.view(number)
    if not named and not says and "columns" not in data:
        view = kept.view(kept.opens_with)
    source: Mapping[str, Any] = data if says or view is None else view.query
    query = meaning(source, place)
    if place is QUEUE:
        group = str(data.get("group") or query.get("group") or kept.group)
        query["group"] = group if group in GROUPS else NONE
    own = tuple(name for name in str(data.get("columns", "")).split(",") if name)
    filters = LeadFilters(
        {**query, "sort": query.get("sort", "")}, user=user, at=at, stamp=stamp,
        without=place.unasked,
    )  # fmt: skip
    return Asked(place, user, kept, view, query, own[: columns.MOST], filters, stamp)
